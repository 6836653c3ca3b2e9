"""Calls every operation with the generated Python client, on the made-up county's data.

python exercise.py BASE DOCUMENT ANSWERS: the service's address, the OpenAPI document whose
operations must all be called, and the file that the answers are written to. SECRET in the
environment is that of the client `department`.
"""

import json
import os
import re
import sys
from pathlib import Path

from calsos_client import (
    ApiClient,
    ChosenNeed,
    Configuration,
    EngagementChange,
    EngagementOpening,
    EngagementTemplateStep,
    InterventionProposal,
    InterventionStepTaken,
    NewEngagementTemplate,
    NewService,
    NewServiceCatalogue,
    Problem,
    ReferralOpening,
    ReferralStepTaken,
    ReleaseChange,
    RequestOpening,
    RequestStepTaken,
    ServiceChange,
)
from calsos_client.api import (
    AccessApi,
    ChangesApi,
    CommunicationsApi,
    DeterminationsApi,
    EngagementsApi,
    ExportsApi,
    InterventionsApi,
    JobsApi,
    LeasApi,
    ProvidersApi,
    ReconciliationsApi,
    ReferralsApi,
    ReleasesApi,
    RequestsApi,
    RulebooksApi,
    RunsApi,
    ServiceApi,
    ServicesApi,
    SummariesApi,
    SupportApi,
    YearsApi,
)
from calsos_client.exceptions import (
    ApiException,
    BadRequestException,
    ConflictException,
    NotFoundException,
    UnauthorizedException,
)

YEAR = 2023
# Nothing of this year is public.
HELD_BACK = 2024
QUARTZ_VALLEY = "58900010000000"

base, document, answers_file = sys.argv[1:]
client = ApiClient(Configuration(host=base))
answers = {}


def answered(operation, answer):
    answers[operation] = answer if isinstance(answer, str) else json.loads(answer.to_json())
    return answer


service = ServiceApi(client)
discovery = answered("getDiscovery", service.get_discovery())
assert discovery.name == "calsos" and discovery.newest_year == YEAR
assert discovery.links["leas"] == f"{base}/v1/leas"
health = answered("getHealth", service.get_health())
ready = answered("getReadiness", service.get_readiness())
assert health.status == ready.status == "ok"
assert ready.dataset_version == discovery.dataset_version

years = YearsApi(client)
all_years = answered("listYears", years.list_years())
with_rules = [y.dashboard_year for y in all_years.items if y.edition is not None]
assert with_rules == [edition.dashboard_year for edition in discovery.editions]
year = answered("getYear", years.get_year(YEAR))
assert year in all_years.items and year.data_school_year == "2022-23"
assert {i.input for i in year.inputs if i.loaded} >= {"ELA", "MATH", "CHRO", "SUSP"}

leas = LeasApi(client)
all_leas = answered("listLeas", leas.list_leas(total=True))
assert all_leas.page.total == len(all_leas.items) == year.determinations
assert all(re.fullmatch("[0-9]{14}", lea.cds) for lea in all_leas.items)
assert [lea.name for lea in leas.list_leas(q="granite").items] == ["Granite Elementary"]
assert [lea.lea_type for lea in leas.list_leas(type="charter").items] == ["charter"]
lea = answered("getLea", leas.get_lea(QUARTZ_VALLEY))
assert lea.name == "Quartz Valley Unified" and YEAR in lea.years
performances = answered("listPerformances", leas.list_performances(QUARTZ_VALLEY, YEAR))
[chronic] = [p for p in performances.items if (p.indicator, p.group) == ("CHRO", "SWD")]
assert (chronic.color, chronic.students) == ("Red", 210)

# One LEA a page, page after page, is the same as all at once.
determinations = DeterminationsApi(client)
everything = answered("listDeterminations", determinations.list_determinations(year=YEAR))
assert everything.page.next is None
items, cursor = [], None
while True:
    page = determinations.list_determinations(year=YEAR, limit=1, cursor=cursor)
    items += page.items
    cursor = page.page.next
    if cursor is None:
        break
