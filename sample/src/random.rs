//! Numbers that look random and are the same for ever: SplitMix64 (Steele, Lea and Flood,
//! 2014) over a key.
//!
//! Every value has a key of its own (the seed, what it is for, whose it is, which year), so
//! that a file can be written without what other files drew. Only whole numbers are used:
//! no platform's rounding has a say, and no library's next version.

/// Draws from a key.
#[derive(Clone, Debug)]
pub(crate) struct Draws(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Draws {
    /// The draws of a key. Other keys, also of the same numbers in another order, give others.
    pub(crate) fn keyed(seed: u64, key: &[u64]) -> Draws {
        let mut state = mixed(seed.wrapping_add(GOLDEN));
        for part in key {
            state = mixed(state.wrapping_add(GOLDEN) ^ part.wrapping_mul(GOLDEN));
        }
        Draws(state)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }

    /// A number from 0 to `count` - 1; 0 where `count` is 0.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u64
    }

    /// True in so many of 100,000 cases.
    pub(crate) fn chance(&mut self, of_100_000: u64) -> bool {
        self.below(100_000) < of_100_000
    }

    /// About a normal distribution: thousandths of a standard deviation, from -3463 to 3463,
    /// as the sum of four even draws.
    pub(crate) fn normal(&mut self) -> i64 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        // The sum has a mean of 4 * 32767.5 and a standard deviation of 65536 / sqrt(3).
        (sum as i64 - 131_070) * 1000 / 37_837
    }

    /// One of the values; the first where there is none else.
    pub(crate) fn one_of<'a>(&mut self, values: &[&'a str]) -> &'a str {
        let at = self.below(values.len() as u64) as usize;
        values.get(at).copied().unwrap_or_default()
    }

    /// A value between the points of a curve, each as likely to be passed as the next.
    pub(crate) fn on_curve(&mut self, curve: &[u32]) -> u32 {
        let steps = curve.len().saturating_sub(1) as u64;
        let place = self.below(steps * 1000);
        let at = (place / 1000) as usize;
        let (low, high) = (curve.get(at), curve.get(at + 1));
        let (Some(low), Some(high)) = (low, high) else { return 0 };
        let (low, high) = (u64::from(*low), u64::from(*high));
        (low + (high - low) * (place % 1000) / 1000) as u32
    }
}

/// `value` times 2 to the power of `thousandths` / 1000, straight lines between the whole
/// powers.
pub(crate) fn times_power_of_two(value: i64, thousandths: i64) -> i64 {
    let whole = thousandths.div_euclid(1000).clamp(-20, 20);
    let scaled = value * (1000 + thousandths.rem_euclid(1000)) / 1000;
    if whole >= 0 { scaled << whole } else { scaled >> -whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first outputs of SplitMix64 from the state 1234567.
        let mut draws = Draws(1_234_567);
        assert_eq!(draws.next(), 6_457_827_717_110_365_317);
        assert_eq!(draws.next(), 3_203_168_211_198_807_973);
        assert_eq!(draws.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn another_seed_key_or_order_draws_other_numbers() {
        let first = |seed, key: &[u64]| Draws::keyed(seed, key).next();
        assert_eq!(first(1, &[2, 3]), first(1, &[2, 3]));
        assert_ne!(first(1, &[2, 3]), first(2, &[2, 3]));
        assert_ne!(first(1, &[2, 3]), first(1, &[3, 2]));
        assert_ne!(first(1, &[2]), first(1, &[2, 0]));
    }

    #[test]
    fn normal_draws_have_a_mean_of_zero_and_a_deviation_of_one() {
        let mut draws = Draws::keyed(7, &[]);
        let values: Vec<i64> = (0..100_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<i64>() / 100_000;
        let variance = values.iter().map(|v| (v - mean).pow(2)).sum::<i64>() / 100_000;
        assert!(mean.abs() < 15, "{mean}");
        assert!((980_000..1_020_000).contains(&variance), "{variance}");
    }

    #[test]
    fn powers_of_two_double_and_halve() {
        assert_eq!(times_power_of_two(100, 1000), 200);
        assert_eq!(times_power_of_two(100, -1000), 50);
        assert_eq!(times_power_of_two(100, 0), 100);
        assert_eq!(times_power_of_two(100, 500), 150);
    }

    #[test]
    fn below_reaches_both_ends_and_nothing_beyond() {
        let mut draws = Draws::keyed(7, &[1]);
        let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| draws.below(3)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(draws.below(0), 0);
    }
}
