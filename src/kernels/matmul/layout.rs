//! Where codes, scales and sums lie in a panel of weights and in a tile of activations.
//!
//! Weights lie in panels of [`COLUMNS`] columns, activations in tiles of [`ROWS`] rows; both
//! are made of blocks, and a block is eight steps of [`STEP`] values of `k`, then the scales:
//!
//! ```text
//! panel block:  8 x [ 8 columns x 4 codes of k ] | s_w: 8 x f32 | sum q: 8 x i16     = 304 bytes
//! tile block:   8 x [ R rows    x 4 codes of k ] | s_a: R x f32 | z:     R x i32     = 40 R bytes
//! ```
//!
//! A panel is one block after the other. The tiles of up to [`GROUP_ROWS`] rows lie side by side: the first block of
//! each, then the second of each; rows that fill no tile are a tile of their own behind them, and behind that come the
//! outlier channels of all rows of the group. The second digit of all rows, where there is one, comes behind the last group, in the
//! same order. So a kernel that multiplies a panel's block with a group's, and then the
//! next, walks each operand with one moving pointer. A build whose kernels multiply
//! 16-bit numbers ([`WIDENED`]) orders a panel's step by pairs of `k`, so that widening half a vector
//! leaves four columns side by side, and keeps activations in 16 bits, 72 R bytes a block.
//!
//! ```text
//! step of a panel   c0k0 c0k1 c0k2 c0k3  c1k0 ...  c7k3
//! WIDENED           c0k0 c0k1 c1k0 c1k1 .. c3k1 | c0k2 c0k3 .. c3k3 | c4k0 .. c7k1 | c4k2 .. c7k3
//! ```

use super::BLOCK;
use crate::kernels::lanes::F32x4;

/// Rows of activations in a full tile.
pub const ROWS: usize = 4;
/// Full tiles in a group at most: their sums and their part of a block stay in a processor's nearest cache.
pub const GROUP: usize = 16;
/// Rows in a group at most.
pub const GROUP_ROWS: usize = GROUP * ROWS;
/// Columns of weights in a panel.
pub const COLUMNS: usize = 8;
/// Panels of [`BLOCK`] columns: what they give is a block of the next product's activations.
pub const PANELS: usize = BLOCK / COLUMNS;
/// Values of `k` that a step takes from each row and column.
pub const STEP: usize = 4;

/// Whether this build's kernels multiply 16-bit numbers: WebAssembly SIMD without the relaxed dots.
pub const WIDENED: bool = cfg!(all(target_feature = "simd128", not(feature = "relaxed")));

/// Bytes of an activation's code.
pub const CODE_BYTES: usize = if WIDENED { 2 } else { 1 };
/// Bytes of a block of a panel.
pub const PANEL_BLOCK_BYTES: usize = COLUMNS * BLOCK + COLUMNS * 4 + COLUMNS * 2;

/// One output tile: `R` rows of a panel's columns, in two vectors each.
pub type Tile<const R: usize> = [[F32x4; COLUMNS / 4]; R];

/// The largest magnitude of a weight's code for which a block's products fit 16 bits: 32 steps, two
/// products a lane and step, each of at most 127 times this.
pub const NARROW: u8 = 16;

/// A block of a panel, aligned so that none of its vectors lies across two lines of a processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct PanelBlock(pub [u8; PANEL_BLOCK_BYTES]);

const _: () = assert!(size_of::<PanelBlock>() == PANEL_BLOCK_BYTES, "blocks follow each other without a gap");

/// Bytes of a block of a tile of `rows` rows.
pub const fn tile_block_bytes(rows: usize) -> usize {
    rows * (BLOCK * CODE_BYTES + 8)
}

/// Where a panel's block has the code of `column` (0..8) at `k` (0..32).
#[inline(always)]
pub fn panel_offset(column: usize, k: usize) -> usize {
    let (step, k) = (k / STEP * COLUMNS * STEP, k % STEP);
    if WIDENED {
        step + column / 4 * 16 + k / 2 * 8 + column % 4 * 2 + k % 2
    } else {
        step + column * STEP + k
    }
}

/// Where a block of a tile of `rows` rows has the codes of row `r` for step `step` (0..8).
#[inline(always)]
pub fn tile_offset(rows: usize, r: usize, step: usize) -> usize {
    (step * rows + r) * STEP * CODE_BYTES
}
