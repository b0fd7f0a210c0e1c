//! Random numbers from a seed, with the same bits on every machine.
//!
//! The generator is xoshiro256++ (Blackman and Vigna, 2019), its state filled by SplitMix64 (Steele, Lea and
//! Flood, 2014). The distributions stand on `libm`'s portable functions, never on the platform's. Written here, because
//! crates of random numbers change what a seed gives with their releases, and results are published with their seeds.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        let mut mixer = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut mixer)) }
    }

    /// The stream of `seed` that belongs to `key` alone: what is drawn for one key never depends on what
    /// was drawn for others, nor on their order.
    pub fn keyed(seed: u64, key: &str) -> Self {
        // FNV-1a, 64 bits.
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
        Self::new(seed ^ split_mix(&mut { hash }))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Uniform in [0, 1), in steps of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform below `bound`, which is not 0: Lemire's multiplication (2019), without its bias.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            // What is unfair lies below the bound: the division is seldom needed.
            let low = product as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as usize;
            }
        }
    }

    /// Normal with mean 0 and deviation 1 (Marsaglia's polar method, one of its two values).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Poisson with this mean, at least 0 (Knuth's products, over parts of the mean that do not underflow).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        const LARGEST_PART: f64 = 30.0;
        let (mut left, mut count) = (mean, 0);
        while left > 0.0 {
            let part = left.min(LARGEST_PART);
            left -= part;
            let limit = libm::exp(-part);
            let mut product = self.uniform();
            while product > limit {
                count += 1;
                product *= self.uniform();
            }
        }
        count
    }

    /// Puts `values` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..200_000).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        (mean, square / values.len() as f64)
    }

    #[test]
    fn the_stream_is_that_of_the_published_generator() {
        // rand_xoshiro 0.7: Xoshiro256PlusPlus with the state 1, 2, 3, 4.
        let mut random = Random { state: [1, 2, 3, 4] };
        assert_eq!(
            [random.bits(), random.bits(), random.bits()],
            [41_943_041, 58_720_359, 3_588_806_011_781_223]
        );
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut random = Random::new(1);
        let close = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            assert!((mean - expected.0).abs() < 0.03 * expected.1.sqrt(), "mean {mean}, not {}", expected.0);
            assert!((variance / expected.1 - 1.0).abs() < 0.03, "variance {variance}, not {}", expected.1);
        };
        close(moments(|| random.uniform()), (0.5, 1.0 / 12.0));
        close(moments(|| random.normal()), (0.0, 1.0));
        close(moments(|| f64::from(random.poisson(2.5))), (2.5, 2.5));
        close(moments(|| f64::from(random.poisson(60.0))), (60.0, 60.0));
        close(moments(|| random.below(7) as f64), (3.0, 4.0));
    }

    #[test]
    fn a_key_has_its_own_stream_whatever_was_drawn_before() {
        let draw = |key| Random::keyed(9, key).bits();
        assert_eq!(draw("a.png"), draw("a.png"));
        assert_ne!(draw("a.png"), draw("b.png"));
        assert_ne!(draw("a.png"), Random::keyed(8, "a.png").bits());
    }

    #[test]
    fn shuffling_keeps_every_value() {
        let mut values: Vec<u32> = (0..100).collect();
        Random::new(3).shuffle(&mut values);
        assert_ne!(values, (0..100).collect::<Vec<_>>());
        values.sort_unstable();
        assert_eq!(values, (0..100).collect::<Vec<_>>());
    }
}
