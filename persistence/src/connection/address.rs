//! What a database's address says. Only its scheme, a host and the names of parameters are
//! ever repeated in a message: the rest may hold a password.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::error::StoreError;

/// Which database an address names.
pub(crate) enum Address {
    /// The file of an embedded database.
    Sqlite(PathBuf),
    /// A database of a server.
    Postgresql(Server),
}

/// A PostgreSQL server, a database of it, and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// A name, an IP address, or the directory of a Unix socket.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: String,
    /// What else is handed to PostgreSQL's client library, by its own names.
    pub(super) parameters: Vec<(&'static str, String)>,
    /// Whether the address allows a remote server without TLS.
    pub(super) plaintext_allowed: bool,
}

/// What may stand after the `?` of an address and is handed on. None of these can name
/// another server than the one that was checked.
const HANDED_ON: [&str; 13] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "keepalives",
    "options",
    "passfile",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
];

/// Our own parameter, by which an address allows a remote server without TLS.
const PLAINTEXT: &str = "plaintext";

/// Where Debian's server and the one built from source put their sockets.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// How TLS is asked for, as `sslmode` has it, where nothing but TLS is taken.
const WITH_TLS: [&str; 3] = ["require", "verify-ca", "verify-full"];

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`StoreError::Address`] with what was found and what is expected.
    pub(crate) fn parse(url: &str) -> Result<Address, StoreError> {
        read(url).map_err(|problem| StoreError::Address { problem })
    }
}

fn read(url: &str) -> Result<Address, String> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err("the database address has no scheme; write sqlite:PATH, such as \
                    sqlite:calsos.db, or postgresql://HOST/DATABASE"
            .to_owned());
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => sqlite_file(rest).map(Address::Sqlite),
        "postgres" | "postgresql" => server(rest).map(Address::Postgresql),
        _ => Err(format!(
            "the database address begins with '{scheme}:', which names no database known here; \
             write sqlite:PATH or postgresql://HOST/DATABASE"
        )),
    }
}

/// The file that `sqlite:` is followed by.
fn sqlite_file(path: &str) -> Result<PathBuf, String> {
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => {
            return Err("the database address begins with 'sqlite://', after which a host would \
                        stand; write sqlite:PATH for a relative path, sqlite:///PATH for one \
                        from the root"
                .to_owned());
        }
        None => path,
    };
    if path.is_empty() {
        return Err("the database address names no file; write sqlite:PATH, such as \
                    sqlite:calsos.db"
            .to_owned());
    }
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err("a database in memory was asked for, which would be another one for every \
                    connection; name a file, in a temporary directory if it need not last"
            .to_owned());
    }
    if path.contains('?') {
        return Err("the database address has a '?', but sqlite: takes no options; write \
                    sqlite:PATH"
            .to_owned());
    }
    Ok(PathBuf::from(path))
}

/// What `postgresql:` is followed by: `//USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&…`.
fn server(rest: &str) -> Result<Server, String> {
    const FORM: &str = "postgresql://USER@HOST:PORT/DATABASE";
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(format!("after 'postgresql:' two slashes are expected; write {FORM}"));
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    // Where a '/', '?' or second '@' stands for itself in a password, what is behind it is
    // none of what it seems to be.
    if authority.matches('@').count() > 1 || database.contains(['@', '/']) || query.contains('@') {
        return Err("the database address has an '@' or '/' where none belongs; in a user name, \
                    password or database name write them as %40 and %2F"
            .to_owned());
    }
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    let (user, password) = match login.map(|l| l.split_once(':').unwrap_or((l, ""))) {
        Some((user, password)) => (decoded("user", user)?, decoded("password", password)?),
        None => (String::new(), String::new()),
    };
    let (host, port) = place_of(place)?;
    let database = decoded("database", database)?;
    if database.is_empty() {
        return Err(format!("the database address names no database; write {FORM}"));
    }
    let mut server = Server {
        host,
        port,
        user: Some(user).filter(|user| !user.is_empty()),
        password: Some(password).filter(|password| !password.is_empty()),
        database,
        parameters: Vec::new(),
        plaintext_allowed: false,
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        server.add(pair)?;
    }
    if server.host.is_empty() {
        let there = SOCKET_DIRECTORIES.iter().find(|path| std::path::Path::new(path).is_dir());
        server.host = (*there.unwrap_or(&"/tmp")).to_owned();
    }
    Ok(server)
}

