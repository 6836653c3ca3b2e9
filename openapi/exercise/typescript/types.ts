// Calls every operation with openapi-fetch and the types that openapi-typescript makes, on the
// made-up county's data: node types.js BASE ANSWERS. SECRET in the environment is that of the
// client `department`.
import { ok as assert, deepEqual } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./openapi-typescript/calsos.js";

const [base, answersFile] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: base });
const year = 2023;
const cds = "58900010000000"; // Quartz Valley Unified

// What a call was answered with; a refusal ends the program.
async function of<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) {
    throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  }
  return data;
}

const releases = await of(client.GET("/v1/releases"));
const runs = await of(client.GET("/v1/runs"));
const page = await of(
  client.GET("/v1/leas/{cds}/determinations/{year}", { params: { path: { cds, year } } }),
);
const provider = page.determination.provider;
assert(provider && releases.items[0] && runs.items[0]);

// A token shows also what is not public yet: nothing of this year is.
const heldBack = 2024;
const token = await of(
  client.POST("/oauth/token", {
    body: {
      grant_type: "client_credentials",
      client_id: "department",
      client_secret: process.env["SECRET"] ?? "",
    },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  }),
);
const known = createClient<paths>({
  baseUrl: base,
  headers: { Authorization: `Bearer ${token.access_token}` },
});
const early = { params: { path: { cds, year: heldBack } } };
const hidden = await client.GET("/v1/leas/{cds}/determinations/{year}", early);
deepEqual(hidden.response.status, 404);
const shown = await of(known.GET("/v1/leas/{cds}/determinations/{year}", early));
deepEqual(shown.determination.dashboardYear, heldBack);

// Who changes from when a file is public says which state of it was read.
const file = (await of(known.GET("/v1/releases"))).items.find(
  (release) => release.dashboardYear === heldBack,
);
assert(file?.publicAt);
const read = await known.GET("/v1/releases/{id}", { params: { path: { id: file.id } } });
const updateRelease = await of(
  known.PATCH("/v1/releases/{id}", {
    params: { path: { id: file.id }, header: { "If-Match": read.response.headers.get("ETag") ?? "" } },
    body: { publicAt: file.publicAt },
  }),
);
const unknown = await client.GET("/v1/audit");
deepEqual([unknown.error?.status, unknown.error?.code], [401, "token-needed"]);

// The service had both before, by the same keys.
const key = { "Idempotency-Key": "exercise" };
const sent = await of(
  known.POST("/v1/imports", {
    params: { query: { fileName: "note.txt" }, header: key },
    headers: { "Content-Type": "application/octet-stream" },
    body: "no file",
    bodySerializer: (body) => body,
  }),
);
const decided = await of(known.POST("/v1/runs", { params: { header: key } }));
const ofSent = { params: { path: { id: sent.id } } };
const ofDecided = { params: { path: { id: decided.id } } };
const ended = await known.DELETE("/v1/jobs/{id}", ofDecided);
deepEqual(ended.error?.code, "job-ended");

