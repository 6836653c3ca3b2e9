// Calls every operation with the client that openapi-generator makes (typescript-fetch), on the
// made-up county's data: node generated.js BASE DOCUMENT ANSWERS. SECRET in the environment is
// that of the client `department`.
import { ok as assert, deepEqual } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import {
  AccessApi,
  AuthorizationServerToJSON,
  ChangesApi,
  CommunicationsApi,
  Configuration,
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
  ResponseError,
  RulebooksApi,
  RunsApi,
  ServiceApi,
  ServicesApi,
  SummariesApi,
  SupportApi,
  TokenResponseToJSON,
  YearsApi,
  type DeterminationItem,
} from "./typescript-fetch/index.js";

const [base, document, answersFile] = process.argv.slice(2) as [string, string, string];
const configuration = new Configuration({ basePath: base });
const year = 2023;
const cds = "58900010000000"; // Quartz Valley Unified

const service = new ServiceApi(configuration);
const years = new YearsApi(configuration);
const leas = new LeasApi(configuration);
const determinations = new DeterminationsApi(configuration);
const rulebooks = new RulebooksApi(configuration);
const releases = await new ReleasesApi(configuration).listReleases();
const runs = await new RunsApi(configuration).listRuns();
const page = await determinations.getDetermination({ cds, year });
const provider = page.determination.provider;
assert(provider && releases.items[0] && runs.items[0]);
const file = await new ExportsApi(configuration).exportDeterminations({ year });

// A token shows also what is not public yet: nothing of this year is.
const heldBack = 2024;
const access = new AccessApi(configuration);
const token = await access.createToken({
  grantType: "client_credentials",
  clientId: "department",
  clientSecret: process.env["SECRET"] ?? "",
});
// The client writes `Bearer` before a token of the one scheme and not of the other.
const known = new Configuration({
  basePath: base,
  accessToken: (scheme) => (scheme === "oauth2" ? "Bearer " : "") + token.accessToken,
});
const early = await new DeterminationsApi(known).getDetermination({ cds, year: heldBack });
deepEqual(early.determination.dashboardYear, heldBack);

// Who changes from when a file is public says which state of it was read.
const releasesKnown = new ReleasesApi(known);
const held = (await releasesKnown.listReleases()).items.find((r) => r.dashboardYear === heldBack);
assert(held?.publicAt);
const tag = (await releasesKnown.getReleaseRaw({ id: held.id })).raw.headers.get("ETag") ?? "";
const updateRelease = await releasesKnown.updateRelease({
  id: held.id,
  ifMatch: tag,
  releaseChange: { publicAt: held.publicAt.toISOString() },
});

// The service had both before, by the same keys.
const jobs = new JobsApi(known);
const idempotencyKey = "exercise";
const body = new Blob(["no file"], { type: "application/octet-stream" });
const sent = await jobs.createImport({ fileName: "note.txt", body, idempotencyKey });
const decided = await jobs.createRun({ idempotencyKey });
let cancelJob: unknown;
try {
  await jobs.cancelJob({ id: decided.id });
  assert(false, "a job that has ended was called off");
} catch (refused) {
  if (!(refused instanceof ResponseError)) throw refused;
  cancelJob = { code: (await refused.response.json()).code };
}

// The first client had the referral made, by the same key; its steps are not the state's to take.
const nowhere = "01890a5d-ac96-774b-bcce-b302099a8057";
async function refusal(call: Promise<unknown>): Promise<{ code: unknown }> {
  try {
    await call;
  } catch (refused) {
    if (!(refused instanceof ResponseError)) throw refused;
    return { code: (await refused.response.json()).code };
  }
  throw new Error("what is to be refused was done");
}
const referrals = new ReferralsApi(known);
const interventions = new InterventionsApi(known);
const opening = { cds, door: "emergencyApportionment", on: "2024-03-01", reason: "made up" };
const referral = await referrals.createReferral({
  referralOpening: opening,
  idempotencyKey: `${idempotencyKey}-referral`,
});
const proposal = {
  cds,
  referral: referral.id,
  on: "2024-03-01",
  reason: "made up",
  strategies: "made up",
};
// The first client had the engagement opened and changed, by the same keys. It is the LEA or its
// county office that asks for help, and not the state.
const engagements = new EngagementsApi(known);
const requests = new RequestsApi(known);
const engagement = await engagements.createEngagement({
  engagementOpening: { cds, on: "2024-03-01" },
  idempotencyKey: `${idempotencyKey}-engagement`,
});
const updateEngagement = await engagements.updateEngagement({
  id: engagement.id,
  ifMatch: '"1"',
  engagementChange: { needs: [{ group: "SWD", words: "made up" }] },
  idempotencyKey: `${idempotencyKey}-change`,
});
// The same service and the same catalogue from every client: what was there first stays.
const services = new ServicesApi(known);
const newService = {
  code: "EX-1",
  provider: "county:58",
  name: "Attendance teams",
  levels: [1, 2],
  offeredTo: ["leas"],
  kind: "coaching",
  indicators: ["CHRO"],
  groups: ["SWD"],
  priorities: [],
  contact: "attendance@example.org",
};
const createService = await services.createService({
  newService,
  idempotencyKey: `${idempotencyKey}-service`,
});
const updateService = await services.updateService({
  id: createService.id,
  ifMatch: "*",
  serviceChange: { state: "offered" },
});
const replaceServiceCatalogue = await services.replaceServiceCatalogue({
  provider: "county:58",
  ifMatch: "*",
  dryRun: true,
  newServiceCatalogue: { services: [newService] },
});
let deleteService: unknown;
try {
  await services.deleteService({ id: createService.id, reason: "twice", ifMatch: '"0"' });
  assert(false, "a service was deleted in another version");
} catch (refused) {
  if (!(refused instanceof ResponseError)) throw refused;
  deleteService = { code: (await refused.response.json()).code };
}

