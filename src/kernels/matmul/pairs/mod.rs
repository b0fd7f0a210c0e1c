//! Which steps of a block of weights may be added up two by two in 16 bits.
//!
//! A step's dot in 16 bits has two products a lane, each of a code with an activation of 0..=127. The
//! dots of two steps fit together where, in every lane, the positive codes of both add up to at most
//! [`MOST`], and so do the negative ones. Codes that span a byte may break that, but rarely do: of the 105
//! ways to make four pairs of eight steps, one serves in nearly every block of trained weights (0.99 of
//! them where weights are distributed as Laplace's, 0.87 where normally), and three pairs in the rest.

#[cfg(any(test, not(target_feature = "simd128")))]
mod portable;
#[cfg(target_feature = "simd128")]
mod simd128;

#[cfg(not(target_feature = "simd128"))]
use portable::Sums;
#[cfg(target_feature = "simd128")]
use simd128::Sums;

use super::BLOCK;
use super::layout::{COLUMNS, STEP};

/// What codes of one sign in a lane may add up to: 258 * 127 < 2^15.
const MOST: i16 = 258;
/// Steps of a block.
const STEPS: usize = BLOCK / STEP;
/// Bytes of a panel's step.
const STEP_BYTES: usize = COLUMNS * STEP;

/// The order in which a block's steps are taken: a step in each four bits, the first one lowest. Those that
/// are paired come first, two by two, with [`PAIRED`] set; then the others, ascending. There is an even
/// number of them, so that the last is not step 0: what is left of an order is zero once all are taken.
pub(super) type Order = u32;

/// The bit of a step that is taken together with another.
pub(super) const PAIRED: Order = 8;

/// No two steps fit.
const ALL_ALONE: Order = 0x7654_3210;

/// The order with as many pairs as fit. `codes` are those of a panel's block, which has the codes of a lane
/// side by side.
pub(super) fn order(codes: &[u8; COLUMNS * BLOCK]) -> Order {
    let steps = codes.as_chunks::<STEP_BYTES>().0;
    let mut search =
        Search { sums: std::array::from_fn(|step| Sums::of(&steps[step])), known: [None; STEPS * STEPS] };
    (0..STEPS as u32).step_by(2).find_map(|alone| search.pair_up(u8::MAX, 0, alone)).unwrap_or(ALL_ALONE)
}

/// The search for pairs in one block.
struct Search {
    sums: [Sums; STEPS],
    /// Which steps fit together, as far as it was asked.
    known: [Option<bool>; STEPS * STEPS],
}

impl Search {
    /// Pairs up the steps in the set `free`; besides those that stay `alone` already, at most `more` may. `None` if
    /// that cannot be done.
    fn pair_up(&mut self, free: u8, alone: u8, more: u32) -> Option<Order> {
        if free == 0 {
            let steps = (0..STEPS as u32).rev().filter(|step| alone >> step & 1 == 1);
            return Some(steps.fold(0, |order, step| order << 4 | step));
        }
        let first = free.trailing_zeros();
        let free = free & (free - 1);
        let mut seconds = free;
        while seconds != 0 {
            let second = seconds.trailing_zeros();
            seconds &= seconds - 1;
            if self.fit(first as usize, second as usize)
                && let Some(rest) = self.pair_up(free & !(1 << second), alone, more)
            {
                return Some(rest << 8 | (PAIRED | second) << 4 | PAIRED | first);
            }
        }
        if more == 0 {
            return None;
        }
        self.pair_up(free, alone | 1 << first, more - 1)
    }