assert items == everything.items
eligible = determinations.list_determinations(year=YEAR, status="differentiated", method="M1")
assert [(i.cds, i.eligible_level) for i in eligible.items] == [(QUARTZ_VALLEY, 2)]
history = answered(
    "listDeterminationsOfLea", determinations.list_determinations_of_lea(QUARTZ_VALLEY)
)
assert history.items[-1] == eligible.items[0]

# Whoever copies everything from the feed has what the lists have.
feed = ChangesApi(client)
copy, since = {}, "0"
while True:
    page = feed.list_changes(since=since, limit=5)
    if not page.items:
        break
    for item in page.items:
        copy[item.cds, item.dashboard_year] = item.determination
    since = page.next
whole = determinations.list_determinations(limit=5000).items
assert copy == {(item.cds, item.dashboard_year): item for item in whole}
answered("listChanges", feed.list_changes(since="0"))

answer = answered("getDetermination", determinations.get_determination(QUARTZ_VALLEY, YEAR))
decided = answer.determination
assert decided.label == "Differentiated Assistance, Year 1"
assert decided.provider.name == "County superintendent of schools"
assert {g.group: g.code for g in decided.groups if g.code} == {"EL": "B", "SWD": "K"}
trace = answered("getTrace", determinations.get_trace(QUARTZ_VALLEY, YEAR))
assert trace.outcome == "met" and trace.value == decided.label


def leaves(node):
    children = node.children or []
    return [leaf for child in children for leaf in leaves(child)] if children else [node]


# A deciding cell names the release and the row of the state's file that it comes from.
deciding = [leaf for leaf in leaves(trace) if leaf.decides]
assert deciding and any(leaf.source is not None for leaf in deciding)

summary = answered("getSummary", SummariesApi(client).get_summary(YEAR))
assert summary.leas == len(everything.items)
assert summary.labels["district"] == {"Differentiated Assistance, Year 1": 2}
reconciliation = answered(
    "getReconciliation", ReconciliationsApi(client).get_reconciliation(2022)
)
assert reconciliation.differing == 0 and reconciliation.agreeing > 0
providers = answered("listProviders", ProvidersApi(client).list_providers())
assert {p.name: p.leas for p in providers.items}[decided.provider.name] == {"2023": 2}
support = SupportApi(client)
everyone = answered("listAssignments", support.list_assignments())
helped = support.list_assignments(assigned_level=2, provider=decided.provider.name)
assert {of.cds for of in helped.items} == {of.cds for of in everyone.items if of.assigned_level == 2}
levels = answered("listSupportOfLea", support.list_support_of_lea(QUARTZ_VALLEY))
newest = levels.items[0]
assert (newest.dashboard_year, newest.event, newest.origin) == (YEAR, "renewed", "computed")
assert newest in helped.items and newest.provider.name == decided.provider.name

rulebooks = RulebooksApi(client)
books = answered("listRulebooks", rulebooks.list_rulebooks())
book = answered("getRulebook", rulebooks.get_rulebook(YEAR))
assert book.hash == decided.edition and book.hash in [b.hash for b in books.items]
compared = answered("compareRulebooks", rulebooks.compare_rulebooks(2019, YEAR))
assert compared.before == 2019 and compared.changes
citations = answered("listCitations", rulebooks.list_citations())
citation = answered(
    "getCitation", rulebooks.get_citation(decided.provider.citation.partition("#")[0])
)
assert citation in citations.items

releases = ReleasesApi(client)
files = answered("listReleases", releases.list_releases())
release = answered("getRelease", releases.get_release(files.items[0].id))
assert release == files.items[0] and release.in_current_run
runs = RunsApi(client)
all_runs = answered("listRuns", runs.list_runs())
run = answered("getRun", runs.get_run(all_runs.items[0].run))
assert run.number == all_runs.current and run.releases == len(files.items)
changes = answered("listRunChanges", runs.list_run_changes(run.run, limit=5000))
assert changes.before is None and changes.answers.gained == len(changes.items) == run.answers
then = determinations.get_determination(QUARTZ_VALLEY, YEAR, as_of=run.made_at.isoformat())
assert then == determinations.get_determination(QUARTZ_VALLEY, YEAR)

