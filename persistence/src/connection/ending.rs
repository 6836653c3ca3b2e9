//! The end of the process waits for connections that are being made.
//!
//! The pool makes a connection on a thread of its own, and who asked for it may have been given
//! another one meanwhile and be done. Where the process ends while libpq connects, the libraries
//! that it is linked with clean up under it, and the process crashes after its work is done.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the end waits: as long as libpq tries to connect, and a little more.
const LONGEST: Duration = Duration::from_secs(12);

/// Those of this process.
static CONNECTING: Connecting = Connecting::new();

/// Makes a connection, unless the process ends.
pub(super) fn make<T>(connect: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    CONNECTING.make(connect)
}

/// Waits for the connections that other threads are making, and has none made from then on: to
/// be called by a process that ends.
pub fn end_connecting() {
    CONNECTING.end();
}

/// Connections that are being made.
struct Connecting {
    making: Mutex<Making>,
    made: Condvar,
}

struct Making {
    how_many: usize,
    /// Whether no further one is made.
    is_over: bool,
}

impl Connecting {
    const fn new() -> Connecting {
        let making = Making { how_many: 0, is_over: false };
        Connecting { making: Mutex::new(making), made: Condvar::new() }
    }

    fn making(&self) -> MutexGuard<'_, Making> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make<T>(&self, connect: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        {
            let mut making = self.making();
            if making.is_over {
                return Err("the process ends".to_owned());
            }
            making.how_many += 1;
        }
        let _done = Done(self);
        connect()
    }

    fn end(&self) {
        let mut making = self.making();
        making.is_over = true;
        let waited = self.made.wait_timeout_while(making, LONGEST, |making| making.how_many > 0);
        drop(waited);
    }
}

/// Says that a connection was made, or not, also where making it panicked.
struct Done<'a>(&'a Connecting);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.making().how_many -= 1;
        self.0.made.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;

    use super::*;

    #[test]
    fn the_end_waits_for_a_connection_that_is_being_made_and_has_none_made_after_it() {
        let connecting = Arc::new(Connecting::new());
        let (begun, begins) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let connects = Arc::clone(&connecting);
        let maker = thread::spawn(move || {
            connects.make(|| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
                Ok("connected")
            })
        });
        begins.recv().unwrap();
        let (ended, ends) = mpsc::channel();
        let process = Arc::clone(&connecting);
        thread::spawn(move || {
            process.end();
            ended.send(()).unwrap();
        });
        assert!(ends.recv_timeout(Duration::from_millis(200)).is_err(), "it did not wait");
        go_on.send(()).unwrap();
        ends.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(maker.join().unwrap(), Ok("connected"));
        assert_eq!(connecting.make(|| Ok(())), Err("the process ends".to_owned()));
    }
}