    fn fit(&mut self, one: usize, other: usize) -> bool {
        let Self { sums, known } = self;
        *known[one * STEPS + other].get_or_insert_with(|| sums[one].fit(&sums[other]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::random::Random;
    use super::*;

    /// The steps that an order pairs, and the others.
    fn taken(mut order: Order) -> (Vec<[usize; 2]>, Vec<usize>) {
        let (mut pairs, mut alone) = (Vec::new(), Vec::new());
        while order & PAIRED != 0 {
            pairs.push([order & 7, order >> 4 & 7].map(|step| step as usize));
            order >>= 8;
        }
        while order != 0 {
            alone.push((order & 7) as usize);
            order >>= 4;
        }
        (pairs, alone)
    }

    /// The least and the most that two steps' dots can be in a lane.
    fn range(codes: &[u8], steps: [usize; 2], lane: usize) -> (i32, i32) {
        let codes =
            steps.map(|step| [0, 1].map(|k| i32::from(codes[step * STEP_BYTES + lane * 2 + k] as i8)));
        let sum = |sign: i32| codes.as_flattened().iter().map(|code| (code * sign).max(0)).sum::<i32>();
        (-127 * sum(-1), 127 * sum(1))
    }

    #[test]
    fn every_step_is_taken_once_and_no_two_that_are_paired_leave_16_bits() {
        let mut random = Random::new(1);
        let mut paired = [0; STEPS / 2 + 1];
        for spread in [20.0, 60.0, 90.0, 128.0].repeat(500) {
            let codes: [u8; COLUMNS * BLOCK] = std::array::from_fn(|_| {
                let sum: f64 = (0..3).map(|_| random.between(-1.0, 1.0)).sum();
                (sum * spread).clamp(-128.0, 127.0) as i8 as u8
            });
            let (pairs, alone) = taken(order(&codes));
            paired[pairs.len()] += 1;
            let mut steps = [pairs.as_flattened(), &alone].concat();
            steps.sort_unstable();
            assert_eq!(steps, (0..STEPS).collect::<Vec<_>>());
            for (steps, lane) in
                pairs.iter().flat_map(|steps| (0..STEP_BYTES / 2).map(move |lane| (*steps, lane)))
            {
                let (least, most) = range(&codes, steps, lane);
                assert!(least >= i32::from(i16::MIN) && most <= i32::from(i16::MAX), "{least}..{most}");
            }
        }
        assert!(paired.iter().filter(|count| **count > 0).count() > 2, "{paired:?}");
    }

    #[test]
    fn vectors_find_that_steps_fit_where_arrays_do() {
        let mut random = Random::new(2);
        let mut step = |most: usize| -> [u8; STEP_BYTES] {
            let sign = [1, -1][random.below(2)];
            std::array::from_fn(|_| match random.below(most) {
                0 => random.bits() as u8,
                // Near the bound: 127 + 127 + 2 + 2, 128 + 128 + 1 + 1, one more and one less.
                _ => (sign * [127, 2, 2, 1, 3, 0][random.below(6)]) as u8,
            })
        };
        let mut fitting = 0;
        for most in [1, 100].repeat(1000) {
            // Single lanes differ from nothing at all: what decides lies in any of them.
            let (mut one, mut other) = (step(most), step(most));
            let lanes = 2 * (fitting % (STEP_BYTES / 2))..2 * (fitting % (STEP_BYTES / 2)) + 2;
            for step in [&mut one, &mut other] {
                let kept = step[lanes.clone()].to_vec();
                step.fill(0);
                step[lanes.clone()].copy_from_slice(&kept);
            }
            let fit = portable::Sums::of(&one).fit(&portable::Sums::of(&other));
            assert_eq!(Sums::of(&one).fit(&Sums::of(&other)), fit, "{one:?} {other:?}");
            fitting += usize::from(fit);
        }
        assert!((200..1900).contains(&fitting), "{fitting}");
    }

    #[test]
    fn the_largest_codes_of_all_are_taken_one_by_one() {
        for code in [127_i8, -127, -128] {
            assert_eq!(order(&[code as u8; COLUMNS * BLOCK]), ALL_ALONE);
        }
    }

    #[test]
    fn large_codes_are_paired_with_small_ones_as_far_as_these_go() {
        for large in 0..STEPS {
            let mut codes = [0; COLUMNS * BLOCK];
            codes[..large * STEP_BYTES].fill(127);
            let (pairs, _) = taken(order(&codes));
            assert_eq!(pairs.len(), STEPS / 2 - large.saturating_sub(STEPS / 2));
            assert!(pairs.iter().all(|[one, other]| *one >= large || *other >= large));
        }
    }
}
