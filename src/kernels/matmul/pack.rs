//! Weights in execution order: panels of columns, block after block.

use super::BLOCK;
use super::layout::{COLUMNS, PANEL_BLOCK_BYTES, panel_offset};

/// A weight matrix `[columns, inner]` packed for [`super`]'s products: one byte a weight and six
/// bytes a block of 32.
#[derive(Clone, Debug)]
pub struct PackedMatrix {
    columns: usize,
    inner: usize,
    data: Vec<u8>,
    /// The largest magnitude of a code.
    largest_code: u8,
    /// Channels of the inner dimension that are multiplied in f32.
    wide: Vec<u32>,
    /// Their weights. `[panels, wide channels, COLUMNS]`
    wide_weights: Vec<[f32; COLUMNS]>,
}

impl PackedMatrix {
    /// Packs `[columns, inner]` weights. `read` fills in a column's block of [`BLOCK`] codes and
    /// returns their scale. The channels `wide`, which ascend, are multiplied in f32: the codes of
    /// activations need not span their range then.
    ///
    /// # Panics
    /// If `inner` is no multiple of [`BLOCK`], or a channel is beyond it.
    pub fn pack(
        columns: usize,
        inner: usize,
        wide: &[u32],
        read: impl Fn(usize, usize, &mut [i8; BLOCK]) -> f32,
    ) -> Self {
        assert!(inner.is_multiple_of(BLOCK));
        let (panels, blocks) = (columns.div_ceil(COLUMNS), inner / BLOCK);
        let mut wide_weights = vec![[0.0; COLUMNS]; panels * wide.len()];
        let mut data = vec![0; panels * blocks * PANEL_BLOCK_BYTES];
        let mut largest_code = 0;
        for (index, target) in data.chunks_exact_mut(PANEL_BLOCK_BYTES).enumerate() {
            let (panel, block) = (index / blocks, index % blocks);
            let wide_weights = &mut wide_weights[panel * wide.len()..][..wide.len()];
            for lane in 0..COLUMNS.min(columns - panel * COLUMNS) {
                let mut codes = [0; BLOCK];
                let scale = read(panel * COLUMNS + lane, block, &mut codes);
                for (channel, weights) in wide.iter().zip(&mut *wide_weights) {
                    if *channel as usize / BLOCK == block {
                        let code = std::mem::take(&mut codes[*channel as usize % BLOCK]);
                        weights[lane] = scale * f32::from(code);
                    }
                }
                largest_code =
                    codes.iter().fold(largest_code, |largest, code| largest.max(code.unsigned_abs()));
                write_block(target, lane, scale, &codes);
            }
        }
        Self { columns, inner, data, largest_code, wide: wide.to_vec(), wide_weights }
    }

    /// Replaces the wide channels' weights, which were read from the codes, by exact ones
    /// `[columns, wide channels]`.
    ///
    /// # Panics
    /// If there are not that many.
    pub fn set_wide_weights(&mut self, weights: &[f32]) {
        let channels = self.wide.len();
        assert_eq!(weights.len(), self.columns * channels);
        for (index, weight) in weights.iter().enumerate() {
            let (column, channel) = (index / channels, index % channels);
            self.wide_weights[column / COLUMNS * channels + channel][column % COLUMNS] = *weight;
        }
    }

    /// The number of outputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The length of the inner dimension.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// The channels of the inner dimension that are multiplied in f32.
    pub fn wide(&self) -> &[u32] {
        &self.wide
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.wide_weights.len() * COLUMNS * 4
    }

    /// The largest magnitude of a weight's code, 128 at most.
    pub(super) fn largest_code(&self) -> u8 {
        self.largest_code
    }

    pub(super) fn wide_weights(&self, panel: usize) -> &[[f32; COLUMNS]] {
        &self.wide_weights[panel * self.wide.len()..][..self.wide.len()]
    }

    pub(super) fn panels(&self) -> usize {
        self.columns.div_ceil(COLUMNS)
    }

    pub(super) fn panel(&self, panel: usize) -> &[u8] {
        let len = self.inner / BLOCK * PANEL_BLOCK_BYTES;
        &self.data[panel * len..][..len]
    }
}

/// Writes one column's codes, scale and sum into a block of a panel.
fn write_block(target: &mut [u8], lane: usize, scale: f32, codes: &[i8; BLOCK]) {
    for (k, code) in codes.iter().enumerate() {
        target[panel_offset(lane, k)] = *code as u8;
    }
    // At most 32 * 128: it fits.
    let sum: i16 = codes.iter().map(|code| i16::from(*code)).sum();
    let scales = &mut target[COLUMNS * BLOCK..];
    scales[lane * 4..][..4].copy_from_slice(&scale.to_le_bytes());
    scales[COLUMNS * 4 + lane * 2..][..2].copy_from_slice(&sum.to_le_bytes());
}