// The first client had the referral made, by the same key; its steps are not the state's to take.
const nowhere = { id: "01890a5d-ac96-774b-bcce-b302099a8057" };
const referral = await of(
  known.POST("/v1/referrals", {
    params: { header: { "Idempotency-Key": "exercise-referral" } },
    body: { cds, door: "emergencyApportionment", on: "2024-03-01", reason: "made up" },
  }),
);
const ofReferral = { id: referral.id };
const any = { "If-Match": "*" };
const reason = "made up";
const taken = await known.POST("/v1/referrals/{id}/steps", {
  params: { path: ofReferral, header: any },
  body: { step: "consultLea", on: "2024-03-08", words: "made up" },
});
const kept = await known.DELETE("/v1/referrals/{id}", {
  params: { path: ofReferral, query: { reason }, header: { "If-Match": '"7"' } },
});
const proposed = await known.POST("/v1/interventions", {
  body: { cds, referral: referral.id, on: "2024-03-01", reason, strategies: "made up" },
});
const absent = await known.GET("/v1/interventions/{id}", { params: { path: nowhere } });
const begun = await known.POST("/v1/interventions/{id}/steps", {
  params: { path: nowhere, header: any },
  body: { step: "begin", on: "2024-03-08" },
});
const gone = await known.DELETE("/v1/interventions/{id}", {
  params: { path: nowhere, query: { reason }, header: any },
});
// The first client had the engagement opened and changed, by the same keys. It is the LEA or its
// county office that asks for help, and not the state.
const engagement = await of(
  known.POST("/v1/engagements", {
    params: { header: { "Idempotency-Key": "exercise-engagement" } },
    body: { cds, on: "2024-03-01" },
  }),
);
const ofEngagement = { id: engagement.id };
const updateEngagement = await of(
  known.PATCH("/v1/engagements/{id}", {
    params: {
      path: ofEngagement,
      header: { "If-Match": '"1"', "Idempotency-Key": `${key["Idempotency-Key"]}-change` },
    },
    body: { needs: [{ group: "SWD", words: "made up" }] },
  }),
);
const engaged = await known.DELETE("/v1/engagements/{id}", {
  params: { path: ofEngagement, query: { reason }, header: { "If-Match": '"7"' } },
});
const ofCounty = { county: "58" };
const replaced = await known.PUT("/v1/engagement-templates/{county}", {
  params: { path: ofCounty, header: { "If-Match": '"7"' } },
  body: { steps: [{ key: "visit", title: "Visit schools", days: 30 }] },
});
const asked = await known.POST("/v1/requests", {
  body: { cds, asked: "ccee", on: "2024-03-01", words: "made up" },
});
const unasked = await known.GET("/v1/requests/{id}", { params: { path: nowhere } });
const untaken = await known.POST("/v1/requests/{id}/steps", {
  params: { path: nowhere, header: any },
  body: { step: "begin", on: "2024-03-08" },
});
const undeleted = await known.DELETE("/v1/requests/{id}", {
  params: { path: nowhere, query: { reason }, header: any },
});
// The same service and the same catalogue from every client: what was there first stays.
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
const createService = await of(
  known.POST("/v1/services", {
    params: { header: { "Idempotency-Key": "exercise-service" } },
    body: newService,
  }),
);
const ofService = { id: createService.id };
const updateService = await of(
  known.PATCH("/v1/services/{id}", {
    params: { path: ofService, header: { "If-Match": "*" } },
    body: { state: "offered" },
  }),
);
const notDeleted = await known.DELETE("/v1/services/{id}", {
  params: { path: ofService, query: { reason: "twice" }, header: { "If-Match": '"0"' } },
});
deepEqual(notDeleted.error?.code, "condition-failed");
const ofProvider = { provider: "county:58" };

// The type has every operation of the document as a key, so that it does not compile while one
// is without a call.
// Who wants facts says so: else the document is sent.
const asFacts = { Accept: "application/json" };
const ofTemplate = { county: "57", kind: "onePageSummary" } as const;
const written = await of(
  known.PUT("/v1/communication-templates/{county}/{kind}", {
    params: { path: ofTemplate, header: { "If-Match": "*" } },
    headers: { "Content-Type": "text/html" },
    body: "<h1>{{ name }}</h1>",
    bodySerializer: (text) => text,
  }),
);
const notTaken = await known.DELETE("/v1/communication-templates/{county}/{kind}", {
  params: { path: ofTemplate, query: { reason: "twice" }, header: { "If-Match": '"0"' } },
});