const letters = new CommunicationsApi(configuration);
const templates = new CommunicationsApi(known);
// Who wants facts says so: else the document is sent.
const asFacts = { headers: { Accept: "application/json" } };
const ofTemplate = { county: "57", kind: "onePageSummary" } as const;
const replaceCommunicationTemplate = await templates.replaceCommunicationTemplate({
  ...ofTemplate,
  ifMatch: "*",
  body: "<h1>{{ name }}</h1>",
});
let deleteCommunicationTemplate: unknown;
try {
  await templates.deleteCommunicationTemplate({ ...ofTemplate, reason: "twice", ifMatch: '"0"' });
  assert(false, "a template was deleted in another version");
} catch (refused) {
  if (!(refused instanceof ResponseError)) throw refused;
  deleteCommunicationTemplate = { code: (await refused.response.json()).code };
}

const answers: Record<string, unknown> = {
  getDiscovery: await service.getDiscovery(),
  getHealth: await service.getHealth(),
  getReadiness: await service.getReadiness(),
  listYears: await years.listYears(),
  getYear: await years.getYear({ year }),
  listLeas: await leas.listLeas({ total: true }),
  getLea: await leas.getLea({ cds }),
  listPerformances: await leas.listPerformances({ cds, year }),
  listDeterminations: await determinations.listDeterminations({ year }),
  listChanges: await new ChangesApi(configuration).listChanges({ since: "0" }),
  listDeterminationsOfLea: await determinations.listDeterminationsOfLea({ cds }),
  getDetermination: page,
  getTrace: await determinations.getTrace({ cds, year }),
  getSummary: await new SummariesApi(configuration).getSummary({ year }),
  getReconciliation: await new ReconciliationsApi(configuration).getReconciliation({ year: 2022 }),
  listProviders: await new ProvidersApi(configuration).listProviders(),
  listAssignments: await new SupportApi(configuration).listAssignments(),
  listSupportOfLea: await new SupportApi(configuration).listSupportOfLea({ cds }),
  listRulebooks: await rulebooks.listRulebooks(),
  getRulebook: await rulebooks.getRulebook({ year }),
  compareRulebooks: await rulebooks.compareRulebooks({ before: 2019, after: year }),
  listCitations: await rulebooks.listCitations(),
  getCitation: await rulebooks.getCitation({ id: provider.citation.split("#")[0] ?? "" }),
  listReleases: releases,
  getRelease: await new ReleasesApi(configuration).getRelease({ id: releases.items[0].id }),
  listRuns: runs,
  getRun: await new RunsApi(configuration).getRun({ id: runs.items[0].run }),
  listRunChanges: await new RunsApi(configuration).listRunChanges({
    id: runs.items[0].run,
    limit: 5000,
  }),
  exportDeterminations: await file.text(),
  createToken: TokenResponseToJSON({ ...token, accessToken: "…" }),
  getKeys: await access.getKeys(),
  getAuthorizationServer: AuthorizationServerToJSON(await access.getAuthorizationServer()),
  updateRelease,
  createImport: sent,
  listImports: await jobs.listImports(),
  getImport: await jobs.getImport({ id: sent.id }),
  listImportIssues: await jobs.listImportIssues({ id: sent.id }),
  createService,
  updateService,
  replaceServiceCatalogue,
  deleteService,
  listServices: await new ServicesApi(configuration).listServices(),
  getService: await new ServicesApi(configuration).getService({ id: createService.id }),
  getServiceCatalogue: await services.getServiceCatalogue({ provider: "county:58" }),
  exportServiceCatalogue: await services.exportServiceCatalogue({ provider: "county:58" }),
  getCommunication: await letters.getCommunication({ cds, year, kind: "onePageSummary" }, asFacts),
  listCommunications: await letters.listCommunications(
    { county: "58", year, kind: "onePageSummary" },
    asFacts,
  ),
  getCommunicationTemplate: await letters.getCommunicationTemplate(ofTemplate),
  replaceCommunicationTemplate,
  deleteCommunicationTemplate,
  listRecommendedServices: await services.listRecommendedServices({ cds, year }),
  createRun: decided,
  getJob: await jobs.getJob({ id: decided.id }),
  cancelJob,
  createReferral: referral,
  listReferrals: await referrals.listReferrals(),
  getReferral: await referrals.getReferral({ id: referral.id }),
  takeReferralStep: await refusal(
    referrals.takeReferralStep({
      id: referral.id,
      ifMatch: "*",
      referralStepTaken: { step: "consultLea", on: "2024-03-08", words: "made up" },
    }),
  ),
  deleteReferral: await refusal(
    referrals.deleteReferral({ id: referral.id, reason: "made up", ifMatch: '"7"' }),
  ),
  createIntervention: await refusal(
    interventions.createIntervention({ interventionProposal: proposal }),
  ),
  listInterventions: await interventions.listInterventions(),
  getIntervention: await refusal(interventions.getIntervention({ id: nowhere })),
  takeInterventionStep: await refusal(
    interventions.takeInterventionStep({
      id: nowhere,
      ifMatch: "*",
      interventionStepTaken: { step: "begin", on: "2024-03-08" },
    }),
  ),
  deleteIntervention: await refusal(
    interventions.deleteIntervention({ id: nowhere, reason: "made up", ifMatch: "*" }),
  ),
  createEngagement: engagement,
  updateEngagement,
  listEngagements: await engagements.listEngagements(),
  getEngagement: await engagements.getEngagement({ id: engagement.id }),
  getEngagementChecklist: await engagements.getEngagementChecklist({
    id: engagement.id,
    on: "2024-03-01",
  }),
  deleteEngagement: await refusal(
    engagements.deleteEngagement({ id: engagement.id, reason: "made up", ifMatch: '"7"' }),
  ),
  getEngagementTemplate: await engagements.getEngagementTemplate({ county: "58" }),
  replaceEngagementTemplate: await refusal(
    engagements.replaceEngagementTemplate({
      county: "58",
      ifMatch: '"7"',
      newEngagementTemplate: { steps: [{ key: "visit", title: "Visit schools", days: 30 }] },
    }),
  ),
  createRequest: await refusal(
    requests.createRequest({
      requestOpening: { cds, asked: "ccee", on: "2024-03-01", words: "made up" },
    }),
  ),
  listRequests: await requests.listRequests(),
  getRequest: await refusal(requests.getRequest({ id: nowhere })),
  takeRequestStep: await refusal(
    requests.takeRequestStep({
      id: nowhere,
      ifMatch: "*",
      requestStepTaken: { step: "begin", on: "2024-03-08" },
    }),
  ),
  deleteRequest: await refusal(
    requests.deleteRequest({ id: nowhere, reason: "made up", ifMatch: "*" }),
  ),
  listAudit: await new AccessApi(known).listAudit({ operation: "calsos publish" }),
};

