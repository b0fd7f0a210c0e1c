//! Sums of pairs of codes, in WebAssembly SIMD.

#![expect(unsafe_code, reason = "loads of vectors")]

use std::arch::wasm32::*;

use super::{MOST, STEP_BYTES};

/// The positive codes of each lane of a step, added up, then the magnitudes of the negative ones: 16-bit lanes.
pub(super) struct Sums([v128; 4]);

impl Sums {
    #[inline(always)]
    pub(super) fn of(step: &[u8; STEP_BYTES]) -> Self {
        // SAFETY: there are 32 bytes; v128.load has no alignment rule.
        let halves = [0, 16].map(|start| unsafe { v128_load(step.as_ptr().add(start).cast()) });
        let zero = i8x16_splat(0);
        let positive = halves.map(|codes| i16x8_extadd_pairwise_i8x16(i8x16_max(codes, zero)));
        let negative = halves.map(|codes| i16x8_neg(i16x8_extadd_pairwise_i8x16(i8x16_min(codes, zero))));
        Self([positive[0], positive[1], negative[0], negative[1]])
    }

    /// Whether the dots of two steps fit 16 bits together.
    #[inline(always)]
    pub(super) fn fit(&self, other: &Self) -> bool {
        let both = |index: usize| i16x8_add(self.0[index], other.0[index]);
        let most = i16x8_max(i16x8_max(both(0), both(1)), i16x8_max(both(2), both(3)));
        !v128_any_true(i16x8_gt(most, i16x8_splat(MOST)))
    }
}
