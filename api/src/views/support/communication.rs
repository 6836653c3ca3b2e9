//! What a communication says: the facts that a template is given, and that are answered as JSON.

use serde::Serialize;
use utoipa::ToSchema;

/// The facts of a communication. Templates are given them by the same names.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationFacts)]
pub(crate) struct CommunicationFacts {
    /// `noticeOfIdentification`, `onePageSummary`, `strengthsAndWeaknesses` or `springSummary`.
    #[schema(example = "onePageSummary")]
    pub(crate) kind: &'static str,
    pub(crate) cds: String,
    /// What the LEA is called in the year.
    pub(crate) name: String,
    /// `district`, `countyOffice` or `charter`.
    #[schema(example = "district")]
    pub(crate) lea_type: &'static str,
    /// The same in words.
    #[schema(example = "school district")]
    pub(crate) lea_type_name: &'static str,
    /// The county whose office the communication is of: that in which the LEA is.
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    pub(crate) county: String,
    /// What the county of the LEA's code is called.
    pub(crate) county_name: String,
    pub(crate) dashboard_year: u16,
    #[schema(example = "2098-99")]
    pub(crate) data_school_year: String,
    #[schema(example = "2099-00")]
    pub(crate) support_school_year: String,
    /// The day or month on which the year's results became public, where the rules name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2099-12-15")]
    pub(crate) public_on: Option<String>,
    /// Whether all that it rests on is public. What is not is for who may preview it.
    pub(crate) is_public: bool,
    /// Whether a file that is not loaded could change the label, the level, a group's letter or a
    /// test over several years.
    pub(crate) provisional: bool,
    /// What is not loaded, in words.
    pub(crate) missing: Vec<String>,
    /// Whether the LEA has differentiated assistance, in whichever year of it.
    pub(crate) identified: bool,
    /// The state's words; absent where they are not known, or nothing was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Differentiated Assistance, Year 1")]
    pub(crate) label: Option<String>,
    /// The first or second year of support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1)]
    pub(crate) support_year: Option<u8>,
    /// The Dashboard year whose results opened the support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) opened_by: Option<u16>,
    /// The day up to which support lasts at least, where the law has two years of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2101-06-30")]
    pub(crate) at_least_until: Option<String>,
    /// Dashboard years by which the LEA was identified, this one and those before that are known.
    pub(crate) identified_years: Vec<u16>,
    /// The level of support that the rules give, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 2)]
    pub(crate) eligible_level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) provider: Option<HelperFacts>,
    /// By which methods the LEA was identified in the year.
    pub(crate) methods: Vec<MethodFacts>,
    /// Tests over several years that are met.
    pub(crate) sustained_need: Vec<SustainedFacts>,
    /// The results that made the LEA eligible, a part for each Dashboard year that has some.
    pub(crate) reasons: Vec<ReasonFacts>,
    /// What is strong and what is weak, by state priority; of a draft of strengths and
    /// weaknesses alone.
    pub(crate) findings: Vec<PriorityFindings>,
    /// The work of the year; of a spring summary alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) engagement: Option<EngagementFacts>,
    /// What no public text settles and the answer depends on.
    pub(crate) open_points: Vec<String>,
    /// Where the service explains the answer, down to the file and row of each cell; absent where
    /// there is no service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) explanation: Option<String>,
}

/// Who provides help, at level 2 also where the rules give level 3: the Collaborative helps from
/// when it takes the LEA on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationHelper)]
pub(crate) struct HelperFacts {
    pub(crate) name: String,
    /// Who joins it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) joined_by: Option<String>,
    /// Who provides help beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) beside: Option<String>,
    /// Whether the state or the geographic lead has to confirm it.
    pub(crate) to_be_confirmed: bool,
    pub(crate) source: SourceFacts,
}

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationSource)]
pub(crate) struct SourceFacts {
    /// As the rules cite it.
    #[schema(example = "ec-52071#b")]
    pub(crate) citation: String,
    #[schema(example = "Education Code section 52071, school districts")]
    pub(crate) title: String,
}

/// A way to become eligible that is met.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationMethod)]
pub(crate) struct MethodFacts {
    #[schema(example = "M1")]
    pub(crate) id: String,
    pub(crate) text: String,
}

/// A test over several years that is met.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationSustainedNeed)]
pub(crate) struct SustainedFacts {
    /// `level3` or `geographicLead`.
    #[schema(example = "level3")]
    pub(crate) effect: &'static str,
    pub(crate) years: Vec<u16>,
    /// The names of the groups.
    pub(crate) groups: Vec<String>,
    pub(crate) source: SourceFacts,
}

/// The results of a year that made an LEA eligible.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationReason)]
pub(crate) struct ReasonFacts {
    pub(crate) dashboard_year: u16,
    #[schema(example = "2098-99")]
    pub(crate) data_school_year: String,
    /// What the criteria ask for, of the state priorities that are met.
    pub(crate) criteria: Vec<CriterionFacts>,
    /// The indicators of the table.
    pub(crate) columns: Vec<ColumnFacts>,
    /// The rows of the table: student groups that meet the criteria.
    pub(crate) groups: Vec<GroupFacts>,
    /// Local indicators that count.
    pub(crate) local_indicators: Vec<LocalFacts>,
    /// Whether student data (CALPADS) were not certified on time.
    pub(crate) calpads_not_certified: bool,
}

/// A criterion, in its own words.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationCriterion)]
pub(crate) struct CriterionFacts {
    pub(crate) priority: u8,
    pub(crate) priority_name: &'static str,
    #[schema(example = "chronic absenteeism is Red")]
    pub(crate) text: String,
    pub(crate) source: SourceFacts,
}

