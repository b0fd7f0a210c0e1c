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
use super::layout::{COLUMNS, PANEL_BLOCK_BYTES, STEP, tile_block_bytes};
use super::simd128::{Vectors, add_block, finished, hidden_block_bytes};

/// Multiplies a tile of `R` rows with a panel. [`super::Kernel::tile`] has checked that both have
/// the same number of whole blocks.
#[target_feature(enable = "relaxed-simd")]
pub(super) fn tile<const R: usize>(tile: &[u8], panel: &[u8]) -> Tile<R> {
    let mut sums = [[f32x4_splat(0.0); 2]; R];
    let (mut a, mut b) = (tile.as_ptr(), panel.as_ptr());
    let codes = hidden_block_bytes();
    // SAFETY: each turn reads one block of the tile and one of the panel, of which there are
    // equally many; loads have no alignment rule.
    unsafe {
        let end = b.add(panel.len());
        while b != end {
            let dots = block_dots::<R>(a, b, codes);
            add_block(a.add(R * BLOCK), b.add(COLUMNS * BLOCK), &dots, &mut sums);
            a = a.add(tile_block_bytes(R));
            b = b.add(PANEL_BLOCK_BYTES);
        }
    }
    finished(sums)
}

/// [`tile`] for weights of at most five bits.
#[target_feature(enable = "relaxed-simd")]
pub(super) fn narrow_tile<const R: usize>(tile: &[u8], panel: &[u8]) -> Tile<R> {
    let mut sums = [[f32x4_splat(0.0); 2]; R];
    let (mut a, mut b) = (tile.as_ptr(), panel.as_ptr());
    let codes = hidden_block_bytes();
    // SAFETY: as in `tile`.
    unsafe {
        let end = b.add(panel.len());
        while b != end {
            let dots = narrow_block_dots::<R>(a, b, codes);
            add_block(a.add(R * BLOCK), b.add(COLUMNS * BLOCK), &dots, &mut sums);
            a = a.add(tile_block_bytes(R));
            b = b.add(PANEL_BLOCK_BYTES);
        }
    }
    finished(sums)
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
