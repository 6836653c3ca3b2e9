"""Opens engagements and writes down what was done in them, for the spring summaries of LEAs.

python engagements.py BASE YEAR COUNTY, with a county office's token in $TOKEN: one for every LEA
of the county that is in differentiated assistance by the determinations of the year, but for the
office itself, which others help. The first says nothing yet, the second all that there is to say,
the others what a spring may bring. Prints their CDS codes.
"""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

base, year, county = sys.argv[1:]
bearer = {"Authorization": f"Bearer {os.environ['TOKEN']}"}


def call(method, path, body=None, **headers):
    data = json.dumps(body).encode() if body else None
    sent = {"Content-Type": "application/json", **bearer, **headers}
    try:
        with urlopen(Request(base + path, data, sent, method=method)) as answer:
            return answer.headers, json.load(answer)
    except HTTPError as refused:
        sys.exit(f"{method} {path}: {refused.code}: {refused.read().decode()}")


def day(month, number):
    return f"{int(year) + 1}-{month:02}-{number:02}"


LONG = (
    "Families, teachers and students said in each of the meetings that what is taught in the "
    "first weeks decides who stays; a_word_without_any_place_to_break_it_as_links_have_them_"
    "https://district.example/plans/2024/03/attendance-and-engagement-of-students-in-the-spring "
) * 3
PEOPLE = [f"{name} A. Made-Up, Director of Continuous Improvement" for name in ("Mara", "Noor")]
DOCUMENT = {
    "link": "https://office.example/findings", "title": "Findings", "on": day(1, 20),
    "sha256": "0" * 64,
}
EVERYTHING = {
    "needs": [
        *({"group": group, "indicator": indicator, "words": LONG}
          for group in ("SWD", "EL", "HOM") for indicator in ("CHRO", "ELA", "MATH")),
        {"priority": 3, "words": LONG},
    ],
    "participants": [
        {"who": who, "words": "joins each month", "chosenByLea": True}
        for who in ("selpa:2701", "expertLead:Made-Up Lead", "equityLead:Made-Up Office")
    ],
    "activities": {
        "strengthsAndWeaknesses": {
            "state": "done", "from": day(1, 10), "until": day(2, 1), "who": PEOPLE,
            "words": LONG, "evidence": [DOCUMENT],
            "programs": [{"name": LONG[:200], "evidence": "https://office.example/studies"}] * 3,
        },
        "expertOrPartner": {"state": "underWay", "from": day(2, 1), "experts": PEOPLE},
        "documentation": {"state": "planned", "words": LONG},
        "advice": {"state": "notChosen", "words": LONG},
        "lcapReview": {"state": "done", "from": day(3, 1), "until": day(3, 9), "words": LONG},
    },
    "sessions": [
        {"on": day(2, number), "kind": "rootCauses", "words": LONG} for number in range(1, 9)
    ],
    "lcapChanges": [
        {"part": part, "which": "2.1", "words": LONG} for part in ("goal", "action", "service")
    ],
    "actions": [
        {"on": day(4, number), "words": LONG, "outcome": LONG} for number in range(1, 9)
    ],
}
SOME = {
    "needs": [{"group": "SWD", "indicator": "CHRO", "words": "absence of many"}],
    "activities": {
        "lcapReview": {"state": "done", "from": day(2, 1), "until": day(3, 5), "words": "goals"},
    },
    "actions": [
        {"on": day(4, 1), "words": "Home visits", "outcome": "Absence fell"},
        {"on": day(5, 1), "words": "A survey"},
    ],
}

found = f"/v1/determinations?year={year}&county={county}&status=differentiated&limit=5000"
helped = [lea for lea in call("GET", found)[1]["items"] if lea["leaType"] != "countyOffice"]
for place, lea in enumerate(helped):
    opened, engagement = call("POST", "/v1/engagements", {"cds": lea["cds"], "on": day(1, 8)})
    if place > 0:
        said = EVERYTHING if place == 1 else SOME
        at = {"If-Match": opened["etag"]}
        call("PATCH", f"/v1/engagements/{engagement['id']}", said, **at)
    print(lea["cds"])
