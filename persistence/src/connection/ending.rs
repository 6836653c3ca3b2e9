//! The end of the process waits for connections that are being made.
//!
//! The pool makes a connection on a thread of its own, and who asked for it may have been given
//! another one meanwhile and be done. Where the process ends while libpq connects, the libraries
//! that it is linked with clean up under it, and the process crashes after its work is done.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections that are being made.
#[derive(Default)]
struct Making {
    how_many: usize,
    /// Whether the process ends, so that no further one is made.
    is_over: bool,
}

static MAKING: Mutex<Making> = Mutex::new(Making { how_many: 0, is_over: false });
static MADE: Condvar = Condvar::new();

/// How long the end waits: as long as libpq tries to connect, and a little more.
const LONGEST: Duration = Duration::from_secs(12);

fn making() -> MutexGuard<'static, Making> {
    MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a connection, unless the process ends.
pub(super) fn make<T>(connect: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    {
        let mut making = making();
        if making.is_over {
            return Err("the process ends".to_owned());
        }
        making.how_many += 1;
    }
    let _done = Done;
    connect()
}

/// Says that a connection was made, or not, also where making it panicked.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        making().how_many -= 1;
        MADE.notify_all();
    }
}

/// Waits for the connections that other threads are making, and has none made from then on: to
/// be called by a process that ends.
pub fn end_connecting() {
    let mut making = making();
    making.is_over = true;
    let waited = MADE.wait_timeout_while(making, LONGEST, |making| making.how_many > 0);
    drop(waited);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn the_end_waits_for_a_connection_that_is_being_made_and_has_none_made_after_it() {
        let (begun, begins) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let connecting = thread::spawn(move || {
            make(|| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
                Ok("connected")
            })
        });
        begins.recv().unwrap();
        let (ended, ends) = mpsc::channel();
        thread::spawn(move || {
            end_connecting();
            ended.send(()).unwrap();
        });
        assert!(ends.recv_timeout(Duration::from_millis(200)).is_err(), "it did not wait");
        go_on.send(()).unwrap();
        ends.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(connecting.join().unwrap(), Ok("connected"));
        assert_eq!(make(|| Ok(())), Err("the process ends".to_owned()));
    }
}
