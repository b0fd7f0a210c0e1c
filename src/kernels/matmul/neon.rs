//! The tile product for AArch64: a step of half a panel is one vector of 128 bits.
//!
//! ```text
//! b: 4 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | c2 ... | c3 ...
//! a: 4 rows x 4 k                r0k0 r0k1 r0k2 r0k3 | r1k0 ... | r2 ... | r3 ...
//! sdot with lane r of a          c0:k0123            | c1:k0123 | ...
//! ```
//!
//! Processors without `sdot` multiply into 16 bits, add the two halves there, and then each two neighbours into 32: two
//! products stay within 2 * 128 * 127 < 2^15.

#![expect(unsafe_code, reason = "loads of vectors, and an instruction that stable Rust has no function for")]

use std::arch::aarch64::*;
use std::arch::asm;

use super::super::lanes::F32x4;
use super::BLOCK;
use super::layout::{COLUMNS, PanelBlock, STEP, Tile, tile_block_bytes};

/// Two vectors of four columns for each of `R` rows.
type Vectors<const R: usize> = [[int32x4_t; 2]; R];

/// Defines `$name`, which adds the products of tiles of `R` rows with a panel to `sums`, by the integer products that
/// `$block_dots` adds of a tile's block. A macro, because a function that is told what to call could not carry the target
/// features of what it calls. [`super::Kernel::multiply`] has checked that there are as many blocks of as many tiles.
macro_rules! tile_product {
    ($(#[$attribute:meta])* $features:literal, $name:ident, $block_dots:ident) => {
        $(#[$attribute])*
        #[target_feature(enable = $features)]
        pub(super) fn $name<const R: usize>(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<R>]) {
            for (tiles, PanelBlock(b)) in tiles.chunks_exact(sums.len() * tile_block_bytes(R)).zip(panel) {
                let (codes, rest) = b.split_at(COLUMNS * BLOCK);
                let (codes, _) = codes.as_chunks::<{ COLUMNS * STEP }>();
                let (scales, code_sums) = rest.split_at(COLUMNS * 4);
                for (a, sums) in tiles.chunks_exact(tile_block_bytes(R)).zip(sums.iter_mut()) {
                    let (rows, row_scales) = a.split_at(R * BLOCK);
                    let dots = zero_dots::<R>(row_scales, code_sums);
                    let dots = $block_dots::<R>(rows, codes, dots);
                    add_block(row_scales, scales, dots, sums);
                }
            }
        }
    };
}

tile_product! {
    /// Adds the products of tiles of `R` rows with a panel to `sums`.
    "neon", multiply, widening_block_dots
}

tile_product! {
    /// [`multiply`] with `sdot`.
    "neon,dotprod", multiply_dot, block_dots
}

/// `acc` plus the products of `$b` with lane `$lane` of `$a`, four bytes by four.
macro_rules! sdot {
    ($acc:expr, $b:expr, $a:expr, $lane:literal) => {{
        let mut acc: int32x4_t = $acc;
        // SAFETY: the caller's target features have the instruction, which reads and writes registers alone.
        unsafe {
            asm!(
                concat!("sdot {acc:v}.4s, {b:v}.16b, {a:v}.4b[", $lane, "]"),
                acc = inout(vreg) acc,
                b = in(vreg) $b,
                a = in(vreg) $a,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        acc
    }};
}

/// `dots` and the integer products of one block.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn block_dots<const R: usize>(
    rows: &[u8],
    codes: &[[u8; COLUMNS * STEP]],
    mut dots: Vectors<R>,
) -> Vectors<R> {
    for (rows, codes) in rows.chunks_exact(R * STEP).zip(codes) {
        let mut four = [0; 4 * STEP];
        four[..R * STEP].copy_from_slice(rows);
        // SAFETY: there are 16 bytes; loads have no alignment rule.
        let a = unsafe { vld1q_s8(four.as_ptr().cast()) };
        let columns = halves(codes);
        for (r, dots) in dots.iter_mut().enumerate() {
            for (dot, b) in dots.iter_mut().zip(columns) {
                *dot = match r {
                    0 => sdot!(*dot, b, a, 0),
                    1 => sdot!(*dot, b, a, 1),
                    2 => sdot!(*dot, b, a, 2),
                    _ => sdot!(*dot, b, a, 3),
                };
            }
        }
    }
    dots
}

/// [`block_dots`] without `sdot`.
#[inline]
#[target_feature(enable = "neon")]
fn widening_block_dots<const R: usize>(
    rows: &[u8],
    codes: &[[u8; COLUMNS * STEP]],
    mut dots: Vectors<R>,
) -> Vectors<R> {
    for (rows, codes) in rows.chunks_exact(R * STEP).zip(codes) {
        let columns = halves(codes);
        for (row, dots) in rows.as_chunks::<STEP>().0.iter().zip(&mut dots) {
            let a = vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes(*row)));
            for (dot, b) in dots.iter_mut().zip(columns) {
                let low = vmull_s8(vget_low_s8(b), vget_low_s8(a));
                let high = vmull_high_s8(b, a);
                // Neighbours first, then the halves: each sum of two lies within 16 bits.
                *dot = vpadalq_s16(*dot, vpaddq_s16(low, high));
            }
        }
    }
    dots
}

/// A step of a panel: columns 0 to 3, and 4 to 7.
#[inline]
#[target_feature(enable = "neon")]
fn halves(step: &[u8; COLUMNS * STEP]) -> [int8x16_t; 2] {
    // SAFETY: there are 32 bytes; loads have no alignment rule.
    [0, 16].map(|at| unsafe { vld1q_s8(step[at..at + 16].as_ptr().cast()) })
}

/// What a block's products begin with: each row's `z` times each column's sum of codes.
#[inline]
#[target_feature(enable = "neon")]
fn zero_dots<const R: usize>(row_scales: &[u8], code_sums: &[u8]) -> Vectors<R> {
    // SAFETY: there are 16 bytes; loads have no alignment rule.
    let code_sums = unsafe { vld1q_s16(code_sums[..16].as_ptr().cast()) };
    let zeros = &row_scales.as_chunks::<4>().0[R..];
    std::array::from_fn(|r| {
        let zero = i32::from_le_bytes(zeros[r]) as i16; // it has 16 bits
        [vmull_n_s16(vget_low_s16(code_sums), zero), vmull_n_s16(vget_high_s16(code_sums), zero)]
    })
}

/// Adds a block's products to the sums in the contract's order.
#[inline]
#[target_feature(enable = "neon")]
fn add_block<const R: usize>(row_scales: &[u8], scales: &[u8], dots: Vectors<R>, sums: &mut Tile<R>) {
    // SAFETY: there are 32 bytes; loads have no alignment rule.
    let scales = [0, 16].map(|at| unsafe { vld1q_f32(scales[at..at + 16].as_ptr().cast()) });
    for (r, (sums, dots)) in sums.iter_mut().zip(dots).enumerate() {
        let row_scale = vdupq_n_f32(f32::from_le_bytes(row_scales.as_chunks::<4>().0[r]));
        for ((sum, dot), scales) in sums.iter_mut().zip(dots).zip(scales) {
            let mut products = [0.0; 4];
            let product = vmulq_f32(vcvtq_f32_s32(dot), vmulq_f32(row_scale, scales));
            // SAFETY: there is room for four floats.
            unsafe { vst1q_f32(products.as_mut_ptr(), product) };
            *sum = *sum + F32x4::load(&products);
        }
    }
}
