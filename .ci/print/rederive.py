"""Derives what three LEAs' communications say anew, from the state's raw files alone, and
compares every block of them that has a number, a name or a rating.

python rederive.py DATA LETTERS: the folder of the state's files, and that of the documents. Of the
program nothing is used. What the law and the guidance say of each year is written here once more,
from their texts.
"""

import csv
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import xlrd

DATA, LETTERS = (Path(word) for word in sys.argv[1:])

GROUPS = {
    "ALL": "All students", "AA": "African American", "AI": "American Indian", "AS": "Asian",
    "EL": "English Learners", "FI": "Filipino", "FOS": "Foster Youth", "HI": "Hispanic",
    "HOM": "Homeless", "MR": "Two or More Races", "PI": "Pacific Islander",
    "SED": "Socioeconomically Disadvantaged", "SWD": "Students with Disabilities", "WH": "White",
}
INDICATORS = {
    "ELA": ("ela", 4, "English language arts"), "MATH": ("math", 4, "mathematics"),
    "ELPI": ("elpi", 4, "English learner progress"), "GRAD": ("grad", 5, "graduation rate"),
    "CHRO": ("chronic", 5, "chronic absenteeism"), "SUSP": ("susp", 6, "suspension rate"),
    "CCI": ("cci", 8, "college/career"),
}
PRIORITIES = {
    1: "Basics", 2: "Implementation of State Academic Standards",
    3: "Parent and Family Engagement", 4: "Pupil Achievement", 5: "Pupil Engagement",
    6: "School Climate", 7: "Access to a Broad Course of Study",
    8: "Outcomes in a Broad Course of Study",
    9: "Coordination of Services for Expelled Pupils",
    10: "Coordination of Services for Foster Youth",
}
COLORS = {1: "Red", 2: "Orange", 3: "Yellow", 4: "Green", 5: "Blue"}
LEVELS = {1: "Very Low", 2: "Low", 3: "Medium", 4: "High", 5: "Very High"}
LESS_IS_BETTER = {"CHRO", "SUSP"}
PUBLIC = {2018: "December 6, 2018", 2022: "December 15, 2022", 2023: "December 15, 2023"}
LISTS = {
    2017: "assistance-status17.xls", 2018: "assistancestatus18.xlsx",
    2019: "assistancestatus19-rev.xlsx", 2022: "assistancestatus22.xlsx",
    2023: "assistancestatus23.xlsx",
}
# The criteria of each priority for a group, in the words of each year's rating.
BY_COLOR = {
    "p4": "English language arts is Red and mathematics is Red, or English language arts is Red "
    "and mathematics is Orange, or English language arts is Orange and mathematics is Red",
    "elpi": "English learner progress is Red", "grad": "graduation rate is Red",
    "chro": "chronic absenteeism is Red", "susp": "suspension rate is Red",
}
CRITERIA = {
    2018: BY_COLOR | {"elpi": None, "cci": "college/career is Red"},
    2022: {
        "p4": "English language arts status is Very Low and mathematics status is Very Low",
        "elpi": "English learner progress status is Very Low",
        "grad": "graduation rate status is Very Low",
        "chro": "chronic absenteeism status is Very High",
        "susp": "suspension rate status is Very High", "cci": None,
    },
    2023: BY_COLOR | {"cci": "college/career status is Very Low"},
}
OF_PRIORITY = {"p4": 4, "elpi": 4, "grad": 5, "chro": 5, "susp": 6, "cci": 8}
LAW = {
    "school district": ("County superintendent of schools", "52071, school districts"),
    "county office of education": (
        "State Superintendent of Public Instruction (California Department of Education)",
        "52071.5, county offices of education",
    ),
}
TEST = {"school district": "52072, school districts in need over several years"}
FOUR_YEARS = {2022: (2017, 2018, 2019, 2022), 2023: (2018, 2019, 2022, 2023)}


def cells_of(name):
    """The rows of a workbook's first sheet with a column CDS, as texts by column."""
    path = DATA / "published" / name
    if path.suffix == ".xls":
        for sheet in xlrd.open_workbook(path).sheets():
            yield from with_header(
                [
                    str(int(value)) if isinstance(value, float) else str(value)
                    for value in sheet.row_values(row)
                ]
                for row in range(sheet.nrows)
            )
        return
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            tree = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(item.itertext()) for item in tree.iter(f"{space}si")]
        sheets = [one for one in book.namelist() if one.startswith("xl/worksheets/sheet")]
        for sheet in sorted(sheets):
            rows = []
            for row in ElementTree.fromstring(book.read(sheet)).iter(f"{space}row"):
                texts = {}
                for cell in row.iter(f"{space}c"):
                    column = 0
                    for letter in re.match("[A-Z]+", cell.get("r")).group():
                        column = column * 26 + ord(letter) - 64
                    value = cell.find(f"{space}v")
                    if cell.get("t") == "inlineStr":
                        texts[column] = "".join(cell.itertext())
                    elif value is not None:
                        is_shared = cell.get("t") == "s"
                        texts[column] = shared[int(value.text)] if is_shared else value.text
                rows.append([texts.get(n, "") for n in range(1, max(texts, default=0) + 1)])
            yield from with_header(rows)


