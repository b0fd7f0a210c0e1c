//! The tile product in relaxed SIMD: `i16x8.relaxed_dot_i8x16_i7x16_s`, widened after each step.
//!
//! ```text
//! b: 4 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | c2 ... | c3 ...
//! a, splat                       k0   k1   k2   k3   | k0   ...
//! relaxed dot, 16 bits           c0:k01    c0:k23    | c1:k01 ...
//! pairwise, 32 bits              c0:k0123            | c1:k0123 ...
//! ```
//!
//! The dot is exact on every machine here: `a` is at most 127, so the top bit of the seven-bit
//! operand is never set and two products stay within 2 * 128 * 127 < 2^15.

use std::arch::wasm32::*;

use super::simd128::{add_block, store};
use super::{BLOCK, COLUMNS, PANEL_BLOCK_BYTES, STEP, Tile};

/// Multiplies a tile of `R` rows with a panel. [`super::Kernel::tile`] has checked that both have
/// the same number of whole blocks.
#[target_feature(enable = "relaxed-simd")]
pub(super) fn tile<const R: usize>(tile: &[u8], panel: &[u8]) -> Tile<R> {
    let mut sums = [[f32x4_splat(0.0); 2]; R];
    let mut a = tile.as_ptr();
    let mut b = panel.as_ptr();
    // SAFETY: each turn reads one block of the tile and one of the panel, of which there are
    // equally many; loads have no alignment rule.
    unsafe {
        let end = b.add(panel.len());
        while b != end {
            let dots = block_dots::<R>(a, b);
            add_block(a.add(R * BLOCK), b.add(COLUMNS * BLOCK), &dots, &mut sums);
            a = a.add(super::tile_block_bytes(R));
            b = b.add(PANEL_BLOCK_BYTES);
        }
    }
    store(sums)
}

/// The integer products of one block. Reads `R * BLOCK` bytes of `a` and `COLUMNS * BLOCK` of `b`.
#[inline]
#[target_feature(enable = "relaxed-simd")]
unsafe fn block_dots<const R: usize>(mut a: *const u8, mut b: *const u8) -> [[v128; 2]; R] {
    let mut dots = [[i32x4_splat(0); 2]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(std::hint::black_box(COLUMNS * BLOCK));
        while b != end {
            let columns = [v128_load(b.cast()), v128_load(b.add(16).cast())];
            for (r, dots) in dots.iter_mut().enumerate() {
                let row = v128_load32_splat(a.add(r * STEP).cast());
                for (dot, column) in dots.iter_mut().zip(columns) {
                    let products = i16x8_relaxed_dot_i8x16_i7x16(column, row);
                    *dot = i32x4_add(*dot, i32x4_extadd_pairwise_i16x8(products));
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    dots
}
