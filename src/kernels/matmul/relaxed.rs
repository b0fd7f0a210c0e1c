//! The tile product in relaxed SIMD: dots of signed bytes with seven-bit codes.
//!
//! ```text
//! b: 4 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | c2 ... | c3 ...
//! a, splat                       k0   k1   k2   k3   | k0   ...
//! i16x8.relaxed_dot              c0:k01    c0:k23    | c1:k01 ...
//! i32x4.relaxed_dot_add          c0:k0123            | c1:k0123 ...
//! i16x8.add of two steps         c0:k01+45 c0:k23+67 | ...
//! i32x4.extadd_pairwise          c0:k01234567        | ...
//! ```
//!
//! The second is one instruction where the machine has it (AVX-VNNI, Arm's SDOT) and three
//! elsewhere; the first is one or two, but its sums are narrow, so that it pays only where a whole
//! block of them fits 16 bits. Both are exact on every machine: `a` is at most 127, so that the top
//! bit of the seven-bit operand is never set, and two products stay within 2 * 128 * 127 < 2^15.
//!
//! On x86 without AVX-VNNI the third and fourth cost less: one widening for two steps. They are exact where
//! [`super::pairs`] found steps that fit together. Two instructions widen alike, `i32x4.extadd_pairwise` and
//! `i32x4.dot_i16x8` with ones: which one is faster depends on the engine.

#![expect(unsafe_code, reason = "loads of vectors, by pointers that walk through both operands")]

use std::arch::wasm32::*;

use super::BLOCK;
use super::layout::{CODE_BYTES, COLUMNS, PANEL_BLOCK_BYTES, PanelBlock, STEP, Tile, tile_block_bytes};
use super::pairs::{Order, PAIRED};
use super::simd128::{Vectors, add_block, hidden_block_bytes, tile_product, zero_dots};

tile_product! {
    /// Adds the products of tiles of `R` rows with a panel to their sums.
    #[target_feature(enable = "relaxed-simd")]
    multiply, block_dots
}

tile_product! {
    /// [`multiply`] for weights of at most five bits.
    #[target_feature(enable = "relaxed-simd")]
    multiply_narrow, narrow_block_dots
}

/// [`multiply`] with steps taken in the `orders` of their blocks, two at a time where those say so. There is an order
/// for each block. `ONES` says whether two steps' sums are widened by a product with ones.
///
/// # Safety
/// As [`multiply`], and there has to be an order for each block, none longer than the steps of one.
#[target_feature(enable = "relaxed-simd")]
pub(super) unsafe fn multiply_pairs<const R: usize, const ONES: bool>(
    tiles: &[u8],
    panel: &[PanelBlock],
    orders: &[Order],
    sums: &mut [Tile<R>],
) {
    let (mut a, mut b) = (tiles.as_ptr(), panel.as_ptr().cast::<u8>());
    for order in orders {
        // SAFETY: the caller vouches that each block of the panel has one of each tile and an order; each turn reads
        // one of either, and loads have no alignment rule.
        unsafe {
            let column_scales = b.add(COLUMNS * BLOCK);
            for sums in sums.iter_mut() {
                let row_scales = a.add(R * BLOCK * CODE_BYTES);
                let dots = zero_dots(row_scales, column_scales);
                let dots = paired_block_dots::<R, ONES>(a, b, *order, dots);
                add_block(row_scales, column_scales, &dots, sums);
                a = a.add(tile_block_bytes(R));
            }
            b = b.add(PANEL_BLOCK_BYTES);
        }
    }
}

/// `dots` and the integer products of one block whose steps are taken in an order. Reads `R * BLOCK` bytes of `a` and
/// `COLUMNS * BLOCK` of `b`.
#[inline]
#[target_feature(enable = "relaxed-simd")]
unsafe fn paired_block_dots<const R: usize, const ONES: bool>(
    a: *const u8,
    b: *const u8,
    mut order: Order,
    mut dots: Vectors<R>,
) -> Vectors<R> {
    let ones = i16x8_splat(1);
    // SAFETY: the caller vouches for the block, and steps are below eight.
    let rows = |step: usize| unsafe { a.add(step * R * STEP) };
    let columns = |step: usize| unsafe {
        let b = b.add(step * COLUMNS * STEP);
        [v128_load(b.cast()), v128_load(b.add(16).cast())]
    };
    let row = |rows: *const u8, r: usize| unsafe { v128_load32_splat(rows.add(r * STEP).cast()) };
    while order & PAIRED != 0 {
        let steps = [order & 7, order >> 4 & 7].map(|step| step as usize);
        let ([a0, a1], [b0, b1]) = (steps.map(rows), steps.map(columns));
        for (r, dots) in dots.iter_mut().enumerate() {
            let (row0, row1) = (row(a0, r), row(a1, r));
            for (c, dot) in dots.iter_mut().enumerate() {
                let first = i16x8_relaxed_dot_i8x16_i7x16(b0[c], row0);
                let both = i16x8_add(first, i16x8_relaxed_dot_i8x16_i7x16(b1[c], row1));
                let wide = if ONES { i32x4_dot_i16x8(both, ones) } else { i32x4_extadd_pairwise_i16x8(both) };
                *dot = i32x4_add(*dot, wide);
            }
        }
        order >>= 8;
    }
    while order != 0 {
        let steps = [order & 7, order >> 4 & 7].map(|step| step as usize);
        let ([a0, a1], [b0, b1]) = (steps.map(rows), steps.map(columns));
        for (r, dots) in dots.iter_mut().enumerate() {
            let (row0, row1) = (row(a0, r), row(a1, r));
            for (c, dot) in dots.iter_mut().enumerate() {
                let first = i32x4_dot_i16x8(i16x8_relaxed_dot_i8x16_i7x16(b0[c], row0), ones);
                let second = i32x4_dot_i16x8(i16x8_relaxed_dot_i8x16_i7x16(b1[c], row1), ones);
                *dot = i32x4_add(*dot, i32x4_add(first, second));
            }
        }
        order >>= 8;
    }
    dots
}

/// `dots` and the integer products of one block. Reads `R * BLOCK` bytes of `a` and `codes` of `b`.
#[inline]
#[target_feature(enable = "relaxed-simd")]
unsafe fn block_dots<const R: usize>(
    mut a: *const u8,
    mut b: *const u8,
    codes: usize,
    mut dots: Vectors<R>,
) -> Vectors<R> {
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
unsafe fn narrow_block_dots<const R: usize>(
    mut a: *const u8,
    mut b: *const u8,
    codes: usize,
    mut dots: Vectors<R>,
) -> Vectors<R> {
    let mut narrow = [[i16x8_splat(0); 2]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(codes);
        while b != end {
            let columns = [v128_load(b.cast()), v128_load(b.add(16).cast())];
            for (r, narrow) in narrow.iter_mut().enumerate() {
                let row = v128_load32_splat(a.add(r * STEP).cast());
                for (dot, column) in narrow.iter_mut().zip(columns) {
                    *dot = i16x8_add(*dot, i16x8_relaxed_dot_i8x16_i7x16(column, row));
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    for (dot, narrow) in dots.as_flattened_mut().iter_mut().zip(narrow.as_flattened()) {
        *dot = i32x4_add(*dot, i32x4_extadd_pairwise_i16x8(*narrow));
    }
    dots
}