@cache
def rows_of_list(name):
    return list(cells_of(name))


def with_header(rows):
    header = None
    for row in rows:
        row = [cell.strip() for cell in row]
        if header:
            yield dict(zip(header, row))
        elif "CDS" in (names := [cell.upper().replace("_", "") for cell in row]):
            header = names


def listed(year, cds):
    """A LEA's status, the groups with a code, and its name on a year's list."""
    for row in rows_of_list(LISTS[year]):
        if row["CDS"].zfill(14) == cds:
            status = row.get(f"ASSISTANCESTATUS{year}") or row["ASSISTANCESTATUS"]
            names = {("MR" if group == "TOM" else group) for group in (*GROUPS, "TOM")}
            coded = {
                group
                for group in names
                for name in {group, "TOM" if group == "MR" else group}
                if re.fullmatch("[A-K]", row.get(f"{name}PRIORITIES", ""))
            }
            return status, coded, row.get("LEANAME") or row.get("LEA NAME")
    return None


def is_identified(year, cds):
    found = listed(year, cds)
    return found is not None and found[0].startswith("Differentiated")


def rows_of(year, indicator):
    stem = INDICATORS[indicator][0]
    path = DATA / "dashboard" / f"{stem}download{year}_monterey.txt"
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield {name.lower(): value for name, value in row.items()}


def tenths(text):
    return str(Decimal(text).quantize(Decimal("0.1"), ROUND_HALF_UP)).replace("-0.0", "0.0")


def results(year, cds):
    """What counts of a LEA's year: by group and indicator level, rating, status, change, count."""
    found = {}
    for indicator in INDICATORS:
        for row in rows_of(year, indicator):
            group = "EL" if indicator == "ELPI" else row["studentgroup"].upper()
            if row["cds"] != cds or group not in GROUPS:
                continue
            by_status = year == 2022 or (year == 2023 and indicator == "CCI")
            level = int(row.get("statuslevel" if by_status else "color") or 0)
            count = int(row["currdenom"]) if row.get("currdenom") else None
            least = 15 if group in ("FOS", "HOM") else 30
            if year == 2023:
                column = "currnsizemet" if indicator == "CCI" else "accountabilitymet"
                counts = row[column] == "Y"
            else:
                counts = count >= least if count is not None else not by_status
            if not level or not counts:
                continue
            words = LEVELS if by_status else COLORS
            less = by_status and indicator in LESS_IS_BETTER
            change = row.get("change") or ""
            found[group, indicator] = {
                "level": level,
                "rating": words[6 - level if less else level],
                "status": tenths(row["currstatus"]) if row["currstatus"] else None,
                "change": ("+" if Decimal(change) > 0 and tenths(change) != "0.0" else "")
                + tenths(change) if change else None,
                "count": count,
            }
    return found


def met(year, found, group):
    """The priorities whose criteria a group meets, each with the indicators by which it does."""
    level = lambda indicator: found.get((group, indicator), {}).get("level")
    both = (level("ELA"), level("MATH"))
    by = {}
    if both in ({2018: [(1, 1), (1, 2), (2, 1)], 2022: [(1, 1)]}.get(year, [(1, 1), (1, 2), (2, 1)])):
        by.setdefault(4, set()).update(("ELA", "MATH"))
    if year != 2018 and group == "EL" and level("ELPI") == 1:
        by.setdefault(4, set()).add("ELPI")
    for indicator in ("GRAD", "CHRO", "SUSP", "CCI"):
        if level(indicator) == 1 and not (year == 2022 and indicator == "CCI"):
            by.setdefault(INDICATORS[indicator][1], set()).add(indicator)
    return by


def lasting_need(year, cds):
    """The groups with a code in three of the four years of EC 52072."""
    years = FOUR_YEARS.get(year, ())
    counts = Counter(group for of in years for group in (listed(of, cds) or ("", (), ""))[1])
    return [group for group in sorted(GROUPS) if counts[group] >= 3]


class Blocks(HTMLParser):
    """The blocks of a document, as texts."""

    KINDS = ("p", "h1", "h2", "h3", "caption", "th", "td", "li", "title")

    def __init__(self, text):
        super().__init__()
        self.blocks, self.open = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in self.KINDS:
            self.open = []

    def handle_data(self, data):
        if self.open is not None:
            self.open.append(data)

    def handle_endtag(self, tag):
        if tag in self.KINDS and self.open is not None:
            text = " ".join("".join(self.open).split())
            self.blocks.append(text)
            self.open = None


