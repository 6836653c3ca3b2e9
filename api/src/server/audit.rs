//! The audit log: every write, in the transaction that writes, and every refused access, a
//! moment later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use actix_web::HttpRequest;
use calsos_persistence::{AuditOutcome, NewAudit, Store};

use super::identity::Identity;
use crate::auth::caller::Caller;

/// How many refusals may wait to be written; more are counted and not kept, so that nobody
/// fills the memory with them.
const WAITING_MOST: usize = 1000;

/// How long refusals are gathered before they are written together.
const GATHERED: Duration = Duration::from_millis(200);

/// The longest text that is kept of what a caller sent, in letters.
const TEXT_MOST: usize = 500;

/// An entry, with all that it says.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) actor: String,
    request_id: Option<String>,
    issuer: Option<String>,
    agency: Option<String>,
    scopes: Option<String>,
    address: Option<String>,
    operation: String,
    target: String,
    outcome: AuditOutcome,
    status: Option<u16>,
    code: Option<String>,
    detail: String,
}

impl Entry {
    /// The entry of a write.
    pub(crate) fn of(request: &HttpRequest, caller: &Caller, operation: &str) -> Entry {
        let identity = Identity::of(request);
        let (issuer, agency, scopes) = match caller {
            Caller::Known(verified) => (
                Some(verified.issuer.clone()),
                verified.agency.as_ref().map(ToString::to_string),
                Some(verified.scopes.to_string()),
            ),
            Caller::Anonymous => (None, None, None),
        };
        Entry {
            actor: caller.name().to_owned(),
            request_id: identity.as_ref().map(|identity| identity.request_id.clone()),
            issuer,
            agency,
            scopes,
            address: identity.and_then(|identity| identity.address).map(|ip| ip.to_string()),
            operation: operation.to_owned(),
            target: shortened(&format!("{} {}", request.method(), request.path())),
            outcome: AuditOutcome::Done,
            status: Some(200),
            code: None,
            detail: String::new(),
        }
    }

    /// The same, answered with another status.
    pub(crate) fn answered(self, status: u16) -> Entry {
        Entry { status: Some(status), ..self }
    }

    /// The entry of a refusal.
    pub(super) fn refused(self, refusal: Refusal<'_>) -> Entry {
        let Refusal { request_id, address, status, code, detail } = refusal;
        Entry {
            request_id: Some(request_id.to_owned()),
            address,
            outcome: AuditOutcome::Refused,
            status: Some(status),
            code: Some(code.to_owned()),
            detail: shortened(detail),
            ..self
        }
    }

    /// As the store takes it.
    pub(crate) fn done(&self) -> NewAudit<'_> {
        NewAudit {
            request_id: self.request_id.as_deref(),
            actor: &self.actor,
            issuer: self.issuer.as_deref(),
            agency: self.agency.as_deref(),
            scopes: self.scopes.as_deref(),
            address: self.address.as_deref(),
            operation: &self.operation,
            target: &self.target,
            outcome: self.outcome,
            status: self.status,
            code: self.code.as_deref(),
            detail: &self.detail,
        }
    }
}

/// How a caller was refused.
pub(super) struct Refusal<'a> {
    pub(super) request_id: &'a str,
    pub(super) address: Option<String>,
    pub(super) status: u16,
    pub(super) code: &'a str,
    pub(super) detail: &'a str,
}

fn shortened(text: &str) -> String {
    text.chars().take(TEXT_MOST).collect()
}

/// Takes refusals to be written, without keeping a caller waiting.
#[derive(Debug)]
pub(super) struct Refusals {
    sender: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

impl Refusals {
    /// Writes what it is given into the database, on a thread of its own.
    pub(super) fn into(store: Store) -> Refusals {
        let (sender, receiver) = sync_channel(WAITING_MOST);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        std::thread::spawn(move || write(&store, &receiver, &counted));
        Refusals { sender, lost }
    }

    pub(super) fn add(&self, entry: Entry) {
        if self.sender.try_send(entry).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes refusals until nobody sends any more.
fn write(store: &Store, receiver: &Receiver<Entry>, lost: &AtomicU64) {
    while let Ok(first) = receiver.recv() {
        std::thread::sleep(GATHERED);
        let mut entries = vec![first];
        entries.extend(receiver.try_iter().take(WAITING_MOST));
        let not_kept = lost.swap(0, Ordering::Relaxed);
        if not_kept > 0
            && let Some(last) = entries.last().cloned()
        {
            entries.push(Entry {
                actor: "anonymous".to_owned(),
                request_id: None,
                issuer: None,
                agency: None,
                scopes: None,
                address: None,
                code: None,
                status: None,
                operation: "serve".to_owned(),
                target: "refusals".to_owned(),
                detail: format!("{not_kept} more refusals came too fast to be kept"),
                ..last
            });
        }
        let new: Vec<NewAudit<'_>> = entries.iter().map(Entry::done).collect();
        // What cannot be written now, as while the database is away, is tried again for a
        // while; then the log has it.
        for pause in [1, 5, 30, 0] {
            match store.add_audit(&new) {
                Ok(()) => break,
                Err(problem) if pause == 0 => {
                    log::error!("{} refusals are not in the audit log: {problem}", new.len());
                    for entry in &entries {
                        log::error!("not in the audit log: {entry:?}");
                    }
                }
                Err(_) => std::thread::sleep(Duration::from_secs(pause)),
            }
        }
    }
}
