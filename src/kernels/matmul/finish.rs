//! What happens to a tile's sums before they are stored: wide channels, bias, activation, residual.

use super::super::activation::{self, Activation};
use super::super::lanes::F32x4;
use super::kernel::Tile;
use super::layout::COLUMNS;
use super::tiles::Tiles;
use super::{Activations, Epilogue};

/// What is left to do for the tiles of one panel.
pub(super) struct Finish<'a> {
    activations: &'a Activations,
    wide_weights: &'a [[f32; COLUMNS]],
    bias: [F32x4; COLUMNS / 4],
    activation: Option<Activation>,
    add_to_output: bool,
    tiles: &'a Tiles<'a>,
    column: usize,
    columns: usize,
}

impl<'a> Finish<'a> {
    /// For the panel whose `columns` columns begin at `column` of the matrix, which the output has
    /// from its column `first` on.
    pub(super) fn new(
        activations: &'a Activations,
        wide_weights: &'a [[f32; COLUMNS]],
        epilogue: Epilogue,
        tiles: &'a Tiles<'a>,
        (first, column, columns): (usize, usize, usize),
    ) -> Self {
        let mut bias = [0.0; COLUMNS];
        if let Some(all) = epilogue.bias {
            bias[..columns].copy_from_slice(&all[column..][..columns]);
        }
        let Epilogue { activation, add_to_output, .. } = epilogue;
        let bias = vectors(&bias);
        Self {
            activations,
            wide_weights,
            bias,
            activation,
            add_to_output,
            tiles,
            column: first + column,
            columns,
        }
    }

    /// Finishes tiles, of which the first begins at `row`. A function of its own, so that engines of WebAssembly have
    /// registers for it: beside the loops of the product they spill nearly all.
    #[inline(never)]
    pub(super) fn store<const R: usize>(&self, row: usize, tiles: &mut [Tile<R>]) {
        let channels = self.wide_weights.len();
        let wide = self.activations.wide(row, R * tiles.len());
        for (index, tile) in tiles.iter_mut().enumerate() {
            self.add_wide(&wide[index * R * channels..][..R * channels], tile);
            for sums in tile.iter_mut() {
                for (sum, bias) in sums.iter_mut().zip(self.bias) {
                    *sum = *sum + bias;
                }
            }
            if let Some(activation) = self.activation {
                activation::of_lanes(activation, tile.as_flattened_mut());
            }
            self.tiles.put(row + index * R, self.column, tile, self.columns, self.add_to_output);
        }
    }

    /// Adds the products of the wide channels of a tile `[R, channels]` to its sums, channel by channel.
    #[inline(always)]
    fn add_wide<const R: usize>(&self, activations: &[[u8; 4]], tile: &mut Tile<R>) {
        let channels = self.wide_weights.len();
        let rows: [&[[u8; 4]]; R] = std::array::from_fn(|r| &activations[r * channels..][..channels]);
        for (channel, weights) in self.wide_weights.iter().enumerate() {
            let weights = vectors(weights);
            for (sums, row) in tile.iter_mut().zip(rows) {
                let activation = F32x4::splat(f32::from_le_bytes(row[channel]));
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = *sum + activation * weight;
                }
            }
        }
    }
}

#[inline(always)]
fn vectors(values: &[f32; COLUMNS]) -> [F32x4; COLUMNS / 4] {
    let quads = values.as_chunks::<4>().0;
    [F32x4::load(&quads[0]), F32x4::load(&quads[1])]
}
