//! Products of activations with quantized weights: `out[r, c] = sum_k a[r, k] * w[c, k]`.
//!
//! # The contract
//!
//! Both operands come in blocks of [`BLOCK`] along the inner dimension `k`:
//!
//! - weights `w = s_w * q`, with `q` a signed byte;
//! - activations `a = s_a * u + lo`, with `u` in 0..=127 (see [`Activations`]).
//!
//! A block's `dot = sum u * q` is an exact integer, and block after block, in ascending order,
//!
//! ```text
//! acc = acc + f32(dot) * (s_a * s_w)
//! acc = acc + lo * (s_w * f32(sum q))
//! ```
//!
//! each operation rounded to `f32` on its own. Then come the few wide channels, known at load, that
//! are kept out of both operands' codes because their values are many times as large as the rest:
//! `acc = acc + a * w`, in ascending order, in f32. Every implementation follows this to the bit; they
//! differ only in how they reach the integer. Seven bits for the activations keep
//! `i16x8.relaxed_dot_i8x16_i7x16_s` in the range where all machines agree: two products of a
//! signed byte with at most 127 fit 16 bits.
//!
//! # The layout
//!
//! Weights lie in panels of [`COLUMNS`] columns, activations in tiles of up to [`ROWS`] rows. A panel
//! is a sequence of blocks, each of eight steps, then the scales:
//!
//! ```text
//! panel block:  8 x [ 8 columns x 4 bytes of k ] | s_w: 8 x f32 | sum q: 8 x i16     = 304 bytes
//! tile block:   8 x [ R rows    x 4 bytes of k ] | s_a: R x f32 | lo:    R x f32     = 40 R bytes
//! ```
//!
//! so that a kernel walks each operand with one moving pointer.

mod activations;
pub mod blocks;
mod pack;
mod portable;
#[cfg(all(target_feature = "simd128", feature = "relaxed"))]
mod relaxed;
#[cfg(target_feature = "simd128")]
mod simd128;
mod tiles;

pub use activations::Activations;
pub use pack::PackedMatrix;

use super::activation::{self, Activation};
use super::lanes::F32x4;
use super::threads;
use tiles::Tiles;

/// Values of the inner dimension that share a scale.
pub const BLOCK: usize = 32;
/// Rows of activations in a full tile.
pub const ROWS: usize = 4;
/// Columns of weights in a panel.
pub const COLUMNS: usize = 8;

/// Bytes of `k` that a step takes from each row and column.
const STEP: usize = 4;
const PANEL_BLOCK_BYTES: usize = COLUMNS * BLOCK + COLUMNS * 4 + COLUMNS * 2;

/// Bytes of a block of a tile of `rows` rows.
const fn tile_block_bytes(rows: usize) -> usize {
    rows * (BLOCK + 8)
}

/// One output tile: `R` rows of a panel's columns.
type Tile<const R: usize> = [[f32; COLUMNS]; R];

/// An implementation of the tile product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Plain Rust.
    Portable,
    /// WebAssembly SIMD: bytes widened to 16 bits, `i32x4.dot_i16x8_s`.
    #[cfg(target_feature = "simd128")]
    Simd128,
    /// Relaxed SIMD: `i16x8.relaxed_dot_i8x16_i7x16_s`, widened after each step.
    #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
    Relaxed,
}

impl Kernel {
    /// Every implementation in this build, slowest first. All give the same bits.
    pub const ALL: &[Self] = &[
        Self::Portable,
        #[cfg(target_feature = "simd128")]
        Self::Simd128,
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        Self::Relaxed,
    ];

    /// The implementation that [`PackedMatrix::multiply`] uses.
    pub const BEST: Self = Self::ALL[Self::ALL.len() - 1];

    /// Multiplies a tile of `R` rows with a panel. Both have the same number of blocks, checked here
    /// once for the implementations below.
    fn tile<const R: usize>(self, tile: &[u8], panel: &[u8]) -> Tile<R> {
        let blocks = panel.len() / PANEL_BLOCK_BYTES;
        assert_eq!(panel.len(), blocks * PANEL_BLOCK_BYTES);
        assert_eq!(tile.len(), blocks * tile_block_bytes(R));
        match self {
            Self::Portable => portable::tile::<R>(tile, panel),
            #[cfg(target_feature = "simd128")]
            Self::Simd128 => simd128::tile::<R>(tile, panel),
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::Relaxed => relaxed::tile::<R>(tile, panel),
        }
    }
}

