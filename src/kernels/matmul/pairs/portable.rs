//! Sums of pairs of codes, in plain Rust.

use super::{MOST, STEP_BYTES};

/// Lanes of a step's dots in 16 bits.
const LANES: usize = STEP_BYTES / 2;

/// The positive codes of each lane of a step, added up, then the magnitudes of the negative ones.
pub(super) struct Sums([[i16; LANES]; 2]);

impl Sums {
    pub(super) fn of(step: &[u8; STEP_BYTES]) -> Self {
        let lanes = step.as_chunks::<2>().0;
        let of_sign = |sign: i16| {
            std::array::from_fn(|lane| {
                lanes[lane].iter().map(|code| (i16::from(*code as i8) * sign).max(0)).sum()
            })
        };
        Self([of_sign(1), of_sign(-1)])
    }

    /// Whether the dots of two steps fit 16 bits together.
    pub(super) fn fit(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_flattened(), other.0.as_flattened());
        one.iter().zip(other).all(|(one, other)| one + other <= MOST)
    }
}