exports = ExportsApi(client)
csv = exports.export_determinations(YEAR)
text = answered("exportDeterminations", csv.decode())
assert len(text.splitlines()) == 1 + summary.leas and "Quartz Valley Unified" in text
assert exports.export_determinations(YEAR, layout="published", format="xlsx")[:2] == b"PK"

# What is refused, is refused with a problem.
try:
    leas.get_lea("58000000000000")
    raise AssertionError("an LEA that nobody knows was found")
except NotFoundException as refused:
    problem = Problem.from_json(refused.body)
    assert (problem.status, problem.code) == (404, "unknown-lea")
try:
    determinations.list_determinations(county="99")
    raise AssertionError("a county that there is not was taken")
except BadRequestException as refused:
    assert [e.parameter for e in Problem.from_json(refused.body).errors] == ["county"]

# With a token, also what is not public yet.
access = AccessApi(client)
where = answered("getAuthorizationServer", access.get_authorization_server())
assert where.token_endpoint == f"{base}/oauth/token"
keys = answered("getKeys", access.get_keys())
assert [key.alg for key in keys.keys] == ["EdDSA"]
token = access.create_token(
    grant_type="client_credentials", client_id="department", client_secret=os.environ["SECRET"]
)
assert token.token_type == "Bearer" and "preview" in token.scope.split()
answered("createToken", token.model_copy(update={"access_token": "…"}))
known = ApiClient(Configuration(host=base, access_token=token.access_token))
try:
    determinations.get_determination(QUARTZ_VALLEY, HELD_BACK)
    raise AssertionError("what is not public was shown without a token")
except NotFoundException:
    pass
early = DeterminationsApi(known).get_determination(QUARTZ_VALLEY, HELD_BACK)
assert early.determination.dashboard_year == HELD_BACK

# Who changes from when a file is public says which state of it was read.
releases_known = ReleasesApi(known)
[held_back] = [r for r in releases_known.list_releases().items if r.dashboard_year == HELD_BACK]
read = releases_known.get_release_with_http_info(held_back.id)
moment = read.data.public_at
changed = releases_known.update_release(
    held_back.id, read.headers["etag"], ReleaseChange(public_at=moment.isoformat())
)
assert answered("updateRelease", changed).public_at == moment
try:
    access.list_audit()
    raise AssertionError("the audit log was shown without a token")
except UnauthorizedException as refused:
    assert Problem.from_json(refused.body).code == "token-needed"
audit = AccessApi(known)
assert audit.list_audit(operation="updateRelease", limit=1).items[0].actor == "department"
entries = answered("listAudit", audit.list_audit(operation="calsos publish"))
assert [entry.target for entry in entries.items] == [f"releases {held_back.number}"]

# The service had both before, by the same keys.
jobs = JobsApi(known)
sent = jobs.create_import(file_name="note.txt", body=b"no file", idempotency_key="exercise")
assert answered("createImport", sent).problem.code == "file-refused"
assert [job.id for job in answered("listImports", jobs.list_imports()).items] == [sent.id]
assert answered("getImport", jobs.get_import(sent.id)) == sent
issues = answered("listImportIssues", jobs.list_import_issues(sent.id))
assert [issue.file_name for issue in issues.items] == ["note.txt"]
decided = answered("createRun", jobs.create_run(idempotency_key="exercise"))
assert answered("getJob", jobs.get_job(decided.id)).run.number == 2
try:
    jobs.cancel_job(decided.id)
    raise AssertionError("a job that has ended was called off")
except ConflictException as refused:
    answers["cancelJob"] = {"code": Problem.from_json(refused.body).code}

# The first client had the referral made, by the same key; its steps are not the state's to take.
NOWHERE = "01890a5d-ac96-774b-bcce-b302099a8057"


def refused(operation, call, **asked):
    try:
        call(**asked)
        raise AssertionError(f"{operation} was done")
    except ApiException as refusal:
        answers[operation] = {"code": Problem.from_json(refusal.body).code}


