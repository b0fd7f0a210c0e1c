//! The tile product in WebAssembly SIMD: bytes widened to 16 bits, then `i32x4.dot_i16x8_s`.
//!
//! ```text
//! b: 4 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | c2 ... | c3 ...
//! low half, 16 bits              c0k0 c0k1 c0k2 c0k3   c1k0 c1k1 c1k2 c1k3
//! a, splat and widened           k0   k1   k2   k3     k0   k1   k2   k3
//! dot, 32 bits                   c0:k01    c0:k23      c1:k01    c1:k23
//! ```
//!
//! Even and odd lanes are added once a block.

use std::arch::wasm32::*;

use super::{BLOCK, COLUMNS, PANEL_BLOCK_BYTES, STEP, Tile};

/// Multiplies a tile of `R` rows with a panel. [`super::Kernel::tile`] has checked that both have
/// the same number of whole blocks.
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
#[inline(always)]
unsafe fn block_dots<const R: usize>(mut a: *const u8, mut b: *const u8) -> [[v128; 2]; R] {
    let mut pairs = [[i32x4_splat(0); 4]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(std::hint::black_box(COLUMNS * BLOCK));
        while b != end {
            let (b0, b1) = (v128_load(b.cast()), v128_load(b.add(16).cast()));
            let columns = [
                i16x8_extend_low_i8x16(b0),
                i16x8_extend_high_i8x16(b0),
                i16x8_extend_low_i8x16(b1),
                i16x8_extend_high_i8x16(b1),
            ];
            for (r, pairs) in pairs.iter_mut().enumerate() {
                let row = i16x8_extend_low_u8x16(v128_load32_splat(a.add(r * STEP).cast()));
                for (pair, column) in pairs.iter_mut().zip(columns) {
                    *pair = i32x4_add(*pair, i32x4_dot_i16x8(row, column));
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    pairs.map(|[p0, p1, p2, p3]| [add_pairs(p0, p1), add_pairs(p2, p3)])
}

/// The sums of the even-odd pairs of two vectors.
#[inline(always)]
fn add_pairs(low: v128, high: v128) -> v128 {
    i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(low, high), i32x4_shuffle::<1, 3, 5, 7>(low, high))
}

/// Adds a block's products to the sums in the contract's order. Reads the scales behind the codes:
/// `R` and `R` floats of a tile, eight floats and eight 16-bit sums of a panel.
#[inline(always)]
pub(super) unsafe fn add_block<const R: usize>(
    row_scales: *const u8,
    column_scales: *const u8,
    dots: &[[v128; 2]; R],
    sums: &mut [[v128; 2]; R],
) {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let scales = [v128_load(column_scales.cast()), v128_load(column_scales.add(16).cast())];
        let code_sums = v128_load(column_scales.add(COLUMNS * 4).cast());
        let corrections = [
            f32x4_mul(scales[0], f32x4_convert_i32x4(i32x4_extend_low_i16x8(code_sums))),
            f32x4_mul(scales[1], f32x4_convert_i32x4(i32x4_extend_high_i16x8(code_sums))),
        ];
        for r in 0..R {
            let scale = v128_load32_splat(row_scales.add(r * 4).cast());
            let lowest = v128_load32_splat(row_scales.add((R + r) * 4).cast());
            for c in 0..2 {
                let dot = f32x4_mul(f32x4_convert_i32x4(dots[r][c]), f32x4_mul(scale, scales[c]));
                let sum = f32x4_add(sums[r][c], dot);
                sums[r][c] = f32x4_add(sum, f32x4_mul(lowest, corrections[c]));
            }
        }
    }
}

/// The sums as an array.
#[inline(always)]
pub(super) fn store<const R: usize>(sums: [[v128; 2]; R]) -> Tile<R> {
    let mut tile = [[0.0; COLUMNS]; R];
    for (row, [low, high]) in tile.iter_mut().zip(sums) {
        // SAFETY: a row has room for eight floats.
        unsafe {
            v128_store(row.as_mut_ptr().cast(), low);
            v128_store(row.as_mut_ptr().add(4).cast(), high);
        }
    }
    tile
}
