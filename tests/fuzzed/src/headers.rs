//! Headers that files of each kind have, so that what is fuzzed are their rows. They are those
//! of the sample, which are written without the reader's knowledge.

use std::sync::LazyLock;

use calsos_domain::indicator::Indicator;
use calsos_domain::rulebook::Rulebooks;
use calsos_ingest::TEMPLATES;
use calsos_sample::Layouts;

/// What stands above the rows of a file, and the name that the file has.
pub(crate) struct Headed {
    pub(crate) name: String,
    pub(crate) header: String,
}

impl Headed {
    fn new(name: impl Into<String>, columns: &[String], delimiter: &str) -> Headed {
        Headed { name: name.into(), header: format!("{}\n", columns.join(delimiter)) }
    }
}

static LAYOUTS: LazyLock<Option<Layouts>> = LazyLock::new(|| Layouts::built_in().ok());

fn layouts() -> impl Iterator<Item = &'static Layouts> {
    LAYOUTS.iter()
}

/// Of indicator files of every year that is described.
pub(crate) static INDICATORS: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let of = |layouts: &'static Layouts| {
        let each = Indicator::ALL.into_iter().flat_map(|indicator| {
            layouts.described_years(indicator).map(move |year| (indicator, year))
        });
        each.filter_map(|(indicator, year)| {
            let name = format!("{}.txt", layouts.indicator_file(indicator, year));
            Some(Headed::new(name, &layouts.indicator(indicator, year)?.columns, "\t"))
        })
    };
    layouts().flat_map(of).collect()
});

/// Of local indicator files.
pub(crate) static LOCALS: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).ok();
    let years: Vec<_> = books.iter().flat_map(|b| b.years().map(|(year, _)| year)).collect();
    let of = |layouts: &'static Layouts| {
        let years = &years;
        let each = layouts
            .local_priorities()
            .flat_map(move |priority| years.iter().map(move |year| (priority, *year)));
        each.filter_map(|(priority, year)| {
            let layout = layouts.local(priority, year)?;
            let delimiter = layout.delimiter.to_string();
            Some(Headed::new(format!("Pr{priority}_{year}.txt"), &layout.columns, &delimiter))
        })
    };
    layouts().flat_map(of).collect()
});

/// Of every issue of the published lists, with the titles above.
pub(crate) static LISTS: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).ok();
    let editions = books.iter().flat_map(Rulebooks::editions);
    let issues = editions.flat_map(|edition| {
        layouts().flat_map(|layouts| layouts.lists(edition.year)).map(|issue| {
            let columns = issue.columns(&edition.published_columns.columns);
            let mut headed = Headed::new(format!("{}.csv", issue.name), &columns, ",");
            headed.header = format!("{}\n{}", issue.titles.join("\n"), headed.header);
            headed
        })
    });
    issues.collect()
});

/// Of charter lists, in spellings that are understood.
pub(crate) static CHARTER_LISTS: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let headers = [
        "CDS,Schoolname,ReportYear,AAcurrent,ELcurrent,SWDcurrent,AAprior,ELprior,SWDprior,EC47607_2023",
        "cdscode,CharterName,reportyear,AA_priorities_current,EL_priorities_current,AA_priorities_prior,EC47607",
        "CDS,LEAname,AApriorities2023,ELpriorities2023,AApriorities2022,ELpriorities2022,EC47607.3_2023",
        "CDS,Schoolname,SWDcurrent,HOMcurrent,TOMcurrent,AssistanceStatus,Note",
    ];
    let headed = |header: &str| Headed {
        name: "charterassistance23.csv".to_owned(),
        header: format!("{header}\n"),
    };
    headers.into_iter().map(headed).collect()
});

/// Of the directory, tab-delimited as it is published and as people save it again.
pub(crate) static DIRECTORIES: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let of = |layouts: &'static Layouts| {
        let (name, columns) = layouts.directory();
        [("txt", "\t"), ("csv", ",")]
            .map(|(ending, delimiter)| Headed::new(format!("{name}.{ending}"), &columns, delimiter))
    };
    layouts().flat_map(of).collect()
});

/// Of the operator's tables.
pub(crate) static TABLES: LazyLock<Vec<Headed>> = LazyLock::new(|| {
    let headed = |template: &calsos_ingest::Template| Headed {
        name: format!("{}.csv", template.name),
        header: template.text.lines().take(1).flat_map(|line| [line, "\n"]).collect(),
    };
    TEMPLATES.iter().map(headed).collect()
});
