//! The feed of what has changed: who follows it has, after whatever happens, what the lists
//! show: the public, a county that sees more of its own, and the state.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use calsos_tests::service::{Answer, Service};
use calsos_tests::walk::{Caller, serve};
use serde_json::Value;

const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
const NEIGHBOUR: &str = "02999990000000";
/// A district that only some files name.
const NEW: &str = "01888880000000";

const ALL: [&str; 4] = [DISTRICT, OFFICE, CHARTER, NEIGHBOUR];

/// A moment that no test lives to see.
const FAR: &str = "2090-01-01";

/// How long what has changed may take to be told.
const SOON: Duration = Duration::from_secs(10);

/// How many files of the two years there are.
const FILES: u32 = 28;

/// Two years of four LEAs, all of it public, and decided.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    for year in [2023, 2024] {
        program.import(program.write_year(year, &ALL, &[], &[]));
    }
    program.succeed(["determine"]);
    program
}

type Key = (u64, String);

/// A determination in a list or in the feed.
fn key(item: &Value) -> Key {
    (item["dashboardYear"].as_u64().unwrap(), item["cds"].as_str().unwrap().to_owned())
}

/// What the lists show.
fn listed(caller: &Caller<'_>) -> BTreeMap<Key, Value> {
    let list = caller.get("/v1/determinations?limit=5000");
    assert_eq!(list.status, 200, "{}", String::from_utf8_lossy(&list.body));
    let items = list.json()["items"].as_array().unwrap().clone();
    items.into_iter().map(|item| (key(&item), item)).collect()
}

/// A copy that somebody keeps by the feed.
#[derive(Clone, Debug, Default)]
struct Copy {
    items: BTreeMap<Key, Value>,
    /// What there is by what was told: something is created that was not there, and changed or
    /// withdrawn that was.
    told: BTreeSet<Key>,
    sequence: u64,
    since: String,
}

impl Copy {
    /// Everything from the lists, and the place to go on from, had before.
    fn of_lists(caller: &Caller<'_>) -> Copy {
        let begin = caller.get("/v1/changes");
        assert_eq!(begin.status, 200, "{}", String::from_utf8_lossy(&begin.body));
        let begin = begin.json();
        assert_eq!(begin["items"], Value::Array(Vec::new()));
        let items = listed(caller);
        Copy {
            told: items.keys().cloned().collect(),
            items,
            sequence: begin["newest"].as_u64().unwrap(),
            since: begin["next"].as_str().unwrap().to_owned(),
        }
    }

    /// Everything that was ever told.
    fn from_the_beginning() -> Copy {
        Copy { since: "0".to_owned(), ..Copy::default() }
    }

    /// Goes on, page by page, until nothing more is told; `false` where the copy has to be
    /// made anew. How many items came is added to a count.
    fn follow(&mut self, caller: &Caller<'_>, limit: usize, count: &mut usize) -> bool {
        loop {
            let path = format!("/v1/changes?since={}&limit={limit}", self.since);
            let answer = caller.get(&path);
            if answer.status == 410 {
                assert_eq!(answer.json()["code"], "copy-anew");
                return false;
            }
            assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
            let page = answer.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit, "{path}");
            for item in items {
                self.take(item);
            }
            *count += items.len();
            self.since = page["next"].as_str().unwrap().to_owned();
            let more = answer.header("link");
            if more.is_empty() {
                return true;
            }
            assert_eq!(items.len(), limit, "{path}");
            assert!(more.contains(&format!("since={}>; rel=\"next\"", self.since)), "{more}");
        }
    }

    fn take(&mut self, item: &Value) {
        let sequence = item["sequence"].as_u64().unwrap();
        assert!(sequence > self.sequence, "{item} after {}", self.sequence);
        self.sequence = sequence;
        let key = key(item);
        let sound = match item["change"].as_str().unwrap() {
            "created" => self.told.insert(key.clone()),
            "changed" => self.told.contains(&key),
            "withdrawn" => self.told.remove(&key) && item.get("determination").is_none(),
            other => panic!("{other}"),
        };
        assert!(sound, "{item} of {:?}", self.told);
        match item.get("determination") {
            Some(determination) => {
                assert_eq!(self::key(determination), key);
                self.items.insert(key, determination.clone());
            }
            None => {
                self.items.remove(&key);
            }
        }
    }
}