FACTS = re.compile(
    "|".join(
        [r"\d", *map(re.escape, GROUPS.values()), *(name for _, _, name in INDICATORS.values())]
        + [rf"\b{word}\b" for word in (*COLORS.values(), *LEVELS.values(), "Met", "Monterey")]
    )
)


def expected(kind, year, cds, lea_type):
    """The blocks with facts that a document has."""
    found = results(year, cds)
    row = next(row for row in rows_of(year, "SUSP") if row["cds"] == cds)
    county = row["countyname"]
    by_group = {group: met(year, found, group) for group in sorted(GROUPS) if group != "ALL"}
    coded = {group: by for group, by in by_group.items() if len(by) >= 2}
    label, codes, name = listed(year, cds)
    assert codes == set(coded), f"{cds} {year}: the list has {codes}, the files {set(coded)}"
    assert coded, "a LEA without a group was chosen, of which there is little to derive"
    data, support = f"{year - 1}-{year % 100:02}", f"{year}-{(year + 1) % 100:02}"
    used = [one for one in INDICATORS if any(one in by for of in coded.values() for by in of.values())]
    priorities = {priority for by in coded.values() for priority in by}
    window, lasting = FOUR_YEARS.get(year, ()), lasting_need(year, cds)
    level = 3 if len(lasting) >= 3 else 2
    # The Collaborative helps from when it takes an LEA on, and not by a result alone.
    provider, law = LAW[lea_type]
    years = [of for of in LISTS if of <= year and is_identified(of, cds)]
    until = "June 30, 2025" if year == 2023 else None
    lasts = f"Support lasts at least until {until}." if until else "Support lasts until a later determination."
    sustained = [] if level == 2 else [
        f"Need over several years ({', '.join(map(str, window))}): "
        f"{', '.join(GROUPS[group] for group in lasting)}. This opens direct technical assistance "
        "by the California Collaborative for Educational Excellence, after it has consulted the "
        f"LEA and its providers. (Education Code section {TEST[lea_type]})"
    ]
    method = "Criteria met: A student group in 2 or more state priorities."
    if kind == "onePageSummary":
        head = [
            f"{name}: {label}",
            f"{lea_type}, CDS code {cds}, {county} County. {year} California School Dashboard "
            f"(data of {data}), support in {support}; results public on {PUBLIC[year]}.",
            method,
            f"{year} Dashboard: student groups and the results by which they meet the criteria, as "
            "published: rating, status (change), students",
        ]
        unit = lambda one: "points from standard" if one in ("ELA", "MATH") else "%"
        heads = [f"{INDICATORS[one][1]}: {INDICATORS[one][2]}, {unit(one)}" for one in used]
        cells = []
        for group, by in coded.items():
            cells += [f"{GROUPS[group]} ({group})", ", ".join(map(str, sorted(by)))]
            for one in used:
                if any(one in of for of in by.values()):
                    of = found[group, one]
                    change = f" ({of['change']})" if of["change"] is not None else ""
                    count = f", n {of['count']}" if of["count"] is not None else ""
                    cells.append(f"{of['rating']} {of['status']}{change}{count}")
        texts = [
            f"priority {OF_PRIORITY[one]} ({PRIORITIES[OF_PRIORITY[one]]}): {text}"
            for one, text in CRITERIA[year].items()
            if text and OF_PRIORITY[one] in priorities and (one != "elpi" or "EL" in coded)
        ]
        rest = [
            f"The criteria of {year}: {'; '.join(texts)}.",
            *sustained,
            f"Identified by the Dashboards of: {', '.join(map(str, years))}. This is year 1 of "
            f"support, opened by the {year} Dashboard. {lasts}",
            f"Provider: {provider}. (Education Code section {law})",
        ]
        return head + heads + cells + rest
    if kind == "noticeOfIdentification":
        cells = []
        for group, by in coded.items():
            cells += [GROUPS[group], ", ".join(map(str, sorted(by)))]
            of = [one for one in used if any(one in by_one for by_one in by.values())]
            cells.append(" ".join(f"{one} {found[group, one]['rating']}." for one in of))
        columns = [f"{one}: {INDICATORS[one][2]}, state priority {INDICATORS[one][1]}" for one in used]
        follows = f"{lasts} No separate improvement plan and no letters to parents are required; changes go through the Local Control and Accountability Plan."
        return [
            f"Notice of identification: {label}",
            f"To: {name}, {lea_type}, CDS code {cds}, {county} County",
            f"By the results of the {year} California School Dashboard (data of {data}), public on "
            f"{PUBLIC[year]}, {name} is identified for differentiated assistance in {support}.",
            method,
            f"Student groups that meet the criteria, {year} Dashboard",
            *cells,
            "; ".join(columns) + ".",
            *sustained,
            f"Help is provided by: {provider} (Education Code section {law}). Your provider will "
            "get in touch with you.",
            follows,
        ]
    blocks = [
        f"Strengths and weaknesses on the state priorities: {name}",
        f"Draft from the {year} California School Dashboard (data of {data}) for {lea_type} {name}, "
        f"CDS code {cds}, {county} County. Local data and evidence-based programs are to be added. "
        "Each statement names the cell that it rests on: indicator, student group, year.",
    ]
    order = list(GROUPS)
    for priority, title in PRIORITIES.items():
        local = local_rating(year, priority, cds)
        statements = []
        for (group, one), of in sorted(
            found.items(), key=lambda item: (order.index(item[0][0]), list(INDICATORS).index(item[0][1]))
        ):
            if INDICATORS[one][1] != priority or of["level"] == 3:
                continue
            if (year, one) in ((2018, "ELPI"), (2022, "CCI")):
                continue
            unit = "points from standard" if one in ("ELA", "MATH") else "%"
            text = f"{GROUPS[group]}: {INDICATORS[one][2]} is {of['rating']}"
            text += f", {of['status']} {unit}" if of["status"] is not None else ""
            text += f", change {of['change']}" if of["change"] is not None else ""
            text += f", {of['count']} students" if of["count"] is not None else ""
            if any(one in by for by in coded.get(group, {}).values()):
                text += "; one of the results that made the LEA eligible"
            statements.append(f"{text}. [{one}, {group}, {year}]")
        if statements or local:
            blocks.append(f"State priority {priority}: {title}")
        if local:
            blocks.append(
                f"Local indicator, as the LEA rated itself: {local}. [local indicator {priority}, {year}]"
            )
        blocks += statements
    return blocks


