//! Packs weights in execution order: panels of columns, block after block.

use std::ops::Range;
use std::sync::OnceLock;

use super::BLOCK;
use super::interleave::{Facts, interleave};
use super::layout::{COLUMNS, NARROW, PANEL_BLOCK_BYTES, PanelBlock, panel_offset};
use super::pairs::{self, Order};
use crate::kernels::threads;

/// Fewer panels than this are not worth another thread.
const PANELS_PER_THREAD: usize = 4;

/// A weight matrix `[columns, in_features]` packed for [`super`]'s products: one byte a weight and six
/// bytes a block of 32.
#[derive(Clone, Debug)]
pub struct PackedMatrix {
    columns: usize,
    in_features: usize,
    /// Each panel is an allocation of its own, so that it is cleared and filled while it is in the processor's cache.
    panels: Vec<Box<[PanelBlock]>>,
    /// The largest magnitude of a code, counted before outlier channels were taken out.
    largest_code: u8,
    is_finite: bool,
    /// Channels of the inner dimension that are multiplied in f32.
    outliers: Vec<u32>,
    /// The weights of the outlier channels. `[panels, outlier channels, COLUMNS]`
    outlier_weights: Vec<[f32; COLUMNS]>,
    /// The order of each block's steps, once an implementation has asked for it. `[panels, blocks]`
    orders: OnceLock<Box<[Order]>>,
}

impl PackedMatrix {
    /// Packs `[columns, in_features]` weights, panels side by side on the threads there are. `read` fills in a
    /// column's block of [`BLOCK`] codes and returns their scale.
    ///
    /// # Panics
    /// If `in_features` is no multiple of [`BLOCK`].
    pub fn pack(
        columns: usize,
        in_features: usize,
        read: impl Fn(usize, usize, &mut [i8; BLOCK]) -> f32 + Sync,
    ) -> Self {
        assert!(in_features.is_multiple_of(BLOCK));
        let panels = threads::map(columns.div_ceil(COLUMNS), PANELS_PER_THREAD, |index| {
            let first = index * COLUMNS;
            PackedPanel::of(first..columns.min(first + COLUMNS), in_features / BLOCK, &read)
        });
        let largest_code = panels.iter().map(|panel| panel.largest_code).max().unwrap_or(0);
        let is_finite = panels.iter().all(|panel| panel.is_finite);
        let panels = panels.into_iter().map(|panel| panel.blocks).collect();
        Self {
            columns,
            in_features,
            panels,
            largest_code,
            is_finite,
            outliers: Vec::new(),
            outlier_weights: Vec::new(),
            orders: OnceLock::new(),
        }
    }

    /// Takes the channels `outliers`, which ascend, out of the codes: they are multiplied in f32, so that the codes of
    /// activations need not span their range.
    ///
    /// # Panics
    /// If a channel is beyond the inner dimension, or there are outlier channels already.
    #[must_use]
    pub fn with_outliers(mut self, outliers: &[u32]) -> Self {
        assert!(self.outliers.is_empty());
        assert!(outliers.iter().all(|channel| (*channel as usize) < self.in_features));
        self.outlier_weights.reserve_exact(self.panels() * outliers.len());
        for panel in &mut self.panels {
            for &channel in outliers {
                let (block, k) = (channel as usize / BLOCK, channel as usize % BLOCK);
                self.outlier_weights.push(take_channel(&mut panel[block].0, k));
            }
        }
        self.outliers = outliers.to_vec();
        self
    }

    /// Whether [`Self::join`] can: not where the inner dimensions or outlier channels differ, one has codes of few bits
    /// and the other not, or a column would lie across panels.
    pub fn can_join(&self, other: &Self) -> bool {
        self.in_features == other.in_features
            && self.outliers == other.outliers
            && self.columns.is_multiple_of(COLUMNS)
            && (self.largest_code <= NARROW) == (other.largest_code <= NARROW)
    }

    /// Puts the columns of `other` behind its own, so that both are one product.
    ///
    /// # Panics
    /// If they cannot be.
    pub fn join(&mut self, other: Self) {
        assert!(self.can_join(&other));
        self.columns += other.columns;
        self.panels.extend(other.panels);
        self.largest_code = self.largest_code.max(other.largest_code);
        self.is_finite &= other.is_finite;
        self.outlier_weights.extend(other.outlier_weights);
        self.orders = OnceLock::new();
    }

    /// Replaces the outlier channels' weights, which were read from the codes, by exact ones
    /// `[columns, outlier channels]`.
    ///
    /// # Panics
    /// If there are not that many.
    pub fn set_outlier_weights(&mut self, weights: &[f32]) {
        let channels = self.outliers.len();
        assert_eq!(weights.len(), self.columns * channels);
        for (index, weight) in weights.iter().enumerate() {
            let (column, channel) = (index / channels, index % channels);
            self.outlier_weights[column / COLUMNS * channels + channel][column % COLUMNS] = *weight;
        }
    }

    /// Multiplies each column's weights with its factor.
    ///
    /// # Panics
    /// If there are not as many factors as columns.
    pub fn scale_columns(&mut self, factors: &[f32]) {
        assert_eq!(factors.len(), self.columns);
        let channels = self.outliers.len();
        for (index, (panel, factors)) in self.panels.iter_mut().zip(factors.chunks(COLUMNS)).enumerate() {
            for PanelBlock(block) in panel {
                let scales = block[COLUMNS * BLOCK..].as_chunks_mut::<4>().0;
                for (scale, factor) in scales.iter_mut().zip(factors) {
                    *scale = (f32::from_le_bytes(*scale) * factor).to_le_bytes();
                }
            }
            for weights in &mut self.outlier_weights[index * channels..][..channels] {
                weights.iter_mut().zip(factors).for_each(|(weight, factor)| *weight *= factor);
            }
        }
    }