const answers = {
  getDiscovery: await of(client.GET("/")),
  getHealth: await of(client.GET("/healthz")),
  getReadiness: await of(client.GET("/readyz")),
  listYears: await of(client.GET("/v1/years")),
  getYear: await of(client.GET("/v1/years/{year}", { params: { path: { year } } })),
  listLeas: await of(client.GET("/v1/leas", { params: { query: { total: true } } })),
  getLea: await of(client.GET("/v1/leas/{cds}", { params: { path: { cds } } })),
  listPerformances: await of(
    client.GET("/v1/leas/{cds}/performances", { params: { path: { cds }, query: { year } } }),
  ),
  listDeterminations: await of(client.GET("/v1/determinations", { params: { query: { year } } })),
  listChanges: await of(client.GET("/v1/changes", { params: { query: { since: "0" } } })),
  listDeterminationsOfLea: await of(
    client.GET("/v1/leas/{cds}/determinations", { params: { path: { cds } } }),
  ),
  getDetermination: page,
  getTrace: await of(
    client.GET("/v1/leas/{cds}/determinations/{year}/trace", { params: { path: { cds, year } } }),
  ),
  getSummary: await of(client.GET("/v1/summaries/{year}", { params: { path: { year } } })),
  getReconciliation: await of(
    client.GET("/v1/reconciliations/{year}", { params: { path: { year: 2022 } } }),
  ),
  listProviders: await of(client.GET("/v1/providers")),
  listAssignments: await of(client.GET("/v1/assignments")),
  listSupportOfLea: await of(client.GET("/v1/leas/{cds}/support", { params: { path: { cds } } })),
  listRulebooks: await of(client.GET("/v1/rulebooks")),
  getRulebook: await of(client.GET("/v1/rulebooks/{year}", { params: { path: { year } } })),
  compareRulebooks: await of(
    client.GET("/v1/rulebooks/{before}/compare/{after}", {
      params: { path: { before: 2019, after: year } },
    }),
  ),
  listCitations: await of(client.GET("/v1/citations")),
  getCitation: await of(
    client.GET("/v1/citations/{id}", {
      params: { path: { id: provider.citation.split("#")[0] ?? "" } },
    }),
  ),
  listReleases: releases,
  getRelease: await of(
    client.GET("/v1/releases/{id}", { params: { path: { id: releases.items[0].id } } }),
  ),
  listRuns: runs,
  getRun: await of(client.GET("/v1/runs/{id}", { params: { path: { id: runs.items[0].run } } })),
  listRunChanges: await of(
    client.GET("/v1/runs/{id}/changes", {
      params: { path: { id: runs.items[0].run }, query: { limit: 5000 } },
    }),
  ),
  exportDeterminations: await of(
    client.GET("/v1/exports/determinations", { params: { query: { year } }, parseAs: "text" }),
  ),
  createToken: { ...token, access_token: "…" },
  getKeys: await of(client.GET("/.well-known/jwks.json")),
  getAuthorizationServer: await of(client.GET("/.well-known/oauth-authorization-server")),
  updateRelease,
  createImport: sent,
  listImports: await of(known.GET("/v1/imports")),
  getImport: await of(known.GET("/v1/imports/{id}", ofSent)),
  listImportIssues: await of(known.GET("/v1/imports/{id}/issues", ofSent)),
  createService,
  updateService,
  replaceServiceCatalogue: await of(
    known.PUT("/v1/service-catalogues/{provider}", {
      params: { path: ofProvider, query: { dryRun: true }, header: { "If-Match": "*" } },
      body: { services: [newService] },
    }),
  ),
  deleteService: { code: notDeleted.error?.code },
  listServices: await of(client.GET("/v1/services")),
  getService: await of(client.GET("/v1/services/{id}", { params: { path: ofService } })),
  getServiceCatalogue: await of(
    client.GET("/v1/service-catalogues/{provider}", { params: { path: ofProvider } }),
  ),
  exportServiceCatalogue: await of(
    client.GET("/v1/service-catalogues/{provider}/table", {
      params: { path: ofProvider },
      parseAs: "text",
    }),
  ),
  getCommunication: await of(
    client.GET("/v1/leas/{cds}/communications/{kind}", {
      params: { path: { cds, kind: "onePageSummary" }, query: { year } },
      headers: asFacts,
    }),
  ),
  listCommunications: await of(
    client.GET("/v1/communications/{kind}", {
      params: { path: { kind: "onePageSummary" }, query: { year, county: "58" } },
      headers: asFacts,
    }),
  ),
  getCommunicationTemplate: await of(
    client.GET("/v1/communication-templates/{county}/{kind}", {
      params: { path: ofTemplate },
      parseAs: "text",
    }),
  ),
  replaceCommunicationTemplate: written,
  deleteCommunicationTemplate: { code: notTaken.error?.code },
  listRecommendedServices: await of(
    client.GET("/v1/leas/{cds}/recommended-services", { params: { path: { cds }, query: { year } } }),
  ),
  createRun: decided,
  getJob: await of(known.GET("/v1/jobs/{id}", ofDecided)),
  cancelJob: { code: ended.error?.code },
  createReferral: referral,
  listReferrals: await of(known.GET("/v1/referrals")),
  getReferral: await of(known.GET("/v1/referrals/{id}", { params: { path: ofReferral } })),
  takeReferralStep: { code: taken.error?.code },
  deleteReferral: { code: kept.error?.code },
  createIntervention: { code: proposed.error?.code },
  listInterventions: await of(known.GET("/v1/interventions")),
  getIntervention: { code: absent.error?.code },
  takeInterventionStep: { code: begun.error?.code },
  deleteIntervention: { code: gone.error?.code },
  createEngagement: engagement,
  updateEngagement,
  listEngagements: await of(known.GET("/v1/engagements")),
  getEngagement: await of(known.GET("/v1/engagements/{id}", { params: { path: ofEngagement } })),
  getEngagementChecklist: await of(
    known.GET("/v1/engagements/{id}/checklist", {
      params: { path: ofEngagement, query: { on: "2024-03-01" } },
    }),
  ),
  deleteEngagement: { code: engaged.error?.code },
  getEngagementTemplate: await of(
    known.GET("/v1/engagement-templates/{county}", { params: { path: ofCounty } }),
  ),
  replaceEngagementTemplate: { code: replaced.error?.code },
  createRequest: { code: asked.error?.code },
  listRequests: await of(known.GET("/v1/requests")),
  getRequest: { code: unasked.error?.code },
  takeRequestStep: { code: untaken.error?.code },
  deleteRequest: { code: undeleted.error?.code },
  listAudit: await of(
    known.GET("/v1/audit", { params: { query: { operation: "calsos publish" } } }),
  ),
} satisfies Record<keyof operations, unknown>;

