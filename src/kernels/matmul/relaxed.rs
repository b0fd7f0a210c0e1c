//! The tile product in relaxed SIMD: dots of signed bytes with seven-bit codes.
//!
//! ```text
//! b: 4 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | c2 ... | c3 ...
//! a, splat                       k0   k1   k2   k3   | k0   ...
//! i16x8.relaxed_dot              c0:k01    c0:k23    | c1:k01 ...
//! i32x4.relaxed_dot_add          c0:k0123            | c1:k0123 ...
//! ```
//!
//! The second is one instruction where the machine has it (AVX-VNNI, Arm's SDOT) and three
//! elsewhere; the first is one or two, but its sums are narrow, so that it pays only where a whole
//! block of them fits 16 bits. Both are exact on every machine: `a` is at most 127, so that the top
//! bit of the seven-bit operand is never set, and two products stay within 2 * 128 * 127 < 2^15.

use std::arch::wasm32::*;

use super::BLOCK;
use super::kernel::Tile;
use super::layout::{CODE_BYTES, COLUMNS, PANEL_BLOCK_BYTES, STEP, tile_block_bytes};
use super::simd128::{Vectors, add_block, finished, hidden_block_bytes, tile_product};

tile_product! {
    /// Multiplies a tile of `R` rows with a panel.
    #[target_feature(enable = "relaxed-simd")]
    tile, block_dots
}

tile_product! {
    /// [`tile`] for weights of at most five bits.
    #[target_feature(enable = "relaxed-simd")]
    narrow_tile, narrow_block_dots
}

/// The integer products of one block. Reads `R * BLOCK` bytes of `a` and `codes` of `b`.
#[inline]
#[target_feature(enable = "relaxed-simd")]
unsafe fn block_dots<const R: usize>(mut a: *const u8, mut b: *const u8, codes: usize) -> Vectors<R> {
    let mut dots = [[i32x4_splat(0); 2]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(codes);
        while b != end {
            let columns = [v128_load(b.cast()), v128_load(b.add(16).cast())];
            for (r, dots) in dots.iter_mut().enumerate() {
                let row = v128_load32_splat(a.add(r * STEP).cast());
                for (dot, column) in dots.iter_mut().zip(columns) {
                    *dot = i32x4_relaxed_dot_i8x16_i7x16_add(column, row, *dot);
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    dots
}

/// [`block_dots`] with 16-bit sums. With codes of at most 16 they stay within 16 * 127 * 16 < 2^15.
#[inline]
#[target_feature(enable = "relaxed-simd")]
unsafe fn narrow_block_dots<const R: usize>(mut a: *const u8, mut b: *const u8, codes: usize) -> Vectors<R> {
    let mut dots = [[i16x8_splat(0); 2]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(codes);
        while b != end {
            let columns = [v128_load(b.cast()), v128_load(b.add(16).cast())];
            for (r, dots) in dots.iter_mut().enumerate() {
                let row = v128_load32_splat(a.add(r * STEP).cast());
                for (dot, column) in dots.iter_mut().zip(columns) {
                    *dot = i16x8_add(*dot, i16x8_relaxed_dot_i8x16_i7x16(column, row));
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    dots.map(|row| row.map(|sums| i32x4_extadd_pairwise_i16x8(sums)))
}
