//! How many requests a caller may send. Each has a bucket of its own, which is emptied by
//! requests and fills up again steadily.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How many callers have a bucket of their own, a few megabytes of them. As long as there are
/// more who have just called, the further ones share one.
const CALLERS: usize = 65_536;

/// The fastest rate and the largest burst that can be asked for.
const MOST: u32 = 1_000_000;

/// So many requests a second, after a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: NonZeroU32,
    pub(crate) burst: NonZeroU32,
}

impl Rate {
    /// `RATE/BURST`.
    pub(crate) fn parse(text: &str) -> Option<Rate> {
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number: &NonZeroU32| digits && number.get() <= MOST)
        };
        let (per_second, burst) = text.split_once('/')?;
        Some(Rate { per_second: number(per_second)?, burst: number(burst)? })
    }

    /// How many seconds it takes until so many requests can be sent again.
    fn seconds_for(self, requests: u32) -> u32 {
        requests.div_ceil(self.per_second.get())
    }
}

/// What callers may send; `None` is as much as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Who shows no token, by address.
    pub(crate) anonymous: Option<Rate>,
    /// Who shows a token, by issuer and client.
    pub(crate) client: Option<Rate>,
}

/// Whom a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who<'a> {
    /// Nobody in particular, from an address.
    Address(IpAddr),
    /// A client, by its issuer's name and its own.
    Client { issuer: &'a str, name: &'a str },
}

/// What is said of a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Nobody counts.
    Unlimited,
    /// It is within the limit.
    Admitted(Standing),
    /// It is one too many.
    Refused(TooMany),
}

/// What is left of a limit, as responses say it.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    policy: HeaderValue,
    left: HeaderValue,
}

/// One request too many.
#[derive(Debug)]
pub(crate) struct TooMany {
    pub(crate) standing: Standing,
    /// The limit.
    pub(crate) rate: Rate,
    /// In how many seconds the next one is admitted.
    pub(crate) retry_after: u64,
}

impl Standing {
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_POLICY, self.policy);
        headers.insert(RATE_LIMIT, self.left);
    }
}

/// The limits, and what each caller has left of them.
pub(crate) struct Limits {
    anonymous: Option<Limit<DefaultClock>>,
    client: Option<Limit<DefaultClock>>,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Limits {
        let limit = |name, rate| Limit::new(name, rate, DefaultClock::default());
        Limits {
            anonymous: rates.anonymous.map(|rate| limit("anonymous", rate)),
            client: rates.client.map(|rate| limit("client", rate)),
        }
    }

    /// Counts a request.
    pub(crate) fn check(&self, who: Who<'_>) -> Verdict {
        let limit = match who {
            Who::Address(_) => &self.anonymous,
            Who::Client { .. } => &self.client,
        };
        limit.as_ref().map_or(Verdict::Unlimited, |limit| limit.check(who))
    }

    /// Forgets callers whose buckets are full again: they have lost nothing.
    pub(crate) fn forget_idle(&self) {
        for limit in [&self.anonymous, &self.client].into_iter().flatten() {
            limit.limiter.retain_recent();
        }
    }
}

/// One limit for callers of one kind.
struct Limit<C: Clock> {
    rate: Rate,
    limiter: RateLimiter<u64, Buckets, C, StateInformationMiddleware>,
    hasher: RandomState,
    policy: HeaderValue,
    /// How the header of what is left begins.
    named: String,
}

