"""What the check of the service needs beside the document.

CALSOS_BASE is where the service is. CALSOS_TOKEN is the token that is sent, if one is;
CALSOS_CLIENT the client that it is of, as id:secret. CALSOS_HELD_BACK is a year that is not
public, CALSOS_OWN the county, if any, whose LEAs the token shows of it all the same.
CALSOS_CLOSED is set where nothing may be read without a token."""

import base64
import csv
import io
import json
import os
import random
import re
import urllib.request
import zipfile
from datetime import datetime
from zoneinfo import ZoneInfo

import schemathesis

BASE = os.environ["CALSOS_BASE"]
TOKEN = os.environ.get("CALSOS_TOKEN")
CLIENT = os.environ.get("CALSOS_CLIENT")
HELD_BACK = os.environ.get("CALSOS_HELD_BACK")
OWN = os.environ.get("CALSOS_OWN")
CLOSED = "CALSOS_CLOSED" in os.environ

# Headers of the transport and of browsers, which say nothing of the interface.
NOT_OF_THE_INTERFACE = {
    "connection", "content-encoding", "content-length", "content-security-policy", "content-type",
    "cross-origin-resource-policy", "date", "referrer-policy", "transfer-encoding", "vary",
    "x-content-type-options",
}


@schemathesis.check
def response_headers_are_declared(ctx, response, case):
    """No header is sent that the document does not declare for the response."""
    responses = case.operation.definition.raw["responses"]
    status = str(response.status_code)
    declared = responses.get(status) or responses.get(f"{status[0]}XX") or {}
    known = {name.lower() for name in declared.get("headers", {})} | NOT_OF_THE_INTERFACE
    sent = {name.lower() for name in response.headers}
    undeclared = {
        name for name in sent - known if not name.startswith("access-control-")
    }
    assert not undeclared, f"headers that the document does not have: {sorted(undeclared)}"


def held_back(value, cds=None, year=None):
    """The LEAs of whom a part of an answer says something that is held back: what stands
    around a part says of whom and of which year it speaks."""
    if isinstance(value, dict):
        cds, year = value.get("cds", cds), value.get("dashboardYear", year)
        if "label" in value and cds and str(year) == HELD_BACK:
            yield cds
        for part in value.values():
            yield from held_back(part, cds, year)
    elif isinstance(value, list):
        for part in value:
            yield from held_back(part, cds, year)


@schemathesis.check
def nothing_is_shown_that_is_held_back(ctx, response, case):
    """Nobody reads what the caller may not: nothing at all where reading takes a token, and of
    a year that is not public only the answers of one's own county."""
    if response.status_code != 200:
        return
    if CLOSED:
        assert not case.operation.definition.raw["security"], "it is answered without a token"
    if not HELD_BACK:
        return
    path, query = case.path_parameters or {}, case.query or {}
    if case.operation.label == "GET /v1/exports/determinations":
        if str(query["year"]) == HELD_BACK and query.get("format", "csv") == "csv":
            rows = csv.DictReader(io.StringIO(response.text))
            shown = [row.get("CDS") or row["cds"] for row in rows]
        else:
            shown = []
    elif response.headers["content-type"][0] == "application/json":
        year, answer = path.get("year", query.get("year")), response.json()
        shown = list(held_back(answer, path.get("cds"), year))
        # One LEA's answer, its reasons or its rows.
        if str(year) == HELD_BACK and "cds" in path and answer.get("items") != []:
            shown.append(str(path["cds"]))
    elif response.headers["content-type"][0].startswith("text/html"):
        # A letter names its LEA, and the Dashboard that it is of.
        letters = re.findall(r"CDS code (\d{14})", response.text)
        shown = letters if str(query.get("year")) == HELD_BACK else []
    else:
        shown = []
    others = [cds for cds in shown if not (OWN and cds.startswith(OWN))]
    assert not others, f"answers of {HELD_BACK} are shown that are not public: {others[:3]}"


@schemathesis.deserializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(ctx, response):
    """A workbook is a ZIP archive that is whole and has sheets; its schema is a text."""
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None and "xl/worksheets/sheet1.xml" in archive.namelist()
    return response.content.decode("latin-1")


@schemathesis.deserializer("text/html")
def document(ctx, response):
    """A document or a template is a text."""
    return response.text


def asked(path):
    headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    with urllib.request.urlopen(urllib.request.Request(BASE + path, headers=headers)) as answer:
        return json.load(answer)


