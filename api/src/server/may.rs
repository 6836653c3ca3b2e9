//! The permission to do an operation, which a handler names in its signature. What is served
//! is reached through it alone, and only the part of it that the caller may see.

mod as_of;

use std::collections::BTreeSet;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::facts::ReleaseNumber;
use calsos_domain::register::Register;
use calsos_persistence::{ReleaseRecord, RunRecord, Store};
use jiff::Timestamp;

pub(crate) use as_of::Compared;

use super::Service;
use super::answers::apart;
use super::audience::{Audience, CHALLENGE, scope_needed, token_needed};
use super::earlier::ListedPart;
use super::feed::FeedOf;
use super::identity::Identity;
use super::seen::seen_by;
use super::served::Served;
use crate::app::Office;
use crate::app::moments::{Moments, made_at};
use crate::auth::agency::Agency;
use crate::auth::caller::Caller;
use crate::auth::operation::{Needs, Operation};
use crate::auth::reach::Reach;
use crate::auth::scope::Scope;
use crate::auth::token::TokenFault;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::snapshot::Snapshot;

/// The permission to do an operation.
pub(crate) struct May<O> {
    service: Data<Service>,
    pub(crate) caller: Caller,
    audience: Audience,
    served: Option<Arc<Served>>,
    /// What the caller may see, where anything was decided and the caller may see any of it.
    picture: Option<Arc<Snapshot>>,
    operation: PhantomData<O>,
}

impl<O: Operation> May<O> {
    async fn ask(request: HttpRequest) -> Result<May<O>, Problem> {
        let service = request.app_data::<Data<Service>>().cloned().ok_or_else(|| {
            Problem::new(Kind::Internal, "the service was put together without its data")
        })?;
        let caller = match Identity::of(&request).map(|identity| identity.caller) {
            Some(Ok(caller)) => caller,
            // What needs no token does without one that is not accepted.
            Some(Err(_)) if O::NEEDS == Needs::Nothing => Caller::Anonymous,
            Some(Err(fault)) => return Err(token_refused(&fault)),
            None => Caller::Anonymous,
        };
        let public_reads = service.access.public_reads;
        let audience = match (O::NEEDS, Audience::of(&caller, public_reads)) {
            (Needs::Reading, audience) => audience?,
            (Needs::Nothing, audience) => audience.unwrap_or(Audience::Nothing),
            (Needs::Scope(scope), audience) => {
                scope_had(&caller, &[scope])?;
                audience.unwrap_or(Audience::Nothing)
            }
            (Needs::ReadingSupport, audience) => {
                scope_had(&caller, &[Scope::Read, Scope::Support])?;
                audience.unwrap_or(Audience::Nothing)
            }
        };
        let (mut served, mut picture) = May::<O>::shown(&service, &audience).await?;
        if let Some(seen) = seen_by(&request)?
            && !service.is_caught_up_with(&seen, picture.as_deref())
        {
            let behind = Data::clone(&service);
            apart(move || behind.catch_up_with(seen)).await?;
            (served, picture) = May::<O>::shown(&service, &audience).await?;
        }
        Ok(May { service, caller, audience, served, picture, operation: PhantomData })
    }

    /// What is served now, and what of it an audience is shown.
    async fn shown(
        service: &Data<Service>,
        audience: &Audience,
    ) -> Result<(Option<Arc<Served>>, Option<Arc<Snapshot>>), Problem> {
        let served = service.served.load_full();
        let picture = match &served {
            None => None,
            // What needs nothing says nothing of what is served where reading asks for a token.
            Some(_) if O::NEEDS == Needs::Nothing && *audience == Audience::Nothing => None,
            Some(served) => Some(match served.ready(audience) {
                Some(ready) => ready,
                None => {
                    let (served, audience) = (Arc::clone(served), audience.clone());
                    apart(move || Ok(served.picture(&served.pictures, &audience)?)).await?
                }
            }),
        };
        Ok((served, picture))
    }

    /// What is served to the caller now.
    pub(crate) fn current(&self) -> Result<Arc<Snapshot>, Problem> {
        self.picture.clone().ok_or_else(nothing_decided)
    }

    /// Since when the database has not said whether there is something new, if it does not.
    pub(crate) fn unchecked_since(&self) -> Option<Timestamp> {
        self.service.unchecked.load().as_ref().map(|unchecked| unchecked.since)
    }

    /// Whether anything is served to anybody.
    pub(crate) fn ready(&self) -> Result<(), Problem> {
        if self.served.is_some() { Ok(()) } else { Err(nothing_decided()) }
    }

    /// What is served to the caller now, if anything is.
    pub(crate) fn now(&self) -> Option<&Arc<Snapshot>> {
        self.picture.as_ref()
    }

    /// The latest moment that anything is known of: now, unless the clock here is behind that of
    /// the database, or was set back since what is shown was stored.
    pub(crate) fn latest(&self) -> Timestamp {
        let known = self.served.as_ref().map(|served| served.as_of);
        let made = self.picture.as_ref().map(|picture| made_at(&picture.held.run));
        [known, made].into_iter().flatten().fold(Timestamp::now(), Timestamp::max)
    }

    /// The rules and the database, for what the pictures do not have.
    pub(crate) fn office(&self) -> &Office {
        &self.service.office
    }

    pub(crate) fn store(&self) -> Store {
        self.service.office.store.clone()
    }

    pub(crate) fn service(&self) -> &Data<Service> {
        &self.service
    }

