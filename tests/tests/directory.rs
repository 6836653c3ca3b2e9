//! The directory, charter lists and the operator's dated tables, as their users meet them:
//! what they change in the answers, and that nothing about people is ever in the database.
//! But for the state's real files, every LEA and number here is made up.

#![expect(clippy::unwrap_used, reason = "what a helper of a test unwraps is part of the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::year::Day;
use calsos_ingest::TEMPLATES;
use calsos_persistence::{LeaRecord, Store};
use calsos_tests::case::year;
use calsos_tests::program::{Program, indicator_text, list_text, table};
use calsos_tests::shared::{files, real_data};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

fn store(program: &Program) -> Store {
    Store::open(&format!("sqlite:{}", program.database().display())).unwrap()
}

const HEADER: &str = "CDSCode\tStatusType\tCounty\tDistrict\tSchool\tCity\tCharter\tCharterNum\t\
                      DOC\tDOCType\tNCESDist\tAdmFName1\tAdmLName1\tAdmEmail1\tLastUpDate\n";

/// A record of a directory; the name of the person in it is the same in all.
fn record(cds: &str, name: &str, charter: &str, doc: &str, date: &str) -> String {
    let (district, school) =
        if charter == "Y" { ("Some Unified", name) } else { (name, "No Data") };
    format!(
        "{cds}\tActive\tSome County\t{district}\t{school}\tSome City\t{charter}\t\t{doc}\tKind {doc}\t\
         0699999\tWilhelmina\tQuartermaine\twq@example.org\t{date}\n"
    )
}

const DISTRICT: &str = "05999990000000";
/// A record of the State Board's, which is no district.
const PSEUDO: &str = "05888880000000";
const CHARTER: &str = "05999999999999";

fn directory() -> String {
    [
        HEADER.to_owned(),
        record(DISTRICT, "Named by the Directory", "No Data", "54", "06/26/2023"),
        record(PSEUDO, "SBE - Some Charter", "No Data", "02", "06/26/2023"),
        record(CHARTER, "Charter of the Directory", "Y", "54", "06/26/2023"),
    ]
    .concat()
}

/// Files of 2023 in which a group of each LEA is red in two priorities.
fn red_year(program: &Program, leas: &[&str]) {
    let rated: Vec<(&str, (&str, &str, u8))> = leas
        .iter()
        .flat_map(|cds| ["ELA", "MATH", "SUSP"].map(|i| (i, (*cds, "SWD", 1))))
        .collect();
    program.import(program.write_year(2023, leas, &rated, &[]));
}

