//! The tile product in plain Rust: the reference, and the fallback where nothing faster runs.

use super::super::lanes::F32x4;
use super::BLOCK;
use super::layout::{
    CODE_BYTES, COLUMNS, PanelBlock, STEP, Tile, panel_offset, tile_block_bytes, tile_offset,
};

/// Adds the products of tiles of `R` rows, as many as there are `sums`, with a panel, as the contract in [`super`]
/// says.
pub(super) fn multiply<const R: usize>(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<R>]) {
    for (tiles, PanelBlock(b)) in tiles.chunks_exact(sums.len() * tile_block_bytes(R)).zip(panel) {
        for (a, sums) in tiles.chunks_exact(tile_block_bytes(R)).zip(sums.iter_mut()) {
            add_block(a, b, sums);
        }
    }
}

/// Adds the products of one block of a tile.
#[inline(always)]
fn add_block<const R: usize>(a: &[u8], b: &[u8], sums: &mut Tile<R>) {
    let dots = block_dots::<R>(a, b);
    let (row_scales, column_scales) = (&a[R * BLOCK * CODE_BYTES..], &b[COLUMNS * BLOCK..]);
    for (r, (sums, dots)) in sums.iter_mut().zip(&dots).enumerate() {
        let (scale, zero) = (float(row_scales, r), int(row_scales, R + r));
        let products: [f32; COLUMNS] = std::array::from_fn(|c| {
            let code_sum = i32::from(short(&column_scales[COLUMNS * 4..], c));
            (dots[c] + zero * code_sum) as f32 * (scale * float(column_scales, c))
        });
        for (sum, products) in sums.iter_mut().zip(products.as_chunks::<4>().0) {
            *sum = *sum + F32x4::load(products);
        }
    }
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
