//! Activations on their way into a product: quantized per row and block, laid out in tiles.

use super::super::lanes::{F32x4, quads};
use super::super::layer_norm::{LayerNorm, Moments};
use super::super::threads;
use super::BLOCK;
use super::layout::{CODE_BYTES, ROWS, STEP, tile_block_bytes, tile_offset};

/// The largest code: seven bits.
const LEVELS: f32 = 127.0;

/// The least range of a block, as a part of its smallest value's magnitude: `z` then is at most 127 * 257 < 2^15.
const LEAST_RANGE: f32 = 1.0 / 257.0;

/// Tiles that a thread quantizes at least.
const GRAIN: usize = 4;

/// What is to be quantized: rows of equal length.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// As they stand.
    Plain(&'a [f32]),
    /// After a layer norm, which is applied on the way.
    Normalised(&'a LayerNorm, &'a [f32]),
}

impl<'a> Rows<'a> {
    /// The values before any norm. `[rows, inner]`
    pub fn values(&self) -> &'a [f32] {
        match self {
            Self::Plain(values) | Self::Normalised(_, values) => values,
        }
    }
}

/// Rows quantized to seven bits: `a = s_a * (u + z)`, with `s_a` the range of a block of [`BLOCK`] over 127
/// and `s_a * z` close to its smallest value.
///
/// Trained CLIPs have a few channels ten times as large as the rest. A scale a block, not a row,
/// keeps them from drowning the others; those that are known at load ([`PackedMatrix::wide`]) keep
/// out of the codes altogether. The buffer is kept from one call to the next.
///
/// [`PackedMatrix::wide`]: super::PackedMatrix::wide
#[derive(Debug, Default)]
pub struct Activations {
    rows: usize,
    inner: usize,
    /// Wide channels in a row.
    channels: usize,
    /// Tile after tile of [`ROWS`] rows: the blocks as [`super::layout`] has them, then the wide
    /// channels of each row, f32.
    data: Vec<u8>,
}

impl Activations {
    /// Quantizes `rows` of `inner` values, all but the channels `wide`, which ascend and stay f32.
    ///
    /// # Panics
    /// If `inner` is zero or no multiple of [`BLOCK`], the values are no whole rows, or a channel is
    /// beyond `inner`.
    pub fn quantize(&mut self, rows: Rows, inner: usize, wide: &[u32]) {
        let values = rows.values();
        assert!(inner > 0 && inner.is_multiple_of(BLOCK));
        assert!(values.len().is_multiple_of(inner));
        assert!(wide.is_sorted() && wide.last().is_none_or(|channel| (*channel as usize) < inner));
        (self.rows, self.inner, self.channels) = (values.len() / inner, inner, wide.len());
        let len = self.rows * self.row_bytes();
        if self.data.len() < len {
            self.data.resize(len, 0);
        }
        let tile_bytes = ROWS * self.row_bytes();
        threads::for_each_piece(&mut self.data[..len], tile_bytes, GRAIN, |index, tile| {
            let first = index * ROWS;
            let values = &values[first * inner..][..(ROWS * inner).min(values.len() - first * inner)];
            let count = values.len() / inner;
            let (blocks, channels) = tile.split_at_mut(count * inner / BLOCK * tile_block_bytes(1));
            for (r, row) in values.chunks_exact(inner).enumerate() {
                let norm = match rows {
                    Rows::Plain(_) => None,
                    Rows::Normalised(norm, _) => Some((norm, Moments::of(row, norm.epsilon))),
                };
                let channels = &mut channels[r * wide.len() * 4..][..wide.len() * 4];
                quantize_row(row, norm, (r, count), blocks, wide, channels);
            }
        });
    }

