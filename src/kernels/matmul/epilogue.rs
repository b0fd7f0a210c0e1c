//! What happens to a tile's sums after the product: outlier channels, bias, activation; then they are stored, added to
//! what is there, or quantized for the next product.

#![expect(unsafe_code, reason = "passes on that a caller has columns and rows for itself")]

use super::super::activation;
use super::super::lanes::F32x4;
use super::activations::Pieces;
use super::layout::{COLUMNS, PANELS, Tile};
use super::tiles::Tiles;
use super::{Activations, BLOCK, Epilogue, PackedMatrix};

/// Where the values of a product go.
pub(super) enum Target<'a> {
    /// Into a matrix, from its column `first` on.
    Matrix { tiles: Tiles<'a>, first: usize },
    /// Into another product's activations, which have as many values in a row as there are columns.
    Activations(Pieces<'a>),
}

/// What is left to do for the tiles of a product.
pub(super) struct Finish<'a> {
    pub(super) matrix: &'a PackedMatrix,
    pub(super) activations: &'a Activations,
    pub(super) epilogue: Epilogue<'a>,
    pub(super) target: Target<'a>,
}

impl Finish<'_> {
    /// Makes values of the sums of tiles with the panel `panel`; the first row is `row`. A function of its own, so that
    /// engines of WebAssembly have registers for it: beside the loops of the product they spill nearly all.
    #[inline(never)]
    pub(super) fn apply<const R: usize>(&self, panel: usize, row: usize, tiles: &mut [Tile<R>]) {
        let weights = self.matrix.outlier_weights(panel);
        let outliers = self.activations.outliers(row, R * tiles.len());
        let bias = vectors(&self.bias(panel));
        for (index, tile) in tiles.iter_mut().enumerate() {
            add_outliers(&outliers[index * R * weights.len()..][..R * weights.len()], weights, tile);
            for sums in tile.iter_mut() {
                for (sum, bias) in sums.iter_mut().zip(bias) {
                    *sum = *sum + bias;
                }
            }
            if let Some(activation) = self.epilogue.activation {
                activation::of_lanes(activation, tile.as_flattened_mut());
            }
        }
    }

    /// The bias of a panel's columns.
    fn bias(&self, panel: usize) -> [f32; COLUMNS] {
        let mut bias = [0.0; COLUMNS];
        if let Some(all) = self.epilogue.bias {
            let all = &all[panel * COLUMNS..];
            let columns = COLUMNS.min(all.len());
            bias[..columns].copy_from_slice(&all[..columns]);
        }
        bias
    }

    /// Stores the values of `count` tiles with the panels of [`BLOCK`] columns, the `index`th such; the first row is
    /// `row`.
    ///
    /// # Safety
    /// No other thread may be about to write or read the target in those rows and columns.
    #[inline(never)]
    pub(super) unsafe fn store<const R: usize, const N: usize>(
        &self,
        index: usize,
        row: usize,
        tiles: &[[Tile<R>; N]; PANELS],
        count: usize,
    ) {
        for tile in 0..count {
            let values = side_by_side(tiles.each_ref().map(|tiles| &tiles[tile]));
            let row = row + tile * R;
            match &self.target {
                Target::Matrix { tiles, first } => {
                    let column = index * BLOCK;
                    let columns = BLOCK.min(self.matrix.columns() - column);
                    // SAFETY: these rows and columns are the caller's alone.
                    unsafe { tiles.put(row, first + column, &values, columns, self.epilogue.add_to_output) };
                }
                // SAFETY: as above.
                Target::Activations(pieces) => unsafe {
                    pieces.write_block(&pieces.place(row), index, &values);
                },
            }
        }
    }
}

/// The rows of tiles that lie side by side.
#[inline(always)]
fn side_by_side<const R: usize>(tiles: [&Tile<R>; PANELS]) -> [[f32; BLOCK]; R] {
    let mut rows = [[0.0; BLOCK]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        for (quad, values) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            tiles[quad / 2][r][quad % 2].store(values);
        }
    }
    rows
}

/// Adds the products of the outlier channels of a tile `[R, channels]` to its sums, channel by channel.
#[inline(always)]
fn add_outliers<const R: usize>(activations: &[[u8; 4]], weights: &[[f32; COLUMNS]], tile: &mut Tile<R>) {
    let channels = weights.len();
    let rows: [&[[u8; 4]]; R] = std::array::from_fn(|r| &activations[r * channels..][..channels]);
    for (channel, weights) in weights.iter().enumerate() {
        let weights = vectors(weights);
        for (sums, row) in tile.iter_mut().zip(rows) {
            let activation = F32x4::splat(f32::from_le_bytes(row[channel]));
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = *sum + activation * weight;
            }
        }
    }
}

#[inline(always)]
fn vectors(values: &[f32; COLUMNS]) -> [F32x4; COLUMNS / 4] {
    let quads = values.as_chunks::<4>().0;
    [F32x4::load(&quads[0]), F32x4::load(&quads[1])]
}