def cursors():
    lists = ["/v1/determinations?limit=1", "/v1/leas?limit=1", "/v1/assignments?limit=1"]
    lists = [] if CLOSED else [*lists, "/v1/services?limit=1"]
    if TOKEN and not OWN:
        lists += ["/v1/audit?limit=1", "/v1/imports?limit=1"]
    return {f"GET {of.partition('?')[0]}": asked(of)["page"]["next"] for of in lists}


def a_service():
    """A service that can be sent, under a code that no other has."""
    return {
        "code": f"S-{CHOICE.getrandbits(64)}", "provider": "county:58", "name": "Attendance teams",
        "levels": [1, 2], "offeredTo": ["leas"], "kind": "coaching", "indicators": ["CHRO"],
        "contact": "attendance@example.org",
    }


def to_be_deleted():
    """A service that nobody asks for again: who asks for one that was deleted is told so."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = json.dumps(a_service()).encode()
    request = urllib.request.Request(f"{BASE}/v1/services", body, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["id"]


A_TEMPLATE = "<h1>{{ name }}</h1>"


def template_to_be_deleted(of):
    """A template of a county's own in the place that is to be asked for."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/html", "If-Match": "*"}
    path = f"{BASE}/v1/communication-templates/{of['county']}/{of['kind']}"
    request = urllib.request.Request(path, A_TEMPLATE.encode(), headers, method="PUT")
    urllib.request.urlopen(request).close()


YEARS = [] if CLOSED else [
    year["dashboardYear"] for year in asked("/v1/years")["items"] if year["determinations"]
]
# LEAs and years of which there are answers.
ANSWERS = [] if CLOSED else [
    (answer["cds"], answer["dashboardYear"])
    for answer in asked("/v1/determinations?limit=500")["items"]
]
CURSORS = cursors()
SINCE = "" if CLOSED else asked("/v1/changes")["next"]
CHOICE = random.Random(20170718)
# To its end, it is now.
TODAY = datetime.now(ZoneInfo("America/Los_Angeles")).date().isoformat()
FRAMES = {"content-length", "transfer-encoding"}
PROVIDERS = ["county:58", "ccee", "geographicLead:Somewhere COE"]
# Lists of records, of which there are fewer than a page.
WITHOUT_PAGES = {
    f"GET /v1/{of}" for of in ("referrals", "interventions", "engagements", "requests")
}
OPENINGS = {
    "POST /v1/referrals": {
        "door": "emergencyApportionment", "on": "2024-03-01", "reason": "made up"
    },
    "POST /v1/engagements": {"on": "2024-03-01"},
    "POST /v1/requests": {"asked": "county:58", "on": "2024-03-01", "words": "made up"},
}
STEPS = {
    "POST /v1/referrals/{id}/steps": {
        "step": "consultLea", "on": "2024-03-08", "words": "made up"
    },
    "POST /v1/interventions/{id}/steps": {"step": "begin", "on": "2024-03-08"},
    "POST /v1/requests/{id}/steps": {"step": "accept", "on": "2024-03-08", "words": "made up"},
}
with open("cds.dict", encoding="utf-8") as codes:
    LEAS = [json.loads(code) for code in codes] or ["01800010000000"]
