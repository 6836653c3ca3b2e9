//! How many connections the process may hold.

/// Raises the limit of open files to the most that the system lets the process have: every
/// connection is one, and many systems begin a process with a thousand.
#[cfg(unix)]
pub(super) fn allow_many() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => log::debug!("open files: {before:?} before, {:?} now", limit.current),
        Err(problem) => log::warn!("the limit of open files stays {before:?}: {problem}"),
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(super) fn allow_many() {}