/// An indicator that is a column.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationColumn)]
pub(crate) struct ColumnFacts {
    #[schema(example = "CHRO")]
    pub(crate) indicator: &'static str,
    #[schema(example = "chronic absenteeism")]
    pub(crate) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 5)]
    pub(crate) priority: Option<u8>,
    /// `percent`, or `points` of distance from standard.
    #[schema(example = "percent")]
    pub(crate) unit: &'static str,
}

/// A student group that is a row.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationGroup)]
pub(crate) struct GroupFacts {
    #[schema(example = "SWD")]
    pub(crate) group: &'static str,
    #[schema(example = "Students with Disabilities")]
    pub(crate) name: &'static str,
    /// The letter of the state's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "B")]
    pub(crate) code: Option<String>,
    /// The state priorities whose criteria it meets.
    pub(crate) priorities: Vec<u8>,
    /// One for each column.
    pub(crate) cells: Vec<ResultFacts>,
}

/// A result, as the state publishes it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationResult)]
pub(crate) struct ResultFacts {
    #[schema(example = "CHRO")]
    pub(crate) indicator: &'static str,
    /// Whether it is one of those that made the LEA eligible.
    pub(crate) made_eligible: bool,
    /// The colour, or the status level in a year without colours; absent where there is no
    /// result that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Red")]
    pub(crate) rating: Option<&'static str>,
    /// Rate in per cent or points from standard, with one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "24.5")]
    pub(crate) status: Option<String>,
    /// The difference to the year before, with its sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "+1.2")]
    pub(crate) change: Option<String>,
    /// How many students are in the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 120)]
    pub(crate) students: Option<u32>,
    /// In its place where there are so few that it is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 11)]
    pub(crate) students_fewer_than: Option<u32>,
}

/// A local indicator, as the LEA rated itself.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationLocalIndicator)]
pub(crate) struct LocalFacts {
    pub(crate) priority: u8,
    pub(crate) priority_name: &'static str,
    #[schema(example = "Not Met For Two or More Years")]
    pub(crate) rating: &'static str,
}

/// What is strong and what is weak of a state priority.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationFindings)]
pub(crate) struct PriorityFindings {
    pub(crate) priority: u8,
    pub(crate) priority_name: &'static str,
    /// Green and blue, or high; less is better of absence and suspension.
    pub(crate) strengths: Vec<StatementFacts>,
    /// Red and orange, or low.
    pub(crate) weaknesses: Vec<StatementFacts>,
    /// The LEA's rating of itself, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Met")]
    pub(crate) local_rating: Option<&'static str>,
}

/// A statement, with the cell that it is tied to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationStatement)]
pub(crate) struct StatementFacts {
    #[schema(example = "SWD")]
    pub(crate) group: &'static str,
    #[schema(example = "Students with Disabilities")]
    pub(crate) group_name: &'static str,
    #[schema(example = "chronic absenteeism")]
    pub(crate) indicator_name: &'static str,
    /// `percent`, or `points` of distance from standard.
    #[schema(example = "percent")]
    pub(crate) unit: &'static str,
    #[serde(flatten)]
    pub(crate) result: ResultFacts,
}

/// The work of a provider with an LEA, as its engagement has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationEngagement)]
pub(crate) struct EngagementFacts {
    /// `opened`, `underWay` or `closed`.
    #[schema(example = "underWay")]
    pub(crate) state: &'static str,
    #[schema(example = "2099-12-15")]
    pub(crate) opened_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2100-06-30")]
    pub(crate) closed_on: Option<String>,
    /// Who keeps it, in words.
    pub(crate) providers: Vec<String>,
    /// Who joins.
    pub(crate) participants: Vec<String>,
    /// The needs that are taken up.
    pub(crate) needs: Vec<NeedFacts>,
    /// The five activities that the law names.
    pub(crate) activities: Vec<ActivityFacts>,
    pub(crate) sessions: Vec<SessionFacts>,
    /// Changes of the Local Control and Accountability Plan.
    pub(crate) lcap_changes: Vec<LcapChangeFacts>,
    /// What was done, and what came of it.
    pub(crate) actions: Vec<ActionFacts>,
}

/// A need that is taken up.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationNeed)]
pub(crate) struct NeedFacts {
    pub(crate) text: String,
    /// Whether it is one of those that made the LEA eligible; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) made_eligible: Option<bool>,
}

/// An activity that the law names.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationActivity)]
pub(crate) struct ActivityFacts {
    pub(crate) name: &'static str,
    /// `open`, `notChosen`, `planned`, `underWay` or `done`.
    #[schema(example = "done")]
    pub(crate) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) until: Option<String>,
    pub(crate) who: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) text: Option<String>,
    /// Programs that apply to the LEA's goals, with the evidence that they are effective.
    pub(crate) programs: Vec<String>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationSession)]
pub(crate) struct SessionFacts {
    pub(crate) on: String,
    #[schema(example = "meeting")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) text: Option<String>,
}

/// A change of the Local Control and Accountability Plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationLcapChange)]
pub(crate) struct LcapChangeFacts {
    /// `goal`, `action` or `service`.
    #[schema(example = "goal")]
    pub(crate) part: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) which: Option<String>,
    pub(crate) text: String,
}

/// An action, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommunicationAction)]
pub(crate) struct ActionFacts {
    pub(crate) on: String,
    pub(crate) text: String,
    /// Absent while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) outcome: Option<String>,
}

/// The facts of a county's communications.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommunicationList {
    /// Of each LEA that is identified, by code.
    pub(crate) items: Vec<CommunicationFacts>,
}