    /// The number of outputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The length of a row: the dimension that is summed over.
    pub fn in_features(&self) -> usize {
        self.in_features
    }

    /// The channels of the inner dimension that are multiplied in f32.
    pub fn outliers(&self) -> &[u32] {
        &self.outliers
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        let orders = self.orders.get().map_or(0, |orders| size_of_val(&**orders));
        self.panels.iter().map(|panel| size_of_val(&**panel)).sum::<usize>()
            + self.outlier_weights.len() * COLUMNS * 4
            + orders
    }

    /// Whether every scale was a finite number when it was packed.
    pub fn is_finite(&self) -> bool {
        self.is_finite
    }

    /// The largest magnitude of a weight's code, 128 at most.
    pub(super) fn largest_code(&self) -> u8 {
        self.largest_code
    }

    pub(super) fn outlier_weights(&self, panel: usize) -> &[[f32; COLUMNS]] {
        &self.outlier_weights[panel * self.outliers.len()..][..self.outliers.len()]
    }

    pub(super) fn panels(&self) -> usize {
        self.columns.div_ceil(COLUMNS)
    }

    /// A panel, with its part of `orders` unless those are empty.
    pub(super) fn panel<'a>(&'a self, panel: usize, orders: &'a [Order]) -> Panel<'a> {
        let blocks = self.in_features / BLOCK;
        let of_panel = panel * blocks..(panel + 1) * blocks;
        Panel { blocks: &self.panels[panel], orders: orders.get(of_panel).unwrap_or_default() }
    }

    /// The order of each block's steps, found when this is first called. `[panels, blocks]`
    pub(super) fn orders(&self) -> &[Order] {
        self.orders.get_or_init(|| {
            let of_panels = threads::map(self.panels(), PANELS_PER_THREAD, |panel| {
                let blocks = self.panels[panel].iter();
                blocks.map(|block| pairs::order(&block.0.as_chunks().0[0])).collect::<Vec<_>>()
            });
            of_panels.concat().into_boxed_slice()
        })
    }
}

/// A panel, to be read.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) blocks: &'a [PanelBlock],
    /// The order of each block's steps; empty for implementations that take them as they come.
    pub(super) orders: &'a [Order],
}

/// A panel, filled.
struct PackedPanel {
    blocks: Box<[PanelBlock]>,
    largest_code: u8,
    is_finite: bool,
}

impl PackedPanel {
    /// The columns `of` a matrix, at most [`COLUMNS`].
    fn of(of: Range<usize>, blocks: usize, read: impl Fn(usize, usize, &mut [i8; BLOCK]) -> f32) -> Self {
        let blocks = vec![PanelBlock([0; PANEL_BLOCK_BYTES]); blocks].into_boxed_slice();
        let mut panel = Self { blocks, largest_code: 0, is_finite: true };
        for (block, PanelBlock(target)) in panel.blocks.iter_mut().enumerate() {
            let (mut codes, mut scales) = ([[0; BLOCK]; COLUMNS], [0.0; COLUMNS]);
            for (lane, column) in of.clone().enumerate() {
                scales[lane] = read(column, block, &mut codes[lane]);
            }
            let facts = write_block(target, &scales, &codes);
            panel.largest_code = panel.largest_code.max(facts.largest);
            panel.is_finite &= scales.iter().all(|scale| scale.is_finite());
        }
        panel
    }
}

/// Writes all columns' codes, scales and sums into a block of a panel.
fn write_block(
    target: &mut [u8; PANEL_BLOCK_BYTES],
    scales: &[f32; COLUMNS],
    codes: &[[i8; BLOCK]; COLUMNS],
) -> Facts {
    let (code_bytes, rest) = target.split_at_mut(COLUMNS * BLOCK);
    let (scale_bytes, sum_bytes) = rest.split_at_mut(COLUMNS * 4);
    let facts = interleave(codes, &mut code_bytes.as_chunks_mut().0[0]);
    for (bytes, scale) in scale_bytes.as_chunks_mut().0.iter_mut().zip(scales) {
        *bytes = scale.to_le_bytes();
    }
    for (bytes, sum) in sum_bytes.as_chunks_mut().0.iter_mut().zip(facts.sums) {
        *bytes = sum.to_le_bytes();
    }
    facts
}

/// Takes the codes of channel `k` (0..32) out of a block of a panel: the weights they stood for.
fn take_channel(block: &mut [u8; PANEL_BLOCK_BYTES], k: usize) -> [f32; COLUMNS] {
    let (codes, rest) = block.split_at_mut(COLUMNS * BLOCK);
    let (scales, sums) = rest.split_at_mut(COLUMNS * 4);
    let (scales, sums) = (scales.as_chunks::<4>().0, sums.as_chunks_mut::<2>().0);
    std::array::from_fn(|column| {
        let code = std::mem::take(&mut codes[panel_offset(column, k)]) as i8;
        sums[column] = (i16::from_le_bytes(sums[column]) - i16::from(code)).to_le_bytes();
        f32::from_le_bytes(scales[column]) * f32::from(code)
    })
}