// One LEA a page, page after page, is the same as all at once.
const items: DeterminationItem[] = [];
for (let cursor: string | undefined; ; ) {
  const one = await determinations.listDeterminations(
    cursor === undefined ? { year, limit: 1 } : { year, limit: 1, cursor },
  );
  items.push(...one.items);
  cursor = one.page.next;
  if (cursor === undefined) break;
}
deepEqual(items, (await determinations.listDeterminations({ year })).items);

// What is refused, is refused with a problem.
try {
  await determinations.getDetermination({ cds, year: heldBack });
  assert(false, "what is not public was shown without a token");
} catch (refused) {
  if (!(refused instanceof ResponseError)) throw refused;
  deepEqual(refused.response.status, 404);
}
try {
  await leas.getLea({ cds: "58000000000000" });
  assert(false, "an LEA that nobody knows was found");
} catch (refused) {
  if (!(refused instanceof ResponseError)) throw refused;
  deepEqual((await refused.response.json()).code, "unknown-lea");
}

const { paths } = JSON.parse(readFileSync(document, "utf8")) as {
  paths: Record<string, Record<string, { operationId: string }>>;
};
const operations = Object.values(paths).flatMap((path) =>
  Object.values(path).map((operation) => operation.operationId),
);
deepEqual(Object.keys(answers).sort(), operations.sort(), "an operation is without a call");
writeFileSync(answersFile, JSON.stringify(answers));
console.log(`TypeScript, generated: ${operations.length} operations were called`);
