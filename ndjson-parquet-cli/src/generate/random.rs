//! The random numbers of the generator: xoshiro256** seeded through SplitMix64.
//!
//! Written from the published descriptions (Blackman and Vigna, "Scrambled linear pseudorandom
//! number generators"; Steele, Lea and Flood, "Fast splittable pseudorandom number generators"),
//! because a crate's generator may change its output between versions. Not for secrets.

/// A stream of random numbers that is a function of its seed.
pub(super) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        let mut counter = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut counter)) }
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number less than `limit`. The bias of the multiplication is under 2^-24 for every limit
    /// used here, which is nothing that a data generator could show.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A number less than `limit` that is small more often than large, like the popularity of
    /// users and repositories.
    pub(super) fn skewed_below(&mut self, limit: u64) -> u64 {
        let inner = self.below(limit) + 1;
        self.below(inner)
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, each as likely as the others.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// One step of SplitMix64.
fn split_mix(counter: &mut u64) -> u64 {
    *counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *counter;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the paper's reference program: the first outputs for a seed of 1234567.
    #[test]
    fn split_mix_gives_the_published_sequence() {
        let mut counter = 1_234_567;
        let found: [u64; 3] = std::array::from_fn(|_| split_mix(&mut counter));
        assert_eq!(
            found,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    /// Worked by hand for the state 1, 2, 3, 4: 2 * 5 rotated by 7 is 1280, times 9 is 11520; the
    /// next state has 0 in the second place, whose product is 0.
    #[test]
    fn xoshiro_follows_its_definition() {
        let mut random = Random { state: [1, 2, 3, 4] };
        assert_eq!(random.bits(), 11_520);
        assert_eq!(random.state, [1 ^ 6, 2 ^ 2, 2 ^ (2 << 17), 6 << 45]);
        assert_eq!(random.bits(), 0);
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(7);
        for _ in 0..10_000 {
            assert!(random.below(3) < 3);
            assert!((10..=12).contains(&random.between(10, 12)));
            assert!(random.skewed_below(5) < 5);
        }
    }
}
