//! A panel's order in WebAssembly SIMD: four columns by four steps are a matrix of 32-bit numbers, which is transposed.

#![expect(unsafe_code, reason = "loads and stores of vectors")]

use std::arch::wasm32::*;

use super::super::super::lanes::transposed;
use super::super::BLOCK;
use super::super::layout::{COLUMNS, STEP, WIDENED};
use super::Facts;

/// Writes the codes of a block of `columns` into `target`. A function of its own, so that an engine that finds it in
/// much use has little to compile.
#[inline(never)]
pub(in super::super) fn interleave(
    columns: &[[i8; BLOCK]; COLUMNS],
    target: &mut [u8; COLUMNS * BLOCK],
) -> Facts {
    let mut largest = i8x16_splat(0);
    let mut sums = [i16x8_splat(0); 2];
    for half in 0..2 {
        for (quad, sums) in sums.iter_mut().enumerate() {
            // SAFETY: each column has 32 bytes; v128.load has no alignment rule.
            let load = |column: usize| unsafe {
                v128_load(columns[quad * 4 + column].as_ptr().add(half * 16).cast())
            };
            let steps = transposed([load(0), load(1), load(2), load(3)]);
            for (step, codes) in steps.into_iter().enumerate() {
                largest = u8x16_max(largest, i8x16_abs(codes));
                *sums = i16x8_add(*sums, i16x8_extadd_pairwise_i8x16(codes));
                let ordered =
                    if WIDENED { i16x8_shuffle::<0, 2, 4, 6, 1, 3, 5, 7>(codes, codes) } else { codes };
                let at = (half * 4 + step) * COLUMNS * STEP + quad * 16;
                // SAFETY: eight steps of two vectors each are the target's 256 bytes.
                unsafe { v128_store(target.as_mut_ptr().add(at).cast(), ordered) };
            }
        }
    }
    let [first, others] = sums.map(|sums| i32x4_extadd_pairwise_i16x8(sums));
    let mut found = [0; COLUMNS];
    // SAFETY: there is room for eight numbers of 16 bits.
    unsafe { v128_store(found.as_mut_ptr().cast(), i16x8_narrow_i32x4(first, others)) };
    Facts { sums: found, largest: largest_byte(largest) }
}

/// The largest of sixteen bytes.
#[inline(always)]
fn largest_byte(bytes: v128) -> u8 {
    let bytes = u8x16_max(bytes, i64x2_shuffle::<1, 0>(bytes, bytes));
    let bytes = u8x16_max(bytes, i32x4_shuffle::<1, 0, 3, 2>(bytes, bytes));
    let bytes = u8x16_max(bytes, i16x8_shuffle::<1, 0, 3, 2, 5, 4, 7, 6>(bytes, bytes));
    u8x16_extract_lane::<0>(bytes).max(u8x16_extract_lane::<1>(bytes))
}