#[test]
fn what_the_directory_calls_no_lea_is_not_judged_and_the_others_take_its_names() {
    let program = program();
    red_year(&program, &[DISTRICT, PSEUDO, CHARTER]);
    program.succeed(["determine"]);
    let judged = |program: &Program| -> BTreeMap<String, String> {
        let rows = table(&program.succeed(["list", "--year", "2023", "--format", "csv"]));
        rows.into_iter().map(|row| (row["CDS"].clone(), row["name"].clone())).collect()
    };
    assert!(judged(&program).contains_key(PSEUDO), "by its digits it is a district");

    let path = program.write("pubschls.txt", directory());
    let shown = program.import([&path]);
    assert!(shown.contains("DIRECTORY 2023, dated 2023-06-26"), "{shown}");
    assert!(shown.contains("understood: 1 record of no LEA: 1 active"), "{shown}");
    assert!(shown.contains("9 cells of the columns AdmFName1, AdmLName1, AdmEmail1"), "{shown}");
    program.succeed(["determine"]);
    let after = judged(&program);
    assert_eq!(after.keys().collect::<Vec<_>>(), [DISTRICT, CHARTER]);
    assert_eq!(after[DISTRICT], "Named by the Directory", "before an indicator file's name");
    assert_eq!(after[CHARTER], "Charter of the Directory");

    let ran = program.run(["explain", PSEUDO, "--year", "2023"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("the directory of 2023 has it as Kind 02 (DOC 02"), "{}", ran.err);
    let explained = program.succeed(["explain", DISTRICT, "--year", "2023", "--rows"]);
    assert!(explained.contains("Directory of 2023: Active, Kind 54, Some City"), "{explained}");
    assert!(explained.contains("NCES ids: district 0699999"), "{explained}");
    // The directory loaded names nobody in its year by itself.
    let only = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    only.import([only.write("pubschls.txt", directory())]);
    only.succeed(["determine"]);
    assert!(judged(&only).is_empty());
}

#[test]
fn no_byte_of_the_database_holds_a_person_and_the_same_file_again_changes_nothing() {
    let program = program();
    let path = program.write("pubschls.txt", directory());
    // A reader beside keeps the write-ahead log from being folded into the database.
    let reader = store(&program);
    reader.releases().unwrap();
    let view = program.json(["import", path.to_str().unwrap()]);
    assert_eq!(view[0]["outcome"], "added");
    assert_eq!(view[0]["report"]["leftOut"]["cells"], 9);
    let names: Vec<String> = fs::read_dir(program.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("calsos.sqlite"))
        .collect();
    assert!(names.iter().any(|name| name.ends_with("-wal")), "{names:?}");
    let mut searched = 0;
    for name in &names {
        let bytes = fs::read(program.folder().join(name)).unwrap();
        searched += bytes.len();
        for person in ["Wilhelmina", "Quartermaine", "wq@example.org"] {
            let found = bytes.windows(person.len()).any(|window| window == person.as_bytes());
            assert!(!found, "{person} is in {name}");
        }
    }
    assert!(searched > 10_000, "{searched} bytes");
    // The stored file is compressed: it is looked into as well.
    let record = reader.releases().unwrap().remove(0);
    let kept = String::from_utf8(reader.release_bytes(record.number).unwrap()).unwrap();
    assert!(kept.contains("Named by the Directory") && !kept.contains("Wilhelmina"), "{kept}");
    assert_eq!(record.byte_length, fs::metadata(&path).unwrap().len());

    let again = program.json(["import", path.to_str().unwrap()]);
    assert_eq!(again[0]["outcome"], "alreadyStored");
    assert_eq!(again[0]["sha256"], view[0]["sha256"]);
    assert_eq!(reader.releases().unwrap().len(), 1);
}

#[test]
fn a_list_names_an_lea_before_the_directory_and_the_directory_tells_its_type() {
    let program = program();
    // By its digits the code is a county office's; the directory has a district of it.
    let code = "05199980000000";
    let list = list_text("List", 2023, &[(code, "General Assistance", &[])]);
    program.import([program.write("assistancestatus23.csv", list)]);
    let text = HEADER.to_owned() + &record(code, "By the Directory", "No Data", "52", "06/26/2023");
    program.import([program.write("pubschls.txt", text)]);
    let store = store(&program);
    let leas = store.leas().unwrap();
    let [lea] = leas.as_slice() else { panic!("{leas:?}") };
    assert_eq!(lea.name_in(year(2023)), "County Office 0519998", "the list's own words");
    assert_eq!(lea.name_in(year(2020)), "County Office 0519998");
    assert_eq!(lea.lea_type_in(year(2023)), Some(LeaType::District));
    assert_eq!(lea.city_in(year(2023)), Some("Some City"), "the list has none");
}

#[test]
fn every_template_filled_in_is_taken_and_as_it_comes_is_refused() {
    let listed = program().succeed(["template"]);
    for template in TEMPLATES {
        let program = program();
        assert!(listed.contains(template.name), "{listed}");
        let text = program.succeed(["template", template.name]);
        assert_eq!(text, template.text);
        let path = program.write(&format!("{}.csv", template.name), &text);
        let ran = program.run(["import", path.to_str().unwrap()]);
        assert_eq!(ran.code, 3, "{}", ran.out);
        assert!(ran.out.contains("row 2: This is the example row of a template"), "{}", ran.out);
        assert!(store(&program).releases().unwrap().is_empty());
        program.import([program.write("filled.csv", text.replace("example: ", ""))]);
        let releases = store(&program).releases().unwrap();
        assert_eq!((releases.len(), releases[0].rows_kept), (1, 1), "{}", template.name);
        assert_eq!(releases[0].kind, template.kind);
    }
    let ran = program().run(["template", "nothing"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there are calpads, successions, geographic-leads"), "{}", ran.err);
}

#[test]
fn the_geographic_lead_of_the_day_is_named_and_without_the_table_all_is_as_before() {
    let program = program();
    red_year(&program, &[DISTRICT, CHARTER]);
    // The level is known only with the lists of the years that 2023 looks back on.
    for of in [2018, 2019, 2022] {
        let list = list_text("LCFF Eligibility File", of, &[(DISTRICT, "General Assistance", &[])]);
        program.import([program.write(&format!("assistancestatus{}.csv", of % 100), list)]);
    }
    program.succeed(["determine"]);
    let provider = |program: &Program, cds: &str| {
        let view = program.json(["explain", cds, "--year", "2023"]);
        view["determination"]["provider"].clone()
    };
    let before = provider(&program, DISTRICT);
    assert_eq!(before["name"], "County superintendent of schools");
    assert!(before.get("beside").is_none(), "{before}");
    // The results of 2023 were public in December of that year.
    let leads = "county,lead_agency,from,until,source\n\
                 5,Lead of the Past,,2023-06-30,letter\n\
                 05,Lead of the Day,2023-07-01,2024-06-30,letter\n\
                 05,Lead to Come,2024-07-01,,letter\n\
                 06,Lead of Another County,,,letter\n";
    program.import([program.write("leads.csv", leads)]);
    program.succeed(["determine"]);
    let beside = provider(&program, DISTRICT);
    assert_eq!(beside["beside"], "Geographic lead agency Lead of the Day");
    assert_eq!(beside["name"], before["name"]);
    let shown = program.succeed(["explain", DISTRICT, "--year", "2023"]);
    assert!(shown.contains("beside it the Geographic lead agency Lead of the Day"), "{shown}");
    assert!(shown.contains("Geographic lead agency: Lead of the Day (2023-07-01 to 2024-06-30;"));

    let ids = "cds,nces_district,nces_school\n05999999999999,0699998,54321\n";
    let places = "cds,located_in,from,until,source\n05999999999999,06,2023-07-01,,petition\n";
    program.import([program.write("ids.csv", ids), program.write("places.csv", places)]);
    program.succeed(["determine"]);
    let view = program.json(["explain", CHARTER, "--year", "2023"]);
    assert_eq!(view["register"]["nces"]["school"], "54321");
    assert_eq!(view["register"]["location"]["name"], "county 06");
    assert_eq!(view["register"]["geographicLead"]["name"], "Lead of Another County");
    let notes = view["determination"]["notes"].to_string();
    assert!(notes.contains("located in county 06 (from 2023-07-01; petition)"), "{notes}");
    let register = store(&program).lea_register(CdsCode::parse(CHARTER).unwrap()).unwrap();
    let cds = CdsCode::parse(CHARTER).unwrap();
    let lead = |day: &str| {
        let lead = register.geographic_lead_on(cds, Day::parse(day).unwrap());
        lead.map(|cited| cited.value.agency.clone())
    };
    assert_eq!(lead("2023-06-30").as_deref(), Some("Lead of the Past"), "before it moved");
    assert_eq!(lead("2023-07-01").as_deref(), Some("Lead of Another County"));
    assert_eq!(register.nces_ids().unwrap().district, "0699998");
}

#[test]
fn a_renamed_column_is_told_against_the_file_before_taken_or_refused() {
    let program = program();
    program.import([program.write_indicator("SUSP", 2023, &[(DISTRICT, "ALL", 4)])]);
    let text = indicator_text("SUSP", 2024, &[(DISTRICT, "ALL", 4)]);
    let renamed = text.replace("accountabilitymet", "accountability_met_flag");
    let path = program.write("suspdownload2024.txt", renamed);
    let ran = program.run(["import", path.to_str().unwrap()]);
    assert_eq!(ran.code, 3);
    let told = "column 'accountabilitymet' of the file of 2023 (release 1) is gone; \
                'accountability_met_flag' is new: perhaps it was renamed";
    assert!(ran.out.contains(told), "{}", ran.out);
    // One that decides nothing is taken, and told alike.
    let renamed = text.replace("smalldenom", "small_group");
    let path = program.write("suspdownload2024.txt", renamed);
    let view = program.json(["import", path.to_str().unwrap()]);
    assert_eq!(view[0]["outcome"], "added");
    assert_eq!(view[0]["header"]["release"], 1);
    assert_eq!(view[0]["header"]["year"], 2023);
    assert_eq!(view[0]["header"]["perhapsRenamed"][0][1], "small_group");
    // An earlier year has neither colour nor prior values, as its layout says: that is no
    // surprise. That this made-up file lacks the certifyflag of its layout is one.
    let older = program.write_indicator("SUSP", 2022, &[(DISTRICT, "ALL", 4)]);
    let view = program.json(["import", older.to_str().unwrap()]);
    assert_eq!(view[0]["header"]["gone"], serde_json::json!(["certifyflag"]));
    assert_eq!(view[0]["header"]["new"], serde_json::json!([]));
}

#[test]
fn a_charter_list_is_history_for_the_years_after_it_and_compared_in_its_own() {
    let program = program();
    // Red in 2024, and by the files nothing of 2023; its list has a code of that year.
    let rated: Vec<(&str, (&str, &str, u8))> =
        ["ELA", "MATH", "SUSP"].into_iter().map(|i| (i, (CHARTER, "SWD", 1))).collect();
    program.import(program.write_year(2024, &[CHARTER], &rated, &[]));
    program.succeed(["determine"]);
    let charter = |program: &Program, of: u16| {
        let view = program.json(["explain", CHARTER, "--year", &of.to_string()]);
        (view["determination"]["charter"]["outcome"].clone(), view)
    };
    assert_eq!(charter(&program, 2024).0, "notKnown");
    let list = format!(
        "CDS,Schoolname,ReportYear,ELcurrent,SWDcurrent,HOMcurrent,SWDprior,EC47607_2023\n\
         {CHARTER},Charter of the List,2023,*,D,*,D,Y\n"
    );
    program.import([program.write("charterassistance23.csv", list)]);
    program.succeed(["determine"]);
    let (outcome, view) = charter(&program, 2024);
    assert_eq!(outcome, "met", "both years have a group in two priorities");
    let history = view["determination"]["history"].as_array().unwrap();
    let of_2023 = history.iter().find(|h| h["dashboardYear"] == 2023).unwrap();
    assert_eq!((&of_2023["origin"], &of_2023["groups"][0]), (&"published".into(), &"SWD".into()));

    // The year of the list itself is computed as if the list did not exist.
    let (outcome, view) = charter(&program, 2023);
    assert_eq!(outcome, "notKnown");
    assert_eq!(view["published"]["codes"]["SWD"], "D", "it stands beside the answer");
    let view = program.json(["reconcile", "--year", "2023"]);
    let charters = &view["charters"];
    assert_eq!((&charters["leas"], &charters["differing"]), (&1.into(), &0.into()), "{charters}");
    assert_eq!(charters["notKnown"], 5, "{charters}");
    program.import(program.write_year(2023, &[CHARTER], &rated, &[]));
    for indicator in ["ELA", "MATH", "ELPI", "GRAD", "CHRO", "SUSP"] {
        let group = if indicator == "ELPI" { "EL" } else { "ALL" };
        program.import([program.write_indicator(indicator, 2022, &[(CHARTER, group, 4)])]);
    }
    program.succeed(["determine"]);
    let view = program.json(["reconcile", "--year", "2023"]);
    let charters = &view["charters"];
    let differing: Vec<&str> = charters["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["column"].as_str().unwrap())
        .collect();
    assert_eq!(differing, ["SWDpriorities prior", "EC47607.3"], "{charters}");
    let ran = program.run(["reconcile", "--year", "2023", "--fail-on-difference"]);
    assert_eq!(ran.code, 5);
    assert!(ran.out.contains("Charter schools: 1 on the charter list"), "{}", ran.out);
}

// ---- The state's real directory beside its lists ----

/// The columns of the real directory that say what an LEA is, read apart from the program.
fn real_records(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let cells = |line: &str| -> BTreeMap<String, String> {
        header.iter().map(|h| (*h).to_owned()).zip(line.split('\t').map(str::to_owned)).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn the_directory_of_2018_and_every_published_list_together() {
    let Some(data) = real_data("the directory beside the lists") else { return };
    let program = program();
    let path = data.join("directory/pubschls2018.txt");
    let lists = files(&data.join("published"), &[".xls", ".xlsx"]);
    let first_issue = lists.iter().find(|p| p.ends_with("assistancestatus19.xlsx")).unwrap();
    let shown = program.import([first_issue]);
    assert!(
        shown.contains(
            "5 rows whose Cdcode is not that of their CDS code, which was used: rows 489, 491, \
             839, 844, 845"
        ),
        "{shown}"
    );
    program.import(&lists);
    let view = program.json(["import", path.to_str().unwrap()]);
    let report = &view[0]["report"];
    assert_eq!((&report["year"], &report["fileDate"]), (&2018.into(), &"2018-06-26".into()));
    assert_eq!(report["rowsRead"], 17_892);
    assert_eq!(report["layoutVerified"], true);
    let none: [String; 0] = [];
    assert_eq!(report["unknownColumns"], serde_json::json!(none));
    let warnings = report["warnings"].as_array().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with("3 rows whose charter")
    );

    // Kinds by the charter flag and the DOC code, counted in the file itself.
    let records = real_records(&path);
    let store = store(&program);
    let leas: Vec<LeaRecord> = store.leas().unwrap();
    let by_code: BTreeMap<String, &LeaRecord> =
        leas.iter().map(|lea| (lea.cds().to_string(), lea)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let benefit = |record: &&BTreeMap<String, String>| {
        record["DOC"] == "03" && record["CDSCode"].ends_with("0000000")
    };
    for record in records.iter().filter(|record| !benefit(record)) {
        let (cds, zero) = (&record["CDSCode"], record["CDSCode"].ends_with("0000000"));
        let expected = match (zero, record["Charter"].as_str(), record["DOC"].as_str()) {
            (false, "Y", _) => Some(LeaType::Charter),
            (true, _, "00") => Some(LeaType::CountyOffice),
            (true, _, "52" | "54" | "56") => Some(LeaType::District),
            _ => None,
        };
        let found = by_code.get(cds).and_then(|lea| lea.lea_type_in(year(2018)));
        assert_eq!(found, expected, "{cds} {}", record["District"]);
        if let Some(lea_type) = expected {
            *counts.entry(lea_type.code()).or_default() += 1;
        }
    }
    assert_eq!(
        counts,
        BTreeMap::from([("charter", 1855), ("countyOffice", 60), ("district", 1185)])
    );

    // The lists have the record of a statewide benefit charter among the districts.
    let of_benefit = records.iter().filter(benefit);
    let types: Vec<LeaType> =
        of_benefit.filter_map(|r| by_code.get(&r["CDSCode"])?.lea_type_in(year(2018))).collect();
    assert_eq!(types, [LeaType::District], "one of three is on a list");
    // Names by year: the list's where the year has one, else the directory's of 2018, which
    // is the nearest.
    let mut renamed = BTreeSet::new();
    let mut by_directory = 0;
    for record in records.iter().filter(|r| r["CDSCode"].ends_with("0000000")) {
        let Some(lea) = by_code.get(&record["CDSCode"]) else { continue };
        if lea.lea_type_in(year(2018)).is_none() {
            continue;
        }
        if lea.namings().iter().any(|said| said.kind.code() == "LIST") {
            if lea.name_in(year(2018)) != lea.name_in(year(2024)) {
                renamed.insert(lea.cds());
            }
        } else {
            assert_eq!(lea.name_in(year(2018)), record["District"].trim());
            assert_eq!(lea.county_name_in(year(2018)), record["County"].trim());
            by_directory += 1;
        }
    }
    assert_eq!(renamed.len(), 8, "{renamed:?}");
    assert!(by_directory > 100, "{by_directory} LEAs are on no list");

    // Lowell Joint was renumbered when it changed its county.
    let of_name = |lea: &&LeaRecord| lea.name_in(year(2024)).contains("Lowell Joint");
    let two: Vec<String> = leas.iter().filter(of_name).map(|lea| lea.cds().to_string()).collect();
    let [old, new] = two.as_slice() else { panic!("two codes of two LEAs: {two:?}") };
    assert_eq!((&old[..2], &new[..2], &old[2..]), ("19", "30", &new[2..]));
    let succession = format!(
        "predecessor_cds,successor_cds,kind,effective_date,source\n\
         {old},{new},renumbered,2020-07-01,state directory\n"
    );
    program.import([program.write("successions.csv", succession)]);
    program.succeed(["determine"]);
    let leas = store.leas().unwrap();
    let lowell = leas.iter().find(|lea| lea.cds().to_string() == *new).unwrap();
    let codes: Vec<String> = lowell.codes().iter().map(|code| code.cds.to_string()).collect();
    assert_eq!(codes, two);
    let view = program.json(["explain", new, "--year", "2024"]);
    assert!(view["name"].as_str().unwrap().contains("Lowell Joint"), "{}", view["name"]);
    let notes = view["determination"]["notes"].to_string();
    assert!(notes.contains(&format!("follows {old} (renumbered, 2020-07-01")), "{notes}");
    assert!(notes.contains("The history here follows the code"), "{notes}");

    // No pseudo-district of the State Board has an answer.
    let answered = table(&program.succeed(["list", "--format", "csv"]));
    let of_doc = |doc: &str| -> BTreeSet<&String> {
        let own = records.iter().filter(|r| r["DOC"] == doc && r["CDSCode"].ends_with("0000000"));
        own.map(|record| &record["CDSCode"]).collect()
    };
    let (pseudo, programs) = (of_doc("02"), of_doc("98"));
    assert_eq!((pseudo.len(), programs.len()), (51, 77));
    for row in &answered {
        assert!(!pseudo.contains(&row["CDS"]) && !programs.contains(&row["CDS"]), "{row:?}");
    }
    assert!(answered.len() > 5_000, "{}", answered.len());
}