/// What happens to a sum before it is stored: `+ bias`, then the activation, then `+ out`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// One value a column.
    pub bias: Option<&'a [f32]>,
    pub activation: Option<Activation>,
    /// Whether the result is added to what the output holds (a residual) instead of replacing it.
    pub add_to_output: bool,
}

/// Where a product goes: columns `first..first + columns` of a matrix `[rows, stride]`.
#[derive(Debug)]
pub struct Output<'a> {
    pub values: &'a mut [f32],
    pub stride: usize,
    pub first: usize,
}

impl PackedMatrix {
    /// Multiplies `activations` `[rows, inner]` with this matrix into `output`.
    ///
    /// # Panics
    /// If the shapes do not fit together: models check theirs at load.
    pub fn multiply(&self, activations: &Activations, epilogue: Epilogue, output: Output) {
        self.multiply_with(Kernel::BEST, activations, epilogue, output);
    }

    /// [`Self::multiply`] with a chosen implementation.
    pub fn multiply_with(
        &self,
        kernel: Kernel,
        activations: &Activations,
        epilogue: Epilogue,
        output: Output,
    ) {
        assert_eq!(activations.inner(), self.inner());
        assert_eq!(activations.channels(), self.wide().len());
        assert!(epilogue.bias.is_none_or(|bias| bias.len() == self.columns()));
        let first = output.first;
        let tiles = Tiles::new(output, activations.rows(), self.columns());
        threads::for_each(self.panels(), 4, |panel| {
            let columns = panel * COLUMNS..self.columns().min((panel + 1) * COLUMNS);
            let mut bias = [0.0; COLUMNS];
            if let Some(all) = epilogue.bias {
                bias[..columns.len()].copy_from_slice(&all[columns.clone()]);
            }
            let finish = Finish {
                activations,
                wide_weights: self.wide_weights(panel),
                bias,
                epilogue,
                tiles: &tiles,
                column: first + columns.start,
                columns: columns.len(),
            };
            for row in (0..activations.rows()).step_by(ROWS) {
                let tile = activations.tile(row);
                let panel = self.panel(panel);
                match activations.rows() - row {
                    1 => finish.store(row, kernel.tile::<1>(tile, panel)),
                    2 => finish.store(row, kernel.tile::<2>(tile, panel)),
                    3 => finish.store(row, kernel.tile::<3>(tile, panel)),
                    _ => finish.store(row, kernel.tile::<ROWS>(tile, panel)),
                }
            }
        });
    }
}

/// What is left to do for a panel's tiles.
struct Finish<'a> {
    activations: &'a Activations,
    wide_weights: &'a [[f32; COLUMNS]],
    bias: [f32; COLUMNS],
    epilogue: Epilogue<'a>,
    tiles: &'a Tiles<'a>,
    column: usize,
    columns: usize,
}

impl Finish<'_> {
    fn store<const R: usize>(&self, row: usize, tile: Tile<R>) {
        for (r, mut sums) in tile.into_iter().enumerate() {
            add_wide(self.activations.wide(row + r), self.wide_weights, &mut sums);
            for (sum, bias) in sums.iter_mut().zip(self.bias) {
                *sum += bias;
            }
            if let Some(activation) = self.epilogue.activation {
                activation::apply(activation, &mut sums);
            }
            let sums = &sums[..self.columns];
            if self.epilogue.add_to_output {
                self.tiles.add(row + r, self.column, sums);
            } else {
                self.tiles.store(row + r, self.column, sums);
            }
        }
    }
}

/// Adds the products of the wide channels to a row's sums.
#[inline(always)]
fn add_wide(activations: &[f32], weights: &[[f32; COLUMNS]], sums: &mut [f32; COLUMNS]) {
    for (half, sums) in sums.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let mut sum = F32x4::load(sums);
        for (activation, weights) in activations.iter().zip(weights) {
            sum = sum + F32x4::splat(*activation) * F32x4::load(&weights.as_chunks::<4>().0[half]);
        }
        sum.store(sums);
    }
}

#[cfg(test)]
mod tests;
