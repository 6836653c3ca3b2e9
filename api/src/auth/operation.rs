//! What each operation needs: the one table of it.
//!
//! A handler names its operation in its signature, as `May<GetDetermination>`, and reaches
//! data only through that. An operation that is not in the table has no name to be asked by,
//! and one that the OpenAPI document has and the table has not ends the program.

use super::scope::Scope;

/// What a caller needs to be allowed an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing, ever. `openapi/tokenless.md` says why of each.
    Nothing,
    /// Nothing where public reads are open, else the scope `read`.
    Reading,
    /// A token with this scope.
    Scope(Scope),
    /// A token with the scope `read` or the scope `support`.
    ReadingSupport,
}

/// An operation of the service.
pub(crate) trait Operation {
    /// Its `operationId` in the OpenAPI document.
    const ID: &'static str;
    const NEEDS: Needs;
}

macro_rules! operations {
    ($($name:ident $id:literal $needs:expr;)+) => {
        $(
            #[derive(Debug)]
            pub(crate) struct $name;

            impl Operation for $name {
                const ID: &'static str = $id;
                const NEEDS: Needs = $needs;
            }
        )+

        /// Every operation, with what it needs.
        pub(crate) const OPERATIONS: &[(&str, Needs)] = &[$(($id, $needs)),+];
    };
}

operations! {
    GetDiscovery "getDiscovery" Needs::Nothing;
    GetHealth "getHealth" Needs::Nothing;
    GetReadiness "getReadiness" Needs::Nothing;
    CreateToken "createToken" Needs::Nothing;
    GetKeys "getKeys" Needs::Nothing;
    GetAuthorizationServer "getAuthorizationServer" Needs::Nothing;

    ListYears "listYears" Needs::Reading;
    GetYear "getYear" Needs::Reading;
    ListLeas "listLeas" Needs::Reading;
    GetLea "getLea" Needs::Reading;
    ListPerformances "listPerformances" Needs::Reading;
    ListDeterminations "listDeterminations" Needs::Reading;
    ListChanges "listChanges" Needs::Reading;
    ListDeterminationsOfLea "listDeterminationsOfLea" Needs::Reading;
    GetDetermination "getDetermination" Needs::Reading;
    GetTrace "getTrace" Needs::Reading;
    GetSummary "getSummary" Needs::Reading;
    GetReconciliation "getReconciliation" Needs::Reading;
    ListRulebooks "listRulebooks" Needs::Reading;
    GetRulebook "getRulebook" Needs::Reading;
    CompareRulebooks "compareRulebooks" Needs::Reading;
    ListCitations "listCitations" Needs::Reading;
    GetCitation "getCitation" Needs::Reading;
    ListProviders "listProviders" Needs::Reading;
    ListAssignments "listAssignments" Needs::Reading;
    ListSupportOfLea "listSupportOfLea" Needs::Reading;
    ListReleases "listReleases" Needs::Reading;
    GetRelease "getRelease" Needs::Reading;
    ListRuns "listRuns" Needs::Reading;
    GetRun "getRun" Needs::Reading;
    ListRunChanges "listRunChanges" Needs::Reading;
    ExportDeterminations "exportDeterminations" Needs::Reading;
    ListServices "listServices" Needs::Reading;
    GetService "getService" Needs::Reading;
    GetServiceCatalogue "getServiceCatalogue" Needs::Reading;
    ExportServiceCatalogue "exportServiceCatalogue" Needs::Reading;
    ListRecommendedServices "listRecommendedServices" Needs::Reading;

    GetCommunication "getCommunication" Needs::Reading;
    ListCommunications "listCommunications" Needs::Reading;
    GetCommunicationTemplate "getCommunicationTemplate" Needs::Reading;

    CreateImport "createImport" Needs::Scope(Scope::Import);
    ListImports "listImports" Needs::Scope(Scope::Import);
    GetImport "getImport" Needs::Scope(Scope::Import);
    ListImportIssues "listImportIssues" Needs::Scope(Scope::Import);
    CreateRun "createRun" Needs::Scope(Scope::Import);
    GetJob "getJob" Needs::Scope(Scope::Import);
    CancelJob "cancelJob" Needs::Scope(Scope::Import);
    UpdateRelease "updateRelease" Needs::Scope(Scope::Publish);

    CreateReferral "createReferral" Needs::Scope(Scope::Support);
    ListReferrals "listReferrals" Needs::ReadingSupport;
    GetReferral "getReferral" Needs::ReadingSupport;
    TakeReferralStep "takeReferralStep" Needs::Scope(Scope::Support);
    DeleteReferral "deleteReferral" Needs::Scope(Scope::Support);
    CreateIntervention "createIntervention" Needs::Scope(Scope::Support);
    ListInterventions "listInterventions" Needs::ReadingSupport;
    GetIntervention "getIntervention" Needs::ReadingSupport;
    TakeInterventionStep "takeInterventionStep" Needs::Scope(Scope::Support);
    DeleteIntervention "deleteIntervention" Needs::Scope(Scope::Support);
    CreateEngagement "createEngagement" Needs::Scope(Scope::Support);
    ListEngagements "listEngagements" Needs::ReadingSupport;
    GetEngagement "getEngagement" Needs::ReadingSupport;
    GetEngagementChecklist "getEngagementChecklist" Needs::ReadingSupport;
    UpdateEngagement "updateEngagement" Needs::Scope(Scope::Support);
    DeleteEngagement "deleteEngagement" Needs::Scope(Scope::Support);
    GetEngagementTemplate "getEngagementTemplate" Needs::ReadingSupport;
    ReplaceEngagementTemplate "replaceEngagementTemplate" Needs::Scope(Scope::Support);
    CreateRequest "createRequest" Needs::Scope(Scope::Support);
    ListRequests "listRequests" Needs::ReadingSupport;
    GetRequest "getRequest" Needs::ReadingSupport;
    TakeRequestStep "takeRequestStep" Needs::Scope(Scope::Support);
    DeleteRequest "deleteRequest" Needs::Scope(Scope::Support);

    CreateService "createService" Needs::Scope(Scope::Support);
    UpdateService "updateService" Needs::Scope(Scope::Support);
    DeleteService "deleteService" Needs::Scope(Scope::Support);
    ReplaceServiceCatalogue "replaceServiceCatalogue" Needs::Scope(Scope::Support);
    ReplaceCommunicationTemplate "replaceCommunicationTemplate" Needs::Scope(Scope::Support);
    DeleteCommunicationTemplate "deleteCommunicationTemplate" Needs::Scope(Scope::Support);
    ListAudit "listAudit" Needs::Scope(Scope::Admin);
}

/// What an operation of the OpenAPI document needs.
pub(crate) fn needs_of(id: &str) -> Option<Needs> {
    OPERATIONS.iter().find(|(known, _)| *known == id).map(|(_, needs)| *needs)
}