    /// How many wide channels a row has.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// The wide channels of the tile that starts at `row`, a multiple of [`ROWS`]: the bytes of a float each.
    /// `[rows of the tile, channels]`
    #[inline(always)]
    pub(super) fn wide(&self, row: usize) -> &[[u8; 4]] {
        let rows = ROWS.min(self.rows - row);
        let start = row * self.row_bytes() + rows * self.block_bytes();
        self.data[start..][..rows * self.channels * 4].as_chunks().0
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The length of the inner dimension.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Bytes of a row's blocks.
    fn block_bytes(&self) -> usize {
        self.inner / BLOCK * tile_block_bytes(1)
    }

    fn row_bytes(&self) -> usize {
        self.block_bytes() + self.channels * 4
    }

    /// The blocks of the tile that starts at `row`, a multiple of [`ROWS`].
    pub(super) fn tile(&self, row: usize) -> &[u8] {
        let rows = ROWS.min(self.rows - row);
        &self.data[row * self.row_bytes()..][..rows * self.block_bytes()]
    }
}

/// Writes a row, normalised first if `norm` says so, as row `r` of the `count` of a tile: its `blocks`,
/// and the `channels` that are kept out of them.
fn quantize_row(
    row: &[f32],
    norm: Option<(&LayerNorm, Moments)>,
    (r, count): (usize, usize),
    blocks: &mut [u8],
    mut wide: &[u32],
    channels: &mut [u8],
) {
    let mut channels = channels.as_chunks_mut::<4>().0.iter_mut();
    let blocks = blocks.chunks_exact_mut(tile_block_bytes(count));
    for (index, (values, block)) in row.as_chunks::<BLOCK>().0.iter().zip(blocks).enumerate() {
        let mut values = *values;
        if let Some((norm, moments)) = &norm {
            norm.scale(&mut values, *moments, index * BLOCK);
        }
        while let Some((channel, rest)) = wide.split_first()
            && (*channel as usize) < (index + 1) * BLOCK
        {
            let value = std::mem::take(&mut values[*channel as usize % BLOCK]);
            if let Some(kept) = channels.next() {
                *kept = value.to_le_bytes();
            }
            wide = rest;
        }
        write_block(&values, (r, count), block);
    }
}

/// Quantizes one block of row `r` into a tile's block.
#[inline(always)]
fn write_block(values: &[f32; BLOCK], (r, count): (usize, usize), block: &mut [u8]) {
    let (scale, zero, codes) = quantize_block(values);
    for (step, codes) in codes.as_chunks::<STEP>().0.iter().enumerate() {
        let target = &mut block[tile_offset(count, r, step)..][..STEP * CODE_BYTES];
        if CODE_BYTES == 1 {
            target.copy_from_slice(codes);
        } else {
            for (target, code) in target.as_chunks_mut::<2>().0.iter_mut().zip(codes) {
                *target = u16::from(*code).to_le_bytes();
            }
        }
    }
    let scales = &mut block[count * BLOCK * CODE_BYTES..];
    scales[r * 4..][..4].copy_from_slice(&scale.to_le_bytes());
    scales[(count + r) * 4..][..4].copy_from_slice(&i32::from(zero).to_le_bytes());
}

/// The scale, what is added to the codes, and the codes of a block.
fn quantize_block(values: &[f32; BLOCK]) -> (f32, i16, [u8; BLOCK]) {
    let mut lowest = F32x4::load(&[values[0], values[1], values[2], values[3]]);
    let mut highest = lowest;
    for quad in quads(values) {
        let quad = F32x4::load(quad);
        lowest = lowest.min(quad);
        highest = highest.max(quad);
    }
    let lowest = lowest.smallest();
    let range = (highest.largest() - lowest).max(lowest.abs() * LEAST_RANGE);
    let scale = range / LEVELS;
    let mut codes = [0; BLOCK];
    if scale < f32::MIN_POSITIVE {
        return (0.0, 0, codes);
    }
    let inverse = LEVELS / range;
    let zero = (lowest * inverse).round_ties_even();
    let (inverse, shift) = (F32x4::splat(inverse), F32x4::splat(zero));
    for (codes, values) in codes.as_chunks_mut::<16>().0.iter_mut().zip(values.as_chunks::<16>().0) {
        let code = |quad: usize| F32x4::load(&values.as_chunks::<4>().0[quad]) * inverse - shift;
        *codes = F32x4::to_seven_bits([code(0), code(1), code(2), code(3)]);
    }
    (scale, zero as i16, codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether codes stand for values to within half a step.
    fn assert_close(values: &[f32; BLOCK]) -> (f32, i16, [u8; BLOCK]) {
        let (scale, zero, codes) = quantize_block(values);
        for (code, value) in codes.iter().zip(values) {
            let error = scale * f32::from(i16::from(*code) + zero) - value;
            assert!(error.abs() <= scale * 0.51, "{value}: {code} + {zero}, times {scale}");
        }
        (scale, zero, codes)
    }

    #[test]
    fn codes_span_the_range_of_their_block() {
        let (_, zero, codes) = assert_close(&std::array::from_fn(|i| i as f32 * 0.5 - 3.0));
        assert_eq!((zero, codes[0], codes[31]), (-25, 0, 127));
    }

    #[test]
    fn a_block_far_from_zero_keeps_its_differences_as_far_as_its_values_go() {
        for far in [1.0, -1.0] {
            let (scale, _, codes) = assert_close(&std::array::from_fn(|i| far * (1000.0 + i as f32 / 31.0)));
            assert!(scale < 0.04 && codes.iter().any(|code| *code > 20), "{scale} {codes:?}");
        }
    }

    #[test]
    fn a_constant_block_is_all_in_what_is_added_to_its_codes() {
        for constant in [7.25, -7.25, 1e-20, 3e38] {
            let (scale, zero, codes) = assert_close(&[constant; BLOCK]);
            let value = f64::from(scale) * f64::from(i16::from(codes[0]) + zero);
            assert!((value / f64::from(constant) - 1.0).abs() < 1e-4);
        }
        assert_eq!(quantize_block(&[0.0; BLOCK]), (0.0, 0, [0; BLOCK]));
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
