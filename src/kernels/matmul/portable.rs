//! The tile product in plain Rust: the reference, and what runs where nothing faster does.

use super::super::lanes::F32x4;
use super::BLOCK;
use super::kernel::Tile;
use super::layout::{CODE_BYTES, COLUMNS, PanelBlock, STEP, panel_offset, tile_block_bytes, tile_offset};

/// Multiplies a tile of `R` rows with a panel, as the contract in [`super`] says.
pub(super) fn tile<const R: usize>(tile: &[u8], panel: &[PanelBlock]) -> Tile<R> {
    let mut sums = [[0.0; COLUMNS]; R];
    for (a, PanelBlock(b)) in tile.chunks_exact(tile_block_bytes(R)).zip(panel) {
        let dots = block_dots::<R>(a, b);
        let (row_scales, column_scales) = (&a[R * BLOCK * CODE_BYTES..], &b[COLUMNS * BLOCK..]);
        for (r, (sums, dots)) in sums.iter_mut().zip(&dots).enumerate() {
            let (scale, zero) = (float(row_scales, r), int(row_scales, R + r));
            for (c, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
                let code_sum = i32::from(short(&column_scales[COLUMNS * 4..], c));
                *sum += (*dot + zero * code_sum) as f32 * (scale * float(column_scales, c));
            }
        }
    }
    sums.map(|sums| {
        let quads = sums.as_chunks::<4>().0;
        [F32x4::load(&quads[0]), F32x4::load(&quads[1])]
    })
}

/// The integer products of one block.
#[inline(always)]
fn block_dots<const R: usize>(a: &[u8], b: &[u8]) -> [[i32; COLUMNS]; R] {
    let mut dots = [[0; COLUMNS]; R];
    for step in 0..BLOCK / STEP {
        for (r, dots) in dots.iter_mut().enumerate() {
            let row = &a[tile_offset(R, r, step)..][..STEP * CODE_BYTES];
            for (column, dot) in dots.iter_mut().enumerate() {
                for k in 0..STEP {
                    // Codes are below 128: the low byte is all of one.
                    let u = i32::from(row[k * CODE_BYTES]);
                    *dot += u * i32::from(b[panel_offset(column, step * STEP + k)] as i8);
                }
            }
        }
    }
    dots
}

#[inline(always)]
fn float(bytes: &[u8], index: usize) -> f32 {
    f32::from_le_bytes(bytes.as_chunks::<4>().0[index])
}

#[inline(always)]
fn int(bytes: &[u8], index: usize) -> i32 {
    i32::from_le_bytes(bytes.as_chunks::<4>().0[index])
}

#[inline(always)]
fn short(bytes: &[u8], index: usize) -> i16 {
    i16::from_le_bytes(bytes.as_chunks::<2>().0[index])
}