MOMENTS = ["now", "closed", "2023-12-15", "2099-12-15T10:00:00-08:00", "2020-01-01T00:00:00Z"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """A cursor is what the service gave, which no schema can say, and so are a client's secret
    and the tag of what is changed. Where a valid request is meant, one is put in the place of
    the one made up; requests that are meant to be invalid stay as they are."""
    # How long a request is says the transport: with another length it is none of HTTP, and is
    # answered without a body before there is a request.
    for name in [name for name in case.headers or {} if name.lower() in FRAMES]:
        del case.headers[name]
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    query = case.query or {}
    for day in ("asOf", "effectiveOn", "endingBefore", "on"):
        if day in query:
            query[day] = TODAY
    if case.operation.label in WITHOUT_PAGES:
        query.pop("cursor", None)
    if "reason" in query:
        query["reason"] = "made up"
    if "service" in case.operation.label and "/leas/" not in case.operation.label:
        # Whose a catalogue is.
        for place in (query, case.path_parameters or {}):
            if "provider" in place:
                place["provider"] = CHOICE.choice(PROVIDERS)
    if "Idempotency-Key" in (case.headers or {}):
        # A key is of one request.
        case.headers["Idempotency-Key"] = f"key-{CHOICE.getrandbits(64)}"
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"
    if case.operation.label in STEPS and isinstance(case.body, dict):
        # Which parts go with which step.
        case.body = STEPS[case.operation.label]
    if case.operation.label == "PUT /v1/engagement-templates/{county}":
        # No two steps have the same name, a title is words on one line, and 3.0 is no number of days.
        for number, step in enumerate(case.body["steps"]):
            step |= {"key": f"step{number}", "title": "made up", "days": int(step["days"])}
    if case.operation.label in OPENINGS and isinstance(case.body, dict):
        # On a day that is over, by words of the law, about an LEA that there is.
        case.body = {**OPENINGS[case.operation.label], "cds": CHOICE.choice(LEAS)}
    cursor = CURSORS.get(case.operation.label)
    if cursor and "cursor" in query:
        query["cursor"] = cursor
        # It is of a list that was begun without.
        query.pop("asOf", None)
    if case.operation.label == "GET /v1/assignments" and TOKEN and not OWN:
        # Such a list ends where something else is public, which this caller says all the time.
        query.pop("cursor", None)
    if case.operation.label == "GET /v1/runs/{id}/changes":
        # It is of one run, and of what of its changes was asked for.
        query.pop("cursor", None)
    if SINCE and case.operation.label == "GET /v1/changes" and "since" in (case.query or {}):
        case.query["since"] = CHOICE.choice(["0", SINCE])
    if case.operation.label == "PATCH /v1/releases/{id}" and isinstance(case.body, dict):
        case.body["publicAt"] = CHOICE.choice(MOMENTS)
        # A withdrawal has a reason, and a reason a withdrawal; a reason is one line of words.
        case.body.pop("reason", None)
        if "withdrawn" in case.body:
            # What is withdrawn would be missing for the rest, when a run is made.
            case.body |= {"withdrawn": False, "reason": "made up"}
    if case.operation.label == "GET /v1/leas/{cds}/recommended-services":
        # It is of one LEA, and of what is recommended for it now.
        query.pop("cursor", None)
    # What a service names are codes, and who keeps which catalogue no schema says.
    if case.operation.label == "POST /v1/services" and isinstance(case.body, dict):
        case.body = a_service()
    if case.operation.label == "PATCH /v1/services/{id}" and isinstance(case.body, dict):
        case.body = {"levels": [CHOICE.choice([1, 2, 3])], "division": "Student Services"}
    if case.operation.label == "DELETE /v1/services/{id}":
        if TOKEN and not OWN:
            case.path_parameters["id"] = to_be_deleted()
    if case.operation.label == "PUT /v1/service-catalogues/{provider}":
        # What is not stored ends no service that others ask for.
        case.query = {**query, "dryRun": "true"}
        case.path_parameters["provider"] = "county:58"
        case.media_type, case.body = "application/json", {"services": [a_service()]}
    if case.operation.label == "GET /v1/leas/{cds}/communications/{kind}" and CHOICE.random() < 0.7:
        # Of the other kinds there is something for LEAs alone that are identified.
        case.path_parameters["kind"] = "strengthsAndWeaknesses"
        if ANSWERS:
            case.path_parameters["cds"], query["year"] = CHOICE.choice(ANSWERS)
    if case.operation.label == "GET /v1/communications/{kind}" and YEARS:
        # A year that is there.
        query["year"] = CHOICE.choice(YEARS)
    if case.operation.label == "PUT /v1/communication-templates/{county}/{kind}":
        # What is a template, no schema says.
        case.media_type, case.body = "text/html", A_TEMPLATE
    if case.operation.label == "DELETE /v1/communication-templates/{county}/{kind}":
        if TOKEN and not OWN:
            template_to_be_deleted(case.path_parameters)
    if case.operation.label == "POST /v1/imports":
        # A digest is of one body; which this has is anybody's guess.
        case.headers.pop("Content-Digest", None)
        if "publicAt" in case.query:
            case.query["publicAt"] = CHOICE.choice(MOMENTS)
        if "kind" not in case.query:
            case.query.pop("year", None)
        # Not to be stored, whatever it is said to be: that all is made anew takes time.
        case.body = b"no file"
    if case.operation.label == "POST /oauth/token" and CLIENT and isinstance(case.body, dict):
        client, secret = CLIENT.split(":")
        case.body.pop("client_secret", None)
        case.body.pop("client_id", None)
        if CHOICE.random() < 0.5:
            case.body |= {"client_id": client, "client_secret": secret}
        else:
            basic = base64.b64encode(CLIENT.encode()).decode()
            case.headers["Authorization"] = f"Basic {basic}"
        if OWN and "scope" in case.body:
            case.body["scope"] = "read"