impl<C: Clock> Limit<C> {
    fn new(name: &str, rate: Rate, clock: C) -> Limit<C> {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let window = rate.seconds_for(rate.burst.get());
        let policy = format!("\"{name}\";q={};w={window}", rate.burst);
        Limit {
            rate,
            limiter: RateLimiter::new(quota, Buckets::default(), clock),
            hasher: RandomState::new(),
            policy: HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("")),
            named: format!("\"{name}\";r="),
        }
    }

    fn check(&self, who: Who<'_>) -> Verdict {
        // Which texts and addresses would meet in one bucket, nobody can know.
        let key = match who {
            Who::Address(address) => self.hasher.hash_one(network_of(address)),
            Who::Client { issuer, name } => self.hasher.hash_one((issuer, name)),
        };
        match self.limiter.check_key(&key) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let used = self.rate.burst.get().saturating_sub(left);
                Verdict::Admitted(self.standing(left, u64::from(self.rate.seconds_for(used))))
            }
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let retry_after = retry_after.max(1);
                let full = u64::from(self.rate.seconds_for(self.rate.burst.get()));
                let standing = self.standing(0, full.max(retry_after));
                Verdict::Refused(TooMany { standing, rate: self.rate, retry_after })
            }
        }
    }

    /// So many requests are left, and in so many seconds they are all there again.
    fn standing(&self, left: u32, full_in: u64) -> Standing {
        let mut numbers = (itoa::Buffer::new(), itoa::Buffer::new());
        let (left, full_in) = (numbers.0.format(left), numbers.1.format(full_in));
        let parts = [&self.named, left, ";t=", full_in];
        // Exactly as long as it becomes, it is shared without being copied.
        let mut text = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            text.extend_from_slice(part.as_bytes());
        }
        let left = HeaderValue::from_maybe_shared(actix_web::web::Bytes::from(text));
        Standing {
            policy: self.policy.clone(),
            left: left.unwrap_or_else(|_| HeaderValue::from_static("")),
        }
    }
}

/// The network that one caller has to itself: an address of IPv4, 64 bits of IPv6.
fn network_of(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        // No host has an address that begins with 32 zero bits, as those above do.
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    }
}

/// When the bucket of each caller is full again.
#[derive(Default)]
struct Buckets(Mutex<Known>);

#[derive(Default)]
struct Known {
    callers: HashMap<u64, u64>,
    /// The bucket of all callers for whom there is no room.
    others: u64,
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { callers, others } = &mut *known;
        let full = callers.len() >= CALLERS;
        let bucket = match callers.entry(*key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if full => others,
            Entry::Vacant(entry) => entry.insert(0),
        };
        let before = NonZeroU64::new(*bucket).map(|nanos| nanos.get().into());
        let (decided, after) = decide(before)?;
        *bucket = after.into();
        Ok(decided)
    }
}

