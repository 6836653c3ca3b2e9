//! The settings of `calsos serve`: each stands in a file, in the environment or on the command
//! line under the same name, and is checked where all of them are known.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// A setting, as the command line and the environment name it.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name in a file.
    pub(crate) key: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) variable: &'static str,
    value: &'static str,
    pub(crate) kind: Kind,
    help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    One,
    /// The flag may be given several times; elsewhere, commas stand between.
    Several,
    /// The flag alone says yes.
    Switch,
}

const fn setting(
    key: &'static str,
    flag: &'static str,
    variable: &'static str,
    value: &'static str,
    kind: Kind,
    help: &'static str,
) -> Setting {
    Setting { key, flag, variable, value, kind, help }
}

/// The file that the others may stand in.
pub(crate) const CONFIG: &str = "config";

pub(crate) const SETTINGS: [Setting; 17] = [
    setting(
        CONFIG,
        "config",
        "CALSOS_CONFIG",
        "FILE",
        Kind::One,
        "A file of these settings, in TOML: each under its flag's name with _ for -, lists as \
         origins and trusted_proxies. The environment stands above it, and flags above both",
    ),
    setting(
        "listen",
        "listen",
        "CALSOS_LISTEN",
        "ADDRESS",
        Kind::One,
        "Where requests are answered [default: 127.0.0.1:8080]",
    ),
    setting(
        "metrics",
        "metrics",
        "CALSOS_METRICS",
        "ADDRESS",
        Kind::One,
        "Where metrics are answered, apart from readers [default: nowhere]",
    ),
    setting(
        "public_url",
        "public-url",
        "CALSOS_PUBLIC_URL",
        "URL",
        Kind::One,
        "The URL under which readers know the service, where it is behind a proxy",
    ),
    setting(
        "origins",
        "origin",
        "CALSOS_ORIGINS",
        "ORIGIN",
        Kind::Several,
        "Pages of this origin may read from browsers, such as https://dashboard.example.org, or \
         * for pages of any; may be given several times",
    ),
    setting(
        "log_json",
        "log-json",
        "CALSOS_LOG_JSON",
        "BOOL",
        Kind::Switch,
        "Log each request as JSON",
    ),
    setting(
        "anonymous_rate",
        "anonymous-rate",
        "CALSOS_ANONYMOUS_RATE",
        "RATE/BURST",
        Kind::One,
        "How many requests a second are answered from one address (of IPv6: from one network \
         of 64 bits) whose callers show no token, and how many at once; or off [default: \
         100/1000]",
    ),
    setting(
        "client_rate",
        "client-rate",
        "CALSOS_CLIENT_RATE",
        "RATE/BURST",
        Kind::One,
        "The same of a client that shows a token [default: 500/5000]",
    ),
    setting(
        "trusted_proxies",
        "trusted-proxy",
        "CALSOS_TRUSTED_PROXIES",
        "NETWORK",
        Kind::Several,
        "A proxy whose Forwarded or X-Forwarded-For says where a request comes from, as an \
         address or a network such as 10.0.0.0/8; may be given several times [default: none]",
    ),
    setting(
        "public_reads",
        "public-reads",
        "CALSOS_PUBLIC_READS",
        "BOOL",
        Kind::Switch,
        "Whether who shows no token may read [default: true]",
    ),
    setting(
        "query_bytes",
        "query-bytes",
        "CALSOS_QUERY_BYTES",
        "N",
        Kind::One,
        "How long the query of a request may be [default: 8192]",
    ),
    setting(
        "body_bytes",
        "body-bytes",
        "CALSOS_BODY_BYTES",
        "N",
        Kind::One,
        "How long the body of a request may be [default: 1048576]",
    ),
    setting(
        "body_seconds",
        "body-seconds",
        "CALSOS_BODY_SECONDS",
        "N",
        Kind::One,
        "How long the body of a request may take to come [default: 10]",
    ),
    setting(
        "upload_seconds",
        "upload-seconds",
        "CALSOS_UPLOAD_SECONDS",
        "N",
        Kind::One,
        "How long a file that is sent to be taken in may take to come [default: 600]",
    ),
    setting(
        "spool",
        "spool",
        "CALSOS_SPOOL",
        "FOLDER",
        Kind::One,
        "Where a file that is sent waits until it is whole, up to 256 MB of it [default: the \
         system's folder for temporary files]",
    ),
    setting(
        "token_minutes",
        "token-minutes",
        "CALSOS_TOKEN_MINUTES",
        "N",
        Kind::One,
        "How long a token that the service issues is good for; in a file, in the table issuer \
         [default: 15]",
    ),
    setting(
        "feed_events",
        "feed-events",
        "CALSOS_FEED_EVENTS",
        "N",
        Kind::One,
        "How many changes are kept for who follows the feed: so many of what the public sees, \
         and of what is held back as well [default: 1000000]",
    ),
];

/// What the command line or the environment has of a setting.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) setting: &'static Setting,
    pub(crate) texts: Vec<String>,
    /// The flag or the variable.
    pub(crate) place: String,
}

/// What was given, unread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serve {
    pub(crate) given: Vec<Given>,
}

impl Args for Serve {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let arg = Arg::new(setting.key)
                .long(setting.flag)
                .env(setting.variable)
                .value_name(setting.value)
                .help(setting.help);
            command.arg(match setting.kind {
                Kind::One => arg.action(ArgAction::Set),
                Kind::Several => arg.action(ArgAction::Append).value_delimiter(','),
                Kind::Switch => {
                    arg.action(ArgAction::Set).num_args(0..=1).default_missing_value("true")
                }
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Serve::augment_args(command)
    }
}

impl FromArgMatches for Serve {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Serve, clap::Error> {
        let mut serve = Serve::default();
        serve.update_from_arg_matches(matches)?;
        Ok(serve)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in &SETTINGS {
            let texts = matches.get_many::<String>(setting.key).into_iter().flatten();
            let mut texts: Vec<String> = texts.map(|text| text.trim().to_owned()).collect();
            let place = match matches.value_source(setting.key) {
                Some(ValueSource::CommandLine) => format!("--{}", setting.flag),
                Some(ValueSource::EnvVariable) => {
                    // A variable without a text is as good as none.
                    texts.retain(|text| !text.is_empty());
                    setting.variable.to_owned()
                }
                _ => continue,
            };
            if !texts.is_empty() {
                self.given.push(Given { setting, texts, place });
            }
        }
        Ok(())
    }
}
