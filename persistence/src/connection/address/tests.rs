use super::*;

fn server(url: &str) -> Server {
    match Address::parse(url) {
        Ok(Address::Postgresql(server)) => server,
        Ok(Address::Sqlite(path)) => panic!("{url} was read as {}", path.display()),
        Err(error) => panic!("{url}: {error}"),
    }
}

fn refusal(url: &str) -> String {
    match Address::parse(url) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{url} was taken"),
    }
}

#[test]
fn every_part_of_an_address_is_read() {
    let server = server(
        "PostgreSQL://some%40body:p%3Aa%2Fs%25s%20'\\@db.example.org:5433/the%20state\
         ?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=3",
    );
    assert_eq!(
        server.conninfo(),
        r"host='db.example.org' hostaddr='' port='5433' user='some@body' password='p:a/s%s \'\\' dbname='the state' fallback_application_name='calsos' sslmode='verify-full' sslrootcert='/ca.pem' connect_timeout='3'"
    );
    assert_eq!(server.shown(), "the state on db.example.org");
}

#[test]
fn a_short_address_leaves_the_rest_to_the_client_library() {
    assert_eq!(
        server("postgres://localhost/state").conninfo(),
        "host='localhost' hostaddr='' dbname='state' fallback_application_name='calsos' \
         connect_timeout='10'"
    );
    assert_eq!(server("postgres://[::1]:5433/state").host, "::1");
    assert_eq!(server("postgres://[::1]:5433/state").port, Some(5433));
    assert_eq!(server("postgres://me@%2Frun%2Fpg:5433/state").host, "/run/pg");
    assert_eq!(server("postgres:///state?host=/run/pg").host, "/run/pg");
    assert!(SOCKET_DIRECTORIES.contains(&server("postgres:///state").host.as_str()));
}

#[test]
fn what_is_no_address_is_refused_without_its_password() {
    for (url, words) in [
        ("postgresql:state", "two slashes are expected"),
        ("postgresql://me:hunter2@host", "names no database"),
        ("postgresql://me:hunter2@host/", "names no database"),
        ("postgresql://me:hunter2@host:0/state", "no number from 1 to 65535"),
        ("postgresql://me:hunter2@host:65536/state", "no number from 1 to 65535"),
        ("postgresql://me:hun/ter2@host/state", "write them as %40 and %2F"),
        ("postgresql://me:hun@hunter2@host/state", "write them as %40 and %2F"),
        ("postgresql://me:hun?hunter2@host/state", "write them as %40 and %2F"),
        ("postgresql://me:%hunter2@host/state", "two hexadecimal digits"),
        ("postgresql://me:hunter2%0@host/state", "two hexadecimal digits"),
        (
            "postgresql://me:hunter2%00@host/state",
            "the password of the database address has a control",
        ),
        ("postgresql://me:hunter2%ff@host/state", "is not UTF-8"),
        ("postgresql://me:hunter2@one,two/state", "several hosts"),
        ("postgresql://me:hunter2@[::1]x/state", "a ':' is expected"),
        ("postgresql://me:hunter2@host/state?hostaddr=10.0.0.1", "a parameter that is not taken"),
        ("postgresql://me@host/state?password=hunter2", "a parameter that is not taken"),
        ("postgresql://me:hunter2@host/state?host=other", "a parameter that is not taken"),
        ("postgresql://me:hunter2@host/state?sslmode=require&sslmode=disable", "'sslmode' twice"),
        ("postgresql://me:hunter2@host/state?plaintext=yes", "only plaintext=allowed"),
    ] {
        let message = refusal(url);
        assert!(message.contains(words), "{url}: {message}");
        assert!(!message.contains("hun"), "{url}: {message}");
    }
}

/// The address as it is used, or why it is not.
fn secured(url: &str, tls: bool) -> Result<Server, String> {
    let mut server = server(url);
    server.secure(tls)?;
    Ok(server)
}

#[test]
fn a_server_of_this_machine_is_taken_as_it_is_said() {
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "[::1]", "%2Frun%2Fpg", ""] {
        for mode in ["", "?sslmode=disable", "?sslmode=require"] {
            let url = format!("postgresql://me@{host}/state{mode}");
            for tls in [false, true] {
                assert!(secured(&url, tls) == Ok(server(&url)), "{url}");
            }
        }
    }
}

#[test]
fn a_remote_server_without_tls_in_the_build_is_refused_unless_allowed() {
    for host in ["db.example.org", "192.0.2.1", "[2001:db8::1]", "localhost.example.org", "0.0.0.0"]
    {
        for mode in ["", "?sslmode=disable", "?sslmode=require"] {
            let message =
                secured(&format!("postgresql://me@{host}/state{mode}"), false).err().unwrap();
            assert!(message.contains("this build cannot speak TLS"), "{message}");
            assert!(message.contains("--features system-libpq"), "{message}");
            assert!(message.contains("'?plaintext=allowed'"), "{message}");
        }
        let url = format!("postgresql://me@{host}/state?plaintext=allowed");
        assert!(secured(&url, false) == Ok(server(&url)), "{url}");
    }
}

#[test]
fn a_remote_server_is_spoken_to_with_tls_or_not_at_all() {
    let mode = |query: &str| {
        secured(&format!("postgresql://me@db.example.org/state{query}"), true)
            .map(|server| server.parameter("sslmode").map(str::to_owned))
    };
    assert_eq!(mode(""), Ok(Some("require".to_owned())));
    for strong in WITH_TLS {
        assert_eq!(mode(&format!("?sslmode={strong}")), Ok(Some(strong.to_owned())));
    }
    for weak in ["disable", "allow", "prefer", "Require", ""] {
        let message = mode(&format!("?sslmode={weak}")).unwrap_err();
        assert!(message.contains("does without TLS"), "{message}");
        assert!(message.contains("require, verify-ca, verify-full"), "{message}");
        assert!(message.contains("'?plaintext=allowed'"), "{message}");
    }
    assert_eq!(mode("?plaintext=allowed"), Ok(None));
    assert_eq!(mode("?plaintext=allowed&sslmode=disable"), Ok(Some("disable".to_owned())));
}
