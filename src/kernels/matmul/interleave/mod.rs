//! Eight columns' codes of a block, put into the order of a panel, with what is known of them there.
//!
//! This is most of what loading a model costs beside reading it, and it runs once, in code that engines of WebAssembly
//! have not had the time to optimize: so it is written in vectors, of which each replaces sixteen of their plain loads
//! and stores.

#[cfg(any(test, not(target_feature = "simd128")))]
mod portable;
#[cfg(target_feature = "simd128")]
mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub(super) use portable::interleave;
#[cfg(target_feature = "simd128")]
pub(super) use simd128::interleave;

use super::layout::COLUMNS;

/// What a panel's block says of its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Each column's sum, at most 32 * 128.
    pub sums: [i16; COLUMNS],
    /// The largest magnitude, 128 at most.
    pub largest: u8,
}

#[cfg(test)]
mod tests {
    use super::super::super::random::Random;
    use super::super::BLOCK;
    use super::*;

    #[test]
    fn vectors_put_codes_where_plain_loops_do() {
        let mut random = Random::new(3);
        for round in 0..200 {
            let few = [-128, 127, 0][round % 3];
            let mut code = || if random.below(4) == 0 { few } else { random.below(256) as u8 as i8 };
            let columns: [[i8; BLOCK]; COLUMNS] = std::array::from_fn(|_| std::array::from_fn(|_| code()));
            let (mut target, mut expected) = ([0; COLUMNS * BLOCK], [0; COLUMNS * BLOCK]);
            let facts = portable::interleave(&columns, &mut expected);
            assert_eq!(interleave(&columns, &mut target), facts);
            assert_eq!(target, expected);
            assert_eq!(facts.sums[7], columns[7].iter().map(|code| i16::from(*code)).sum::<i16>());
        }
    }

    #[test]
    fn the_largest_magnitude_is_that_of_any_column_and_sign() {
        for place in 0..COLUMNS * BLOCK {
            for (code, magnitude) in [(-128, 128), (127, 127), (-1, 1)] {
                let mut columns = [[0; BLOCK]; COLUMNS];
                columns[place / BLOCK][place % BLOCK] = code;
                assert_eq!(interleave(&columns, &mut [0; COLUMNS * BLOCK]).largest, magnitude);
            }
        }
    }
}