/// Host and port of `HOST:PORT`, `[IPV6]:PORT`, `%2Fdirectory%2Fof%2Fa%2Fsocket` or nothing.
fn place_of(place: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, "")) => (host, ""),
        Some((host, rest)) => {
            let port = rest.strip_prefix(':');
            (host, port.ok_or("after the ']' of the database address a ':' is expected")?)
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let port = match port {
        "" => None,
        port => Some(port.parse().ok().filter(|port| *port > 0).ok_or(
            "the port of the database address is no number from 1 to 65535; is there a ':' in a \
             user name or password? Write it as %3A",
        )?),
    };
    Ok((one_host(decoded("host", host)?)?, port))
}

fn one_host(host: String) -> Result<String, String> {
    if host.contains(',') {
        return Err("the database address names several hosts; name one".to_owned());
    }
    Ok(host)
}

impl Server {
    /// Takes in one `NAME=VALUE` from behind the `?`.
    fn add(&mut self, pair: &str) -> Result<(), String> {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(name, value)?;
        match name {
            // Where a socket's directory can be written without percent signs.
            "host" if self.host.is_empty() => self.host = one_host(value)?,
            PLAINTEXT if value == "allowed" => self.plaintext_allowed = true,
            PLAINTEXT => {
                return Err(format!(
                    "the database address has {PLAINTEXT}=…, of which only {PLAINTEXT}=allowed is \
                     known"
                ));
            }
            _ => match HANDED_ON.iter().find(|known| **known == name) {
                Some(known) if self.parameter(known).is_none() => {
                    self.parameters.push((known, value));
                }
                Some(_) => return Err(format!("the database address has '{name}' twice")),
                None => {
                    return Err(format!(
                        "the database address has a parameter that is not taken; those that are: \
                         host (where none stands before the '/'), {PLAINTEXT}, {}",
                        HANDED_ON.join(", ")
                    ));
                }
            },
        }
        Ok(())
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether what is said to the server never leaves this machine.
    fn is_local(&self) -> bool {
        self.host.starts_with('/')
            || self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// Sees to it that a remote server is spoken to with TLS. `tls` says whether the client
    /// library that is linked has it.
    ///
    /// # Errors
    /// What is in the way and both ways out of it.
    pub(super) fn secure(&mut self, tls: bool) -> Result<(), String> {
        if self.is_local() || self.plaintext_allowed {
            return Ok(());
        }
        let allow = format!(
            "or, where the way to it is protected otherwise, allow it with '?{PLAINTEXT}=allowed' \
             at the end of the address"
        );
        if !tls {
            return Err(format!(
                "the PostgreSQL server '{}' is on another machine, and this build cannot speak \
                 TLS: passwords and data would travel unprotected. Build with \
                 `--no-default-features --features system-libpq`, {allow}",
                self.host
            ));
        }
        match self.parameter("sslmode") {
            None => self.parameters.push(("sslmode", "require".to_owned())),
            Some(mode) if WITH_TLS.contains(&mode) => {}
            Some(_) => {
                return Err(format!(
                    "the PostgreSQL server '{}' is on another machine, and the sslmode of the \
                     address does without TLS. Take one of {}, {allow}",
                    self.host,
                    WITH_TLS.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// What the client library is told. Host and its address are always given, so that no
    /// variable of the environment leads to another server than the one that was checked.
    pub(super) fn conninfo(&self) -> String {
        let port = self.port.map(|port| port.to_string());
        let ours = [
            ("host", Some(self.host.as_str())),
            ("hostaddr", Some("")),
            ("port", port.as_deref()),
            ("user", self.user.as_deref()),
            ("password", self.password.as_deref()),
            ("dbname", Some(self.database.as_str())),
            ("fallback_application_name", Some("calsos")),
            ("connect_timeout", self.parameter("connect_timeout").is_none().then_some("10")),
        ];
        let handed_on = self.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        ours.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(handed_on)
            .map(|(name, value)| {
                format!("{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The database as messages call it.
    pub(super) fn shown(&self) -> String {
        format!("{} on {}", self.database, self.host)
    }
}

/// A part of an address with its `%XX` put back. `part` is its name in messages.
fn decoded(part: &str, text: &str) -> Result<String, String> {
    let refused = |what: &str| format!("the {part} of the database address {what}");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(value.ok_or_else(|| {
            refused("has a '%' without two hexadecimal digits; write a '%' of its own as %25")
        })?);
    }
    let text = String::from_utf8(bytes).map_err(|_bytes| refused("is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(refused("has a control character"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