def local_rating(year, priority, cds):
    path = DATA / "local-indicators" / f"Pr{priority}_{year}.xlsx"
    if not path.exists():
        return None
    return LOCAL.setdefault((year, priority), local_ratings(path)).get(cds)


LOCAL = {}


def local_ratings(path):
    """The ratings of a local indicator by code."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    words = {
        "met": "Met", "not met": "Not Met",
        "not met for two or more years": "Not Met For Two or More Years",
    }
    found = {}
    with zipfile.ZipFile(path) as book:
        tree = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        shared = ["".join(item.itertext()) for item in tree.iter(f"{space}si")]
        for row in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{space}row"):
            texts = []
            for cell in row.iter(f"{space}c"):
                value = cell.find(f"{space}v")
                text = "" if value is None else value.text
                texts.append(shared[int(text)] if cell.get("t") == "s" else text)
            cds = next((text for text in texts if re.fullmatch(r"\d{13,14}", text)), None)
            rating = next((words[text.strip().lower()] for text in texts if text.strip().lower() in words), None)
            if cds and rating:
                found[cds.zfill(14)] = rating
    return found


OFFICE, DISTRICT = "county office of education", "school district"


def chosen(year, lea_type, of_long_need=False):
    """The last LEA by code that has letters of the year and is of a kind."""
    names = sorted(path.stem for path in LETTERS.glob(f"onePageSummary-{year}-*.html"))
    for cds in reversed([name.rpartition("-")[2] for name in names]):
        is_office = cds[2] == "1" and cds.endswith("0000000")
        if (OFFICE if is_office else DISTRICT) == lea_type and cds.endswith("0000000"):
            if not of_long_need or len(lasting_need(year, cds)) >= 3:
                return cds
    raise SystemExit(f"nobody of {year} is a {lea_type} as is wanted")


# A county office, a district in need over four years, a district in the first of two years of
# support.
LEAS = [
    (2018, chosen(2018, OFFICE), OFFICE),
    (2022, chosen(2022, DISTRICT, of_long_need=True), DISTRICT),
    (2023, chosen(2023, DISTRICT), DISTRICT),
]
compared, faults = 0, []
for year, cds, lea_type in LEAS:
    for kind in ("noticeOfIdentification", "onePageSummary", "strengthsAndWeaknesses"):
        text = (LETTERS / f"{kind}-{year}-{cds}.html").read_text()
        shown = [block for block in Blocks(text).blocks[1:]]
        wanted = expected(kind, year, cds, lea_type)
        # What has no fact in it is the template's own.
        shown = [block for block in shown if FACTS.search(block) or block in wanted]
        compared += len(wanted)
        missing, extra = Counter(wanted) - Counter(shown), Counter(shown) - Counter(wanted)
        faults += [f"{kind} {year} {cds}: not there: {block}" for block in missing]
        faults += [f"{kind} {year} {cds}: not derived: {block}" for block in extra]
for fault in faults:
    print(fault, file=sys.stderr)
if faults:
    sys.exit(1)
print(f"{compared} blocks of {len(LEAS)} LEAs are what the state's files say")