referrals = ReferralsApi(known)
opening = ReferralOpening(
    cds=QUARTZ_VALLEY, door="emergencyApportionment", on="2024-03-01", reason="made up"
)
made = answered(
    "createReferral",
    referrals.create_referral(referral_opening=opening, idempotency_key="exercise-referral"),
)
assert [r.id for r in answered("listReferrals", referrals.list_referrals()).items] == [made.id]
assert answered("getReferral", referrals.get_referral(made.id)).versions[0].agency == "state"
taken = ReferralStepTaken(step="consultLea", on="2024-03-08", words="made up")
refused(
    "takeReferralStep",
    referrals.take_referral_step,
    id=made.id,
    if_match="*",
    referral_step_taken=taken,
)
refused(
    "deleteReferral", referrals.delete_referral, id=made.id, reason="made up", if_match='"7"'
)
interventions = InterventionsApi(known)
proposal = InterventionProposal(
    cds=QUARTZ_VALLEY, referral=made.id, on="2024-03-01", reason="made up", strategies="made up"
)
refused(
    "createIntervention", interventions.create_intervention, intervention_proposal=proposal
)
assert answered("listInterventions", interventions.list_interventions()).items == []
refused("getIntervention", interventions.get_intervention, id=NOWHERE)
begun = InterventionStepTaken(step="begin", on="2024-03-08")
refused(
    "takeInterventionStep",
    interventions.take_intervention_step,
    id=NOWHERE,
    if_match="*",
    intervention_step_taken=begun,
)
refused(
    "deleteIntervention",
    interventions.delete_intervention,
    id=NOWHERE,
    reason="made up",
    if_match="*",
)
codes = {
    "takeReferralStep": "step-of-others",
    "deleteReferral": "condition-failed",
    "createIntervention": "step-of-others",
    "getIntervention": "unknown-intervention",
    "takeInterventionStep": "unknown-intervention",
    "deleteIntervention": "unknown-intervention",
}
assert {operation: answers[operation]["code"] for operation in codes} == codes

# The first client had the engagement opened and changed, by the same keys. It is the LEA or its
# county office that asks for help, and not the state.
engagements = EngagementsApi(known)
opened = answered(
    "createEngagement",
    engagements.create_engagement(
        EngagementOpening(cds=QUARTZ_VALLEY, on="2024-03-01"),
        idempotency_key="exercise-engagement",
    ),
)
change = EngagementChange(needs=[ChosenNeed(group="SWD", words="made up")])
changed = answered(
    "updateEngagement",
    engagements.update_engagement(opened.id, '"1"', change, idempotency_key="exercise-change"),
)
assert (changed.version, changed.needs[0].made_eligible) == (2, True)
assert [e.id for e in answered("listEngagements", engagements.list_engagements()).items] == [
    opened.id
]
assert len(answered("getEngagement", engagements.get_engagement(opened.id)).versions) == 2
checklist = answered(
    "getEngagementChecklist", engagements.get_engagement_checklist(opened.id, on="2024-03-01")
)
assert checklist.late > 0 and checklist.done == 0
refused(
    "deleteEngagement",
    engagements.delete_engagement,
    id=opened.id,
    reason="made up",
    if_match='"7"',
)
template = answered("getEngagementTemplate", engagements.get_engagement_template("58"))
assert template.is_default and len(template.steps) == len(opened.steps)
steps = NewEngagementTemplate(
    steps=[EngagementTemplateStep(key="visit", title="Visit schools", days=30)]
)
refused(
    "replaceEngagementTemplate",
    engagements.replace_engagement_template,
    county="58",
    if_match='"7"',
    new_engagement_template=steps,
)
requests = RequestsApi(known)
refused(
    "createRequest",
    requests.create_request,
    request_opening=RequestOpening(
        cds=QUARTZ_VALLEY, asked="ccee", on="2024-03-01", words="made up"
    ),
)
assert answered("listRequests", requests.list_requests()).items == []
refused("getRequest", requests.get_request, id=NOWHERE)
refused(
    "takeRequestStep",
    requests.take_request_step,
    id=NOWHERE,
    if_match="*",
    request_step_taken=RequestStepTaken(step="begin", on="2024-03-08"),
)
refused(
    "deleteRequest", requests.delete_request, id=NOWHERE, reason="made up", if_match="*"
)
codes = {
    "deleteEngagement": "condition-failed",
    "replaceEngagementTemplate": "condition-failed",
    "createRequest": "step-of-others",
    "getRequest": "unknown-request",
    "takeRequestStep": "unknown-request",
    "deleteRequest": "unknown-request",
}
assert {operation: answers[operation]["code"] for operation in codes} == codes