    /// The agency for which the caller asks, if for one.
    pub(crate) fn agency(&self) -> Option<&Agency> {
        match &self.caller {
            Caller::Known(verified) => verified.agency.as_ref(),
            Caller::Anonymous => None,
        }
    }

    /// The LEAs that the caller's agency reaches; none for who has none.
    pub(crate) fn reach(&self) -> Option<Reach> {
        let Caller::Known(verified) = &self.caller else { return None };
        let agency = verified.agency.as_ref();
        Some(match &self.served {
            Some(served) => served.reach(agency),
            None => Reach::of(agency, &Arc::default(), |cds| BTreeSet::from([cds])),
        })
    }

    /// What everybody is shown now, whoever asks.
    pub(crate) fn public(&self) -> Result<Arc<Snapshot>, Problem> {
        let served = self.served.as_ref().ok_or_else(nothing_decided)?;
        Ok(Arc::clone(&served.pictures.public))
    }

    /// The county in which an LEA is.
    pub(crate) fn county_of(&self, cds: CdsCode) -> CountyCode {
        self.served.as_ref().map_or(cds.county(), |served| served.territory.county(cds))
    }

    /// The geographic lead agencies of a county, by the table of today; none where no table
    /// says any.
    pub(crate) fn leads_of(&self, county: CountyCode) -> Vec<String> {
        let leads = self.served.iter().flat_map(|served| &served.territory.leads);
        leads.filter(|(_, of)| of.contains(&county)).map(|(lead, _)| lead.clone()).collect()
    }

    /// A release, also where the caller does not see it.
    pub(crate) fn any_release(
        &self,
        wanted: impl Fn(&ReleaseRecord) -> bool,
    ) -> Option<ReleaseRecord> {
        let releases = &self.served.as_ref()?.pictures.full.held.releases;
        releases.iter().find(|release| wanted(release)).cloned()
    }

    /// The same permission, for what is served after a write of the caller's.
    pub(crate) async fn again(&self, request: &HttpRequest) -> Result<May<O>, Problem> {
        let service = Data::clone(&self.service);
        apart(move || Ok(service.look(None)?)).await?;
        May::ask(request.clone()).await
    }

    /// What of the feed the caller is told, who goes on where this mark was given out.
    pub(crate) async fn feed(&self, mark: Option<String>) -> Result<FeedOf, Problem> {
        let served = self.served.clone().ok_or_else(nothing_decided)?;
        let (service, audience) = (Data::clone(&self.service), self.audience.clone());
        apart(move || {
            let place = service.feed_place(&served)?;
            Ok(served.feed_of(&audience, place, mark.as_deref()))
        })
        .await
    }

    /// From when each release is public, as far as was known when it was taken up.
    pub(crate) fn moments(&self) -> Option<&Moments> {
        self.served.as_ref().map(|served| &*served.moments)
    }

    /// The number of what was said last of when a release is public, as far as was known when
    /// it was taken up.
    pub(crate) fn said_of(&self, number: ReleaseNumber) -> Option<u32> {
        self.served.as_ref()?.moments.said_of(number)
    }

    /// What is known of an LEA, with the federal ids that the caller may know of.
    pub(crate) fn with_ids(&self, register: Register, cds: CdsCode) -> Register {
        match (&self.served, &self.picture) {
            (Some(served), Some(shown)) => served.with_ids(register, cds, shown),
            _ => register,
        }
    }

    /// What a list is read from in a dataset that the caller began it with, if it is still kept.
    pub(crate) fn part_of<T: ListedPart>(&self, dataset: &str) -> Result<Arc<T>, Problem> {
        if let Some(now) = self.now().filter(|now| now.dataset() == dataset) {
            return Ok(Arc::clone(T::of(now)));
        }
        self.service.earlier(&self.audience, dataset).ok_or_else(|| {
            Problem::new(
                Kind::CursorExpired,
                "other runs have been taken up since the list began; begin it again without a \
                 cursor",
            )
        })
    }

    /// The runs that the caller may know of.
    pub(crate) async fn runs(&self) -> Result<Vec<RunRecord>, Problem> {
        let shown = self.current()?;
        let service = Data::clone(&self.service);
        let runs = apart(move || Ok(service.office.store.runs().map_err(AppError::from)?)).await?;
        Ok(shown.runs(runs))
    }
}

/// Refuses a caller that has none of some scopes.
fn scope_had(caller: &Caller, scopes: &[Scope]) -> Result<(), Problem> {
    match (caller, scopes) {
        (Caller::Anonymous, _) => Err(token_needed()),
        (caller, [first, ..]) if !scopes.iter().any(|scope| caller.has(*scope)) => {
            Err(scope_needed(*first))
        }
        _ => Ok(()),
    }
}

fn nothing_decided() -> Problem {
    Problem::new(
        Kind::NothingDecided,
        "no run is stored yet: import files, then run `calsos determine`; the service takes the \
         run up by itself",
    )
}

/// Says why a token is not accepted.
fn token_refused(fault: &TokenFault) -> Problem {
    let refused = Problem::new(Kind::TokenRefused, fault.to_string()).coded(fault.code());
    refused.challenging(format!("{CHALLENGE}, error=\"invalid_token\""))
}

impl<O: Operation + 'static> FromRequest for May<O> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<May<O>, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(May::ask(request.clone()))
    }
}

impl<O> std::fmt::Debug for May<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("May").field("caller", &self.caller).finish_non_exhaustive()
    }
}
