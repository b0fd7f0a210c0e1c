//! Activations on their way into a product: quantized per row and block, laid out in tiles.

use super::super::lanes::{F32x4, quads};
use super::BLOCK;
use super::layout::{CODE_BYTES, ROWS, STEP, tile_block_bytes, tile_offset};

/// The largest code: seven bits.
const LEVELS: f32 = 127.0;

/// Rows quantized to seven bits: `a = s_a * u + lo`, with `lo` the smallest value of a block of
/// [`BLOCK`] and `s_a` its range over 127.
///
/// Trained CLIPs have a few channels ten times as large as the rest. A scale a block, not a row,
/// keeps them from drowning the others; those that are known at load ([`PackedMatrix::wide`]) keep
/// out of the codes altogether. The buffers are kept from one call to the next.
#[derive(Debug, Default)]
pub struct Activations {
    rows: usize,
    inner: usize,
    data: Vec<u8>,
    /// The values of the wide channels. `[rows, channels]`
    wide: Vec<f32>,
    channels: usize,
    /// A row without its wide channels.
    row: Vec<f32>,
}

impl Activations {
    /// Quantizes `values` `[rows, inner]`, all but the channels `wide`, which stay f32.
    ///
    /// # Panics
    /// If `inner` is zero or no multiple of [`BLOCK`], the values are no whole rows, or a channel is
    /// beyond `inner`.
    pub fn quantize(&mut self, values: &[f32], inner: usize, wide: &[u32]) {
        assert!(inner > 0 && inner.is_multiple_of(BLOCK));
        assert!(values.len().is_multiple_of(inner));
        (self.rows, self.inner, self.channels) = (values.len() / inner, inner, wide.len());
        self.data.resize(self.rows * self.row_bytes(), 0);
        self.wide.clear();
        for (first, rows) in values.chunks(ROWS * inner).enumerate() {
            let row_bytes = self.row_bytes();
            let count = rows.len() / inner;
            let tile = &mut self.data[first * ROWS * row_bytes..][..count * row_bytes];
            for (r, row) in rows.chunks_exact(inner).enumerate() {
                self.row.clear();
                self.row.extend_from_slice(row);
                self.wide.extend(wide.iter().map(|channel| std::mem::take(&mut self.row[*channel as usize])));
                quantize_row(&self.row, r, count, tile);
            }
        }
    }

    /// How many wide channels a row has.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// The wide channels of a row.
    pub(super) fn wide(&self, row: usize) -> &[f32] {
        &self.wide[row * self.channels..][..self.channels]
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The length of the inner dimension.
    pub fn inner(&self) -> usize {
        self.inner
    }

    fn row_bytes(&self) -> usize {
        self.inner / BLOCK * tile_block_bytes(1)
    }

    /// The tile that starts at `row`, a multiple of [`ROWS`].
    pub(super) fn tile(&self, row: usize) -> &[u8] {
        let rows = ROWS.min(self.rows - row);
        &self.data[row * self.row_bytes()..][..rows * self.row_bytes()]
    }
}

/// Writes row `r` of a tile of `rows` rows.
fn quantize_row(values: &[f32], r: usize, rows: usize, tile: &mut [u8]) {
    let blocks = tile.chunks_exact_mut(tile_block_bytes(rows));
    for (values, block) in values.as_chunks::<BLOCK>().0.iter().zip(blocks) {
        let (scale, lowest, codes) = quantize_block(values);
        for (step, codes) in codes.as_chunks::<STEP>().0.iter().enumerate() {
            let target = &mut block[tile_offset(rows, r, step)..][..STEP * CODE_BYTES];
            for (target, code) in target.chunks_exact_mut(CODE_BYTES).zip(codes) {
                target[0] = *code;
            }
        }
        let scales = &mut block[rows * BLOCK * CODE_BYTES..];
        scales[r * 4..][..4].copy_from_slice(&scale.to_le_bytes());
        scales[(rows + r) * 4..][..4].copy_from_slice(&lowest.to_le_bytes());
    }
}

/// The scale, the smallest value and the codes of a block.
fn quantize_block(values: &[f32; BLOCK]) -> (f32, f32, [u8; BLOCK]) {
    let mut lowest = F32x4::load(&[values[0], values[1], values[2], values[3]]);
    let mut highest = lowest;
    for quad in quads(values) {
        let quad = F32x4::load(quad);
        lowest = lowest.min(quad);
        highest = highest.max(quad);
    }
    let lowest = lowest.smallest();
    let range = highest.largest() - lowest;
    let scale = range / LEVELS;
    let mut codes = [0; BLOCK];
    if scale < f32::MIN_POSITIVE {
        return (0.0, lowest, codes);
    }
    let (inverse, shift) = (F32x4::splat(LEVELS / range), F32x4::splat(lowest));
    for (codes, values) in codes.as_chunks_mut::<16>().0.iter_mut().zip(values.as_chunks::<16>().0) {
        let code = |quad: usize| {
            let value = F32x4::load(&values.as_chunks::<4>().0[quad]);
            ((value - shift) * inverse).round()
        };
        *codes = F32x4::to_seven_bits([code(0), code(1), code(2), code(3)]);
    }
    (scale, lowest, codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_span_the_range_of_their_block() {
        let values = std::array::from_fn(|i| i as f32 * 0.5 - 3.0);
        let (scale, lowest, codes) = quantize_block(&values);
        assert_eq!((lowest, codes[0], codes[31]), (-3.0, 0, 127));
        for (code, value) in codes.iter().zip(values) {
            assert!((f32::from(*code) * scale + lowest - value).abs() <= scale * 0.501);
        }
    }

    #[test]
    fn a_constant_block_is_all_in_its_lowest_value() {
        assert_eq!(quantize_block(&[7.25; BLOCK]), (0.0, 7.25, [0; BLOCK]));
    }

    #[test]
    fn values_that_are_not_finite_do_not_make_codes_beyond_seven_bits() {
        let mut values = [1.0; BLOCK];
        values[3] = f32::NAN;
        values[9] = f32::INFINITY;
        let (_, _, codes) = quantize_block(&values);
        assert!(codes.iter().all(|code| *code <= 127));
    }
}
