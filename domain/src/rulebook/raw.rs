//! The shapes of the edition files, before any meaning is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

type Text = Spanned<String>;
type Texts = Vec<Spanned<String>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sources {
    pub(super) source: Vec<Source>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Source {
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) r#where: Text,
}

/// The one key by which the two kinds of year file are told apart.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Peek {
    pub(super) no_determinations: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NoDeterminations {
    pub(super) year: Spanned<u16>,
    pub(super) no_determinations: Text,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Edition {
    pub(super) year: Spanned<u16>,
    pub(super) public_date: Option<Text>,
    pub(super) groups: Spanned<Texts>,
    pub(super) groups_source: Text,
    pub(super) judged: Vec<Judged>,
    pub(super) size: Size,
    pub(super) indicator: Vec<Indicator>,
    pub(super) criterion: Vec<Criterion>,
    #[serde(default)]
    pub(super) local: Vec<Local>,
    pub(super) method: Vec<Method>,
    pub(super) codes: Codes,
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) sustained: Vec<Sustained>,
    #[serde(default)]
    pub(super) not_applied: Vec<NotApplied>,
    pub(super) charter: Option<Charter>,
    pub(super) provider: Vec<Provider>,
    pub(super) one_district_county: Option<OneDistrictCounty>,
    pub(super) published_list: PublishedList,
    #[serde(default)]
    pub(super) open: Vec<Open>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Judged {
    pub(super) lea: Text,
    #[serde(default = "yes")]
    pub(super) decided: bool,
    #[serde(default = "yes")]
    pub(super) evaluated: bool,
    pub(super) reason: Option<Text>,
    pub(super) source: Text,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Size {
    pub(super) minimum: u32,
    #[serde(default)]
    pub(super) smaller: Vec<Smaller>,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Smaller {
    pub(super) lea: Texts,
    pub(super) groups: Texts,
    pub(super) minimum: Spanned<u32>,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Indicator {
    pub(super) id: Text,
    pub(super) rating: Text,
    pub(super) counts_when: Option<Text>,
    pub(super) groups: Option<Texts>,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GroupChoice {
    pub(super) only: Option<Texts>,
    pub(super) except: Option<Texts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Criterion {
    pub(super) id: Text,
    pub(super) priority: Spanned<u8>,
    pub(super) groups: Option<Spanned<GroupChoice>>,
    pub(super) any: Spanned<Vec<Spanned<Alternative>>>,
    #[serde(default)]
    pub(super) open: Texts,
    pub(super) source: Text,
}

/// Either one condition, or `all` of several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Alternative {
    pub(super) all: Option<Vec<Spanned<Condition>>>,
    pub(super) indicator: Option<Text>,
    pub(super) color: Option<Text>,
    pub(super) status: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Condition {
    pub(super) indicator: Text,
    pub(super) color: Option<Text>,
    pub(super) status: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Local {
    pub(super) id: Text,
    pub(super) priority: Spanned<u8>,
    pub(super) lea: Option<Texts>,
    pub(super) rating: Text,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Method {
    pub(super) id: Text,
    pub(super) rule: Text,
    pub(super) count: Option<Spanned<usize>>,
    pub(super) lea: Option<Texts>,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Codes {
    pub(super) source: Text,
    pub(super) letters: Spanned<BTreeMap<String, Vec<u8>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Labels {
    pub(super) general: Text,
    pub(super) first_year: Text,
    pub(super) second_year: Option<Text>,
    pub(super) charter: Option<Text>,
    pub(super) general_in_later_lists: Option<Text>,
    pub(super) first_year_in_later_lists: Option<Text>,
    pub(super) second_year_after: Option<Spanned<u16>>,
    #[serde(default)]
    pub(super) open: Texts,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sustained {
    pub(super) id: Text,
    pub(super) lea: Texts,
    pub(super) window: Spanned<Vec<Spanned<u16>>>,
    pub(super) years: Spanned<usize>,
    pub(super) groups: Spanned<usize>,
    pub(super) priorities: Spanned<usize>,
    #[serde(default)]
    pub(super) all_if_fewer_groups: bool,
    pub(super) effect: Text,
    #[serde(default)]
    pub(super) open: Texts,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NotApplied {
    pub(super) id: Text,
    pub(super) reason: Text,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Charter {
    pub(super) id: Text,
    pub(super) rule: Text,
    pub(super) window: Spanned<Vec<Spanned<u16>>>,
    pub(super) years: Option<Spanned<usize>>,
    pub(super) groups: Option<Spanned<usize>>,
    pub(super) priorities: Option<Spanned<usize>>,
    pub(super) all_if_fewer_groups: Option<bool>,
    #[serde(default)]
    pub(super) open: Texts,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Provider {
    pub(super) lea: Text,
    pub(super) level: Spanned<u8>,
    pub(super) provider: Text,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OneDistrictCounty {
    pub(super) counties: Texts,
    pub(super) level: Spanned<u8>,
    #[serde(default)]
    pub(super) open: Texts,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PublishedList {
    pub(super) verified: bool,
    pub(super) columns: Spanned<Texts>,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Open {
    pub(super) id: Text,
    pub(super) question: Text,
    pub(super) default: Text,
    pub(super) other: Text,
    pub(super) source: Text,
}