/// Who keeps a copy, by which service.
struct Follower {
    service: usize,
    scopes: &'static str,
    agency: &'static str,
    copy: Copy,
    limit: usize,
    /// How many items it was told, and how often it had to begin anew.
    items: usize,
    anew: usize,
}

/// The second service asks everybody for a token.
const FOLLOWERS: [(usize, &str, &str, usize); 7] = [
    (0, "", "", 1),
    (0, "preview", "state", 3),
    (0, "preview", "county:01", 2),
    (0, "preview", "lea:01999990000000", 5000),
    (1, "read preview", "spi", 2),
    (1, "read preview", "county:01", 100),
    (1, "read", "county:02", 1),
];

impl Follower {
    fn caller<'s>(&self, services: &'s [Service; 2], issuer: &Issuer) -> Caller<'s> {
        let service = &services[self.service];
        match self.scopes {
            "" => Caller::nobody(service),
            scopes => Caller::with(service, issuer, scopes, self.agency),
        }
    }

    /// Whether it sees more of some LEAs at some times.
    fn is_of_some(&self) -> bool {
        self.scopes.contains("preview") && !matches!(self.agency, "state" | "spi")
    }

    /// Follows until it has what the lists show.
    fn catch_up(&mut self, services: &[Service; 2], issuer: &Issuer, step: &str) {
        let caller = self.caller(services, issuer);
        let who = format!("{step}: {} with {:?}", self.agency, self.scopes);
        let begun = Instant::now();
        loop {
            if !self.copy.follow(&caller, self.limit, &mut self.items) {
                assert!(self.is_of_some(), "{who}");
                self.anew += 1;
                self.copy = Copy::of_lists(&caller);
            }
            let listed = listed(&caller);
            let keys: BTreeSet<_> = listed.keys().cloned().collect();
            // What has been withdrawn since an event is not shown with it; that it was, follows.
            if self.copy.items == listed && self.copy.told == keys {
                return;
            }
            assert!(
                begun.elapsed() < SOON,
                "{who}: {:#?}, told of {:?}, and not {listed:#?}",
                self.copy.items,
                self.copy.told
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Numbers in an order that is always the same.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// What happens to the files, and how far it has come.
struct World {
    program: Program,
    dice: Dice,
    runs: u32,
    releases: u32,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Correction,
    HeldBack,
    NewLea,
    Gone,
    Publish,
    Close,
    Moment,
}

const STEPS: [Step; 9] = [
    Step::HeldBack,
    Step::Correction,
    Step::NewLea,
    Step::Publish,
    Step::Close,
    Step::Moment,
    Step::Gone,
    Step::HeldBack,
    Step::Publish,
];

impl World {
    /// Does a step, and waits until every service has taken it up.
    fn step(&mut self, step: Step, services: &[Service; 2], issuer: &Issuer) {
        let datasets = || {
            services.each_ref().map(|service| {
                let state = Caller::with(service, issuer, "read preview", "state");
                state.get("/v1/years").header("dataset-version").to_owned()
            })
        };
        let before = datasets();
        let last = self.releases.to_string();
        match step {
            Step::Correction => self.correct("2020-01-01", &[DISTRICT, NEIGHBOUR], false),
            Step::HeldBack => self.correct(FAR, &[DISTRICT, CHARTER, NEIGHBOUR], false),
            Step::NewLea => self.correct(FAR, &[DISTRICT, NEW], true),
            // Another issue, in which somebody is not who was in the ones before.
            Step::Gone => self.correct("2020-01-01", &[DISTRICT, NEIGHBOUR], true),
            Step::Publish => {
                let all = (FILES + 1..=self.releases).map(|number| number.to_string());
                let words = ["publish", "--at", "now"].map(str::to_owned);
                self.program.succeed(words.into_iter().chain(all));
            }
            Step::Close => {
                self.program.succeed(["publish", &last, "--at", "closed"]);
            }
            Step::Moment => {
                // Files that are taken in later than it has come were public then.
                let moment = jiff::Timestamp::now() + Duration::from_millis(2500);
                self.correct(&moment.to_string(), &[DISTRICT, NEW, NEIGHBOUR], true);
                while jiff::Timestamp::now() < moment {
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
        let run = format!("{}.", self.runs);
        let begun = Instant::now();
        loop {
            let now = datasets();
            let taken_up =
                |(now, before): (&String, &String)| now.starts_with(&run) && now != before;
            if now.iter().zip(&before).all(taken_up) {
                return;
            }
            assert!(begun.elapsed() < SOON, "{step:?}: {before:?} and {now:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes in another issue of a file, of any or of that in which LEAs come and go, and
    /// decides.
    fn correct(&mut self, public_at: &str, leas: &[&'static str], of_comers: bool) {
        let (year, indicator) = match of_comers {
            true => (2024, "SUSP"),
            false => {
                ([2023, 2024][self.dice.throw(2)], ["ELA", "MATH", "CHRO"][self.dice.throw(3)])
            }
        };
        let mut rows = Vec::new();
        for cds in leas {
            rows.push((*cds, "ALL", 1 + u8::try_from(self.dice.throw(5)).unwrap()));
            rows.push((*cds, "SWD", 1 + u8::try_from(self.dice.throw(2)).unwrap()));
        }
        let text = calsos_tests::program::indicator_text(indicator, year, &rows);
        // Each file is another one, also where the dice fell alike.
        let text = format!("{text}{}", "\r\n".repeat(usize::try_from(self.runs).unwrap()));
        let name = format!("{}download{year}.txt", indicator.to_lowercase());
        let file = self.program.write(&name, text);
        let words = ["import", "--public-at", public_at].map(PathBuf::from);
        self.program.succeed(words.into_iter().chain([file]));
        self.program.succeed(["determine"]);
        self.runs += 1;
        self.releases += 1;
    }
}

fn start_both(program: &Program, issuer: &Issuer) -> [Service; 2] {
    [serve(program, issuer, &[]), serve(program, issuer, &["--public-reads", "false"])]
}

fn a_copy_that_is_kept_is_what_the_lists_show(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let mut world = World { program, dice: Dice(6), runs: 1, releases: FILES };
    let mut services = start_both(&world.program, &issuer);
    let mut followers = FOLLOWERS.map(|(service, scopes, agency, limit)| {
        let follower =
            Follower { service, scopes, agency, copy: Copy::default(), limit, items: 0, anew: 0 };
        let copy = Copy::of_lists(&follower.caller(&services, &issuer));
        Follower { copy, ..follower }
    });
    for (number, step) in STEPS.into_iter().enumerate() {
        world.step(step, &services, &issuer);
        // Not everybody comes after each step, and some come to another process than before.
        for (place, follower) in followers.iter_mut().enumerate() {
            if follower.agency == "spi" {
                follower.service = number % 2;
            }
            if (place + number) % 3 != 0 || number + 1 == STEPS.len() {
                follower.catch_up(&services, &issuer, &format!("{number} {step:?}"));
            }
        }
        if number == 4 {
            services = start_both(&world.program, &issuer);
        }
    }
    for follower in &followers {
        let who = format!("{} with {:?}", follower.agency, follower.scopes);
        assert!(follower.items > 0, "{who}");
        // Where it comes to see more of its own, and never where that is over.
        assert!(follower.anew <= 2, "{who}: {}", follower.anew);
        // From the beginning it comes to the same.
        let copy = Copy::from_the_beginning();
        let mut again = Follower { copy, ..*follower };
        again.catch_up(&services, &issuer, "from the beginning");
        assert_eq!(again.copy.items, follower.copy.items, "{who}");
        if !follower.is_of_some() {
            assert_eq!(again.copy.since, follower.copy.since, "{who}");
        }
    }
    // It was a history in which everything happened.
    for (scopes, expected) in [
        ("read preview", ["created", "changed"].as_slice()),
        ("read", &["created", "changed", "withdrawn"]),
    ] {
        // Both processes tell one feed.
        let [one, other] = services.each_ref().map(|service| {
            let caller = Caller::with(service, &issuer, scopes, "state");
            caller.get("/v1/changes?since=0&limit=5000").json()
        });
        assert_eq!(one, other);
        let items = one["items"].as_array().unwrap();
        let changes: BTreeSet<&str> = items.iter().map(|item| text(&item["change"])).collect();
        let missing: Vec<_> = expected.iter().filter(|change| !changes.contains(*change)).collect();
        assert!(missing.is_empty(), "{missing:?}: {one:#}");
    }
}

/// An answer but for its date.
fn seen(answer: Answer) -> (u16, Vec<(String, String)>, String) {
    let Answer { status, mut headers, body } = answer;
    headers.retain(|(name, _)| name != "date");
    headers.sort();
    (status, headers, String::from_utf8(body).unwrap())
}

fn what_is_held_back_is_told_to_nobody_else(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let strangers = || {
        vec![
            Caller::nobody(&service),
            Caller::with(&service, &issuer, "read preview", "county:02"),
            Caller::with(&service, &issuer, "preview", "ccee"),
            Caller::with(&service, &issuer, "read admin", "county:01"),
        ]
    };
    let state = Caller::with(&service, &issuer, "preview", "state");
    let county = Caller::with(&service, &issuer, "preview", "county:01");
    let next = Caller::nobody(&service).get("/v1/changes").json()["next"].clone();
    let paths = ["", "?since=0", "?since=0&limit=1", &format!("?since={}", next.as_str().unwrap())]
        .map(|query| format!("/v1/changes{query}"));
    let ask = || -> Vec<_> {
        let ask = |caller: Caller<'_>| paths.clone().map(|path| seen(caller.get(&path)));
        strangers().into_iter().map(ask).collect()
    };
    let (before, mut copy) = (ask(), Copy::of_lists(&state));
    assert!(before.iter().flatten().all(|(status, _, _)| *status == 200), "{before:?}");
    // A new LEA and a correction, of county 01 alone.
    let rows = [(NEW, "ALL", 1), (NEW, "SWD", 1), (DISTRICT, "SWD", 1), (DISTRICT, "ALL", 1)];
    let file = program.write_indicator("SUSP", 2024, &rows);
    let words = ["import", "--public-at", FAR].map(PathBuf::from);
    program.succeed(words.into_iter().chain([file]));
    program.succeed(["determine"]);
    let (mut count, begun) = (0, Instant::now());
    while copy.items != listed(&state) || count == 0 {
        assert!(copy.follow(&state, 100, &mut count));
        assert!(begun.elapsed() < SOON, "{count}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(copy.items.contains_key(&(2024, NEW.to_owned())));
    assert_eq!(ask(), before);
    // Who sees more of some has made a copy anew, and is told of those.
    let mut own = Copy::from_the_beginning();
    assert!(own.follow(&county, 100, &mut count));
    assert!(own.items.contains_key(&(2024, NEW.to_owned())));
    assert_eq!(own.items, listed(&county));

    // Once it is public everybody is told, after what they were told before.
    program.succeed(["publish", "29", "--at", "now"]);
    let nobody = Caller::nobody(&service);
    let mut copy = Copy::from_the_beginning();
    let begun = Instant::now();
    while !copy.items.contains_key(&(2024, NEW.to_owned())) {
        assert!(copy.follow(&nobody, 100, &mut count));
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(50));
    }
    let told = seen(nobody.get("/v1/changes?since=0")).2;
    let before: Value = serde_json::from_str(&before[0][1].2).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    for (before, told) in
        before["items"].as_array().unwrap().iter().zip(told["items"].as_array().unwrap())
    {
        assert_eq!(before["sequence"], told["sequence"]);
        assert_eq!(before["at"], told["at"]);
    }
}

fn as_many_changes_are_kept_as_is_said(on: Backend) {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let issuer = Issuer::new();
    program.import(program.write_year(2023, &ALL, &[], &[]));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &["--feed-events", "4"]);
    let nobody = Caller::nobody(&service);
    // Four there are, and four are kept.
    let mut places = vec!["0".to_owned()];
    for _ in 0..4 {
        let last = places.last().unwrap();
        let page = nobody.get(&format!("/v1/changes?since={last}&limit=1")).json();
        assert_eq!((&page["oldest"], &page["newest"]), (&1.into(), &4.into()));
        places.push(text(&page["next"]).to_owned());
    }
    let rows = [
        (DISTRICT, "ALL", 1),
        (DISTRICT, "SWD", 1),
        (OFFICE, "ALL", 4),
        (CHARTER, "ALL", 4),
        (NEIGHBOUR, "ALL", 4),
    ];
    program.import([program.write_indicator("SUSP", 2023, &rows)]);
    program.succeed(["determine"]);
    service.wait_for_run(2);
    service.wait_until("the change is told", |_| nobody.get("/v1/changes").json()["newest"] != 4);
    let now = nobody.get("/v1/changes").json();
    let (oldest, newest) = (now["oldest"].as_u64().unwrap(), now["newest"].as_u64().unwrap());
    assert_eq!(newest - oldest + 1, 4, "{now}");
    let gone = nobody.get("/v1/changes?since=0");
    assert_eq!((gone.status, &gone.json()["code"]), (410, &"copy-anew".into()));
    let detail = text(&gone.json()["detail"]).to_owned();
    assert!(
        detail.starts_with(&format!("changes before number {oldest} are no longer kept")),
        "{detail}"
    );
    // Whoever has all that is no longer kept goes on; who lacks one of it does not.
    for (place, since) in (0..).zip(&places) {
        let expected = if place + 1 >= oldest { 200 } else { 410 };
        let answer = nobody.get(&format!("/v1/changes?since={since}"));
        assert_eq!(answer.status, expected, "{place} where {oldest} is the oldest");
    }
    assert!((2..=5).contains(&oldest), "{oldest}: of the places, some are on either side");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

on_both![
    a_copy_that_is_kept_is_what_the_lists_show,
    what_is_held_back_is_told_to_nobody_else,
    as_many_changes_are_kept_as_is_said,
];

#[test]
fn nobody_goes_on_where_another_is_who_is_told_something_else() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let file = program.write_indicator("SUSP", 2024, &[(NEW, "ALL", 1)]);
    let words = ["import", "--public-at", FAR].map(PathBuf::from);
    program.succeed(words.into_iter().chain([file]));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let callers = [
        Caller::nobody(&service),
        Caller::with(&service, &issuer, "preview", "county:02"),
        Caller::with(&service, &issuer, "preview", "state"),
        Caller::with(&service, &issuer, "preview", "county:01"),
        Caller::with(&service, &issuer, "preview", "lea:01999990000000"),
    ];
    // Of whom nothing is held back is told what the public is.
    let alike = |one: usize, other: usize| one == other || one < 2 && other < 2;
    for (place, caller) in callers.iter().enumerate() {
        let next = text(&caller.get("/v1/changes").json()["next"]).to_owned();
        for (other, of) in callers.iter().enumerate() {
            let answer = of.get(&format!("/v1/changes?since={next}"));
            let expected = if alike(place, other) { 200 } else { 410 };
            assert_eq!(answer.status, expected, "{of:?} at the place of {caller:?}");
            let body = String::from_utf8(answer.body).unwrap();
            assert!(!body.contains(NEW), "{body}");
        }
    }
    // A place that was never given out, as after the database was put back.
    let next = text(&callers[0].get("/v1/changes").json()["next"]).to_owned();
    let (number, mark) = next.split_once('.').unwrap();
    let number: u64 = number.parse().unwrap();
    let ask = |since: &str| callers[0].get(&format!("/v1/changes?since={since}"));
    assert_eq!(ask(&format!("{}.{mark}", number + 1000)).status, 410);
    for wrong in [
        "",
        "1",
        "-1",
        "00",
        "x",
        ".",
        mark,
        &format!("+{next}"),
        &format!("0{next}"),
        &next.to_uppercase().replace('.', ".F"),
        &next[..next.len() - 1],
        &format!("{next}0"),
        &format!("99999999999999999999.{mark}"),
    ] {
        let answer = ask(wrong);
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.json()["errors"][0]["parameter"], "since", "{wrong}");
    }
    for (limit, expected) in [("0", 400), ("1", 200), ("5000", 200), ("5001", 400)] {
        let answer = callers[0].get(&format!("/v1/changes?since=0&limit={limit}"));
        assert_eq!(answer.status, expected, "{limit}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(callers[0].get("/v1/changes?cursor=7e").status, 400);
}