impl ShrinkableKeyedStateStore<u64> for Buckets {
    fn retain_recent(&self, full_before: Nanos) {
        let full_before = u64::from(full_before);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.callers.retain(|_, full_at| *full_at > full_before);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).callers.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::{Duration, Instant};

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limit(rate: &str) -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limit::new("anonymous", Rate::parse(rate).unwrap(), clock.clone()), clock)
    }

    fn client<'a>(issuer: &'a str, name: &'a str) -> Who<'a> {
        Who::Client { issuer, name }
    }

    fn v4(last: u8) -> Who<'static> {
        Who::Address(Ipv4Addr::new(192, 0, 2, last).into())
    }

    fn v6(network: u16, host: u16) -> Who<'static> {
        Who::Address(Ipv6Addr::new(0x2001, 0xdb8, 0, network, 0, 0, 0, host).into())
    }

    fn left(verdict: Verdict) -> String {
        let Verdict::Admitted(Standing { left, policy }) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(policy, "\"anonymous\";q=10;w=2");
        left.to_str().unwrap().to_owned()
    }

    fn wait(verdict: Verdict) -> u64 {
        let Verdict::Refused(refused) = verdict else { panic!("{verdict:?}") };
        refused.retry_after
    }

    #[test]
    fn a_rate_is_two_whole_numbers() {
        let rate = Rate::parse("5/10").unwrap();
        assert_eq!((rate.per_second.get(), rate.burst.get()), (5, 10));
        for text in ["", "5", "5/", "/5", "0/5", "5/0", "+5/5", "5/ 5", "1.5/5", "5/1000001"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let (limit, clock) = limit("5/10");
        for number in 1..=10 {
            let expected = format!("\"anonymous\";r={};t={}", 10 - number, (number + 4) / 5);
            assert_eq!(left(limit.check(v4(1))), expected);
        }
        assert_eq!(wait(limit.check(v4(1))), 1);
        assert_eq!(wait(limit.check(v4(1))), 1);
        clock.advance(Duration::from_millis(200));
        assert_eq!(left(limit.check(v4(1))), "\"anonymous\";r=0;t=2");
        assert_eq!(wait(limit.check(v4(1))), 1);
        clock.advance(Duration::from_secs(60));
        assert_eq!(left(limit.check(v4(1))), "\"anonymous\";r=9;t=1");
    }

    #[test]
    fn a_refusal_says_until_when_all_is_there_again() {
        let (limit, _) = limit("1/3");
        for _ in 0..3 {
            assert!(matches!(limit.check(v4(1)), Verdict::Admitted(_)));
        }
        let Verdict::Refused(refused) = limit.check(v4(1)) else { panic!("admitted") };
        let mut headers = HeaderMap::new();
        refused.standing.write_to(&mut headers);
        assert_eq!(headers.get("ratelimit").unwrap(), "\"anonymous\";r=0;t=3");
        assert_eq!(headers.get("ratelimit-policy").unwrap(), "\"anonymous\";q=3;w=3");
    }

    #[test]
    fn an_address_and_a_network_of_ipv6_are_one_caller_each() {
        let (limit, _) = limit("1/1");
        assert!(matches!(limit.check(v4(1)), Verdict::Admitted(_)));
        assert!(matches!(limit.check(v4(2)), Verdict::Admitted(_)));
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
        assert!(matches!(limit.check(Who::Address(mapped.into())), Verdict::Refused(_)));
        assert!(matches!(limit.check(v6(1, 1)), Verdict::Admitted(_)));
        assert!(matches!(limit.check(v6(1, 2)), Verdict::Refused(_)));
        assert!(matches!(limit.check(v6(2, 1)), Verdict::Admitted(_)));
        assert!(matches!(limit.check(client("a", "b")), Verdict::Admitted(_)));
        assert!(matches!(limit.check(client("a", "c")), Verdict::Admitted(_)));
        assert!(matches!(limit.check(client("a", "b")), Verdict::Refused(_)));
    }

    #[test]
    fn who_is_idle_is_forgotten_and_further_callers_share_a_bucket() {
        let (limit, clock) = limit("1/2");
        let caller = |number: u32| Who::Address(Ipv4Addr::from_bits(number).into());
        for number in 0..u32::try_from(CALLERS).unwrap() {
            assert!(matches!(limit.check(caller(number)), Verdict::Admitted(_)));
        }
        assert_eq!(limit.limiter.len(), CALLERS);
        // Two of all further ones are admitted, and whoever was there before still is.
        let further: Vec<bool> = (0..4)
            .map(|number| limit.check(caller(u32::MAX - number)))
            .map(|verdict| matches!(verdict, Verdict::Admitted(_)))
            .collect();
        assert_eq!(further, [true, true, false, false]);
        assert!(matches!(limit.check(caller(7)), Verdict::Admitted(_)));
        assert_eq!(limit.limiter.len(), CALLERS);
        clock.advance(Duration::from_millis(2500));
        limit.limiter.retain_recent();
        assert_eq!(limit.limiter.len(), 1);
        clock.advance(Duration::from_secs(1));
        limit.limiter.retain_recent();
        assert!(limit.limiter.is_empty());
    }

    #[test]
    fn without_a_rate_nobody_counts() {
        let limits = Limits::new(Rates { anonymous: None, client: Rate::parse("1/1") });
        assert!(matches!(limits.check(v4(1)), Verdict::Unlimited));
        assert!(matches!(limits.check(client("a", "b")), Verdict::Admitted(_)));
        assert!(matches!(limits.check(client("a", "b")), Verdict::Refused(_)));
        limits.forget_idle();
        assert!(matches!(limits.check(client("a", "b")), Verdict::Refused(_)));
    }

    /// `cargo test --release -p calsos-api --lib -- --ignored --nocapture cost_of_a_check`
    #[test]
    #[ignore = "measures"]
    fn cost_of_a_check() {
        let rates = Rates { anonymous: Rate::parse("1000000/1000000"), client: None };
        let limits = Limits::new(rates);
        for callers in [1, 10_000] {
            let times = 2_000_000;
            let start = Instant::now();
            for number in 0..times {
                let who = Who::Address(Ipv4Addr::from_bits(number % callers).into());
                std::hint::black_box(limits.check(who));
            }
            println!("{callers} callers: {:?} a check", start.elapsed() / times);
        }
        let mut response = HeaderMap::new();
        let times = 2_000_000;
        let start = Instant::now();
        for _ in 0..times {
            if let Verdict::Admitted(standing) = limits.check(v4(1)) {
                standing.write_to(&mut response);
            }
            std::hint::black_box(&response);
        }
        println!("with its headers: {:?}", start.elapsed() / times);
    }
}