// One LEA a page, page after page, is the same as all at once.
const items: components["schemas"]["DeterminationItem"][] = [];
for (let cursor: string | undefined; ; ) {
  const query = { year, limit: 1, ...(cursor === undefined ? {} : { cursor }) };
  const one = await of(client.GET("/v1/determinations", { params: { query } }));
  items.push(...one.items);
  cursor = one.page.next;
  if (cursor === undefined) break;
}
deepEqual(items, answers.listDeterminations.items);

// Who has it already is told so, and what is refused, is refused with a problem.
const first = await client.GET("/v1/summaries/{year}", { params: { path: { year } } });
const again = await client.GET("/v1/summaries/{year}", {
  params: { path: { year } },
  headers: { "If-None-Match": first.response.headers.get("ETag") },
});
deepEqual(again.response.status, 304);
const refused = await client.GET("/v1/leas/{cds}", { params: { path: { cds: "58000000000000" } } });
deepEqual([refused.error?.status, refused.error?.code], [404, "unknown-lea"]);

deepEqual(page.determination.label, "Differentiated Assistance, Year 1");
deepEqual(answers.getSummary.labels["district"], { "Differentiated Assistance, Year 1": 2 });
writeFileSync(answersFile, JSON.stringify(answers));
console.log(`TypeScript, openapi-fetch: ${Object.keys(answers).length} operations were called`);