# The same service and the same catalogue from every client: what was there first stays.
services = ServicesApi(known)
new_service = NewService(
    code="EX-1",
    provider="county:58",
    name="Attendance teams",
    levels=[1, 2],
    offered_to=["leas"],
    kind="coaching",
    indicators=["CHRO"],
    groups=["SWD"],
    priorities=[],
    contact="attendance@example.org",
)
made = answered(
    "createService", services.create_service(new_service, idempotency_key="exercise-service")
)
change = ServiceChange(state="offered")
changed = answered("updateService", services.update_service(made.id, "*", change))
assert changed == made and changed.version == 1
loaded = services.replace_service_catalogue(
    "county:58", "*", NewServiceCatalogue(services=[new_service]), dry_run=True
)
assert answered("replaceServiceCatalogue", loaded).unchanged == 1 and loaded.dry_run
try:
    services.delete_service(made.id, "twice", '"0"')
    raise AssertionError("a service was deleted in another version")
except ApiException as refused:
    answers["deleteService"] = {"code": Problem.from_json(refused.body).code}
catalogues = ServicesApi(client)
assert answered("listServices", catalogues.list_services()).items == [made]
assert answered("getService", catalogues.get_service(made.id)) == made
of_county = answered("getServiceCatalogue", catalogues.get_service_catalogue("county:58"))
assert of_county.services == [made]
table = answered("exportServiceCatalogue", catalogues.export_service_catalogue("county:58"))
assert len(table.splitlines()) == 2
recommended = answered(
    "listRecommendedServices", catalogues.list_recommended_services(QUARTZ_VALLEY, year=YEAR)
)
[first] = recommended.items
assert (first.service, first.nearness) == (made, "ownCounty")
assert first.matches[0].made_eligible and first.matches[0].group == "SWD"

# As a person reads it, and as the facts that it is made of; a template that is the same for all.
communications = CommunicationsApi(client)
summary_of_one = answered(
    "getCommunication", communications.get_communication(QUARTZ_VALLEY, "onePageSummary", YEAR)
)
assert summary_of_one.name == "Quartz Valley Unified" and summary_of_one.reasons[0].groups
of_all = answered(
    "listCommunications", communications.list_communications("onePageSummary", YEAR, "58")
)
assert summary_of_one in of_all.items
templates = CommunicationsApi(known)
template = "<h1>{{ name }}</h1>"
stored = answered(
    "replaceCommunicationTemplate",
    templates.replace_communication_template("57", "onePageSummary", "*", template),
)
assert stored.bytes == len(template)
read = templates.get_communication_template("57", "onePageSummary")
assert answered("getCommunicationTemplate", read) == template
try:
    templates.delete_communication_template("57", "onePageSummary", "twice", '"0"')
    raise AssertionError("a template was deleted in another version")
except ApiException as refused:
    code = Problem.from_json(refused.body).code
    answers["deleteCommunicationTemplate"] = {"code": code}

operations = {
    operation["operationId"]
    for path in json.loads(Path(document).read_text())["paths"].values()
    for operation in path.values()
}
if operations != set(answers):
    sys.exit(
        f"without a call: {sorted(operations - set(answers))}; "
        f"not in the document: {sorted(set(answers) - operations)}"
    )
Path(answers_file).write_text(json.dumps(answers))
print(f"Python: {len(answers)} operations were called")
