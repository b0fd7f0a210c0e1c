//! A convolution in which each output channel sees every input channel: for the few channels of a picture.

use super::product::Weights;
use super::{first_of_same, strided};
use crate::kernels::activation::{self, Activation};
use crate::kernels::threads;

/// Channels of a picture.
const CHANNELS: usize = 3;
/// The kernel's side.
const KERNEL: usize = 3;
const STRIDE: usize = 2;
/// Zeros around the picture.
const BORDER: usize = 1;
const TAPS: usize = CHANNELS * KERNEL * KERNEL;

/// A convolution of three channels by a kernel of 3 × 3 at stride 2, with a border of one pixel.
#[derive(Debug)]
pub struct FullConvolution {
    weights: Weights,
    /// Whether the padding is TensorFlow's "SAME" instead of the same on all sides.
    is_same: bool,
}

impl FullConvolution {
    /// The convolution of `weights` `[outputs, 3, 3, 3]` and `bias` `[outputs]`.
    ///
    /// # Panics
    /// If the outputs are no multiple of eight, or there are not that many weights: models check theirs at load.
    pub fn new(weights: &[f32], bias: &[f32]) -> Self {
        Self { weights: Weights::new(weights, bias, TAPS), is_same: false }
    }

    /// The convolution with TensorFlow's "SAME" padding, which begins one pixel later over a picture of an even side.
    #[must_use]
    pub fn with_same_padding(self) -> Self {
        Self { is_same: true, ..self }
    }

    /// Channels of the output.
    pub fn outputs(&self) -> usize {
        self.weights.outputs()
    }

    /// The side of the output for an input of `side`.
    pub fn side_of(&self, side: usize) -> usize {
        strided(side, STRIDE)
    }

    /// Convolves `pixels` `[3, side, side]` into `output` `[side_of(side), …, outputs]`, through `activation`.
    ///
    /// # Panics
    /// If the shapes do not fit together.
    pub fn apply(&self, pixels: &[f32], side: usize, activation: Activation, output: &mut [f32]) {
        let (out_side, outputs) = (self.side_of(side), self.outputs());
        assert_eq!(pixels.len(), CHANNELS * side * side);
        assert_eq!(output.len(), out_side * out_side * outputs);
        let first = if self.is_same { first_of_same(side, STRIDE, KERNEL) } else { 0 };
        threads::for_each_piece(output, out_side * outputs, 1, |y, row| {
            let rows = rows_with_border(pixels, side, y * STRIDE + first);
            let mut taps = vec![0.0; out_side * TAPS];
            for (x, taps) in taps.as_chunks_mut::<TAPS>().0.iter_mut().enumerate() {
                let rows = rows.chunks_exact(side + 2 * BORDER);
                for (taps, row) in taps.as_chunks_mut::<KERNEL>().0.iter_mut().zip(rows) {
                    taps.copy_from_slice(&row[x * STRIDE + first..][..KERNEL]);
                }
            }
            self.weights.multiply(&taps, row);
            activation::apply(activation, row);
        });
    }
}

/// The rows that a row of outputs sees, from the row `y` of the picture with its border on: `[3, 3, side + 2]`, channel by channel,
/// with zeros beyond the border.
fn rows_with_border(pixels: &[f32], side: usize, y: usize) -> Vec<f32> {
    let mut rows = vec![0.0; CHANNELS * KERNEL * (side + 2 * BORDER)];
    for (index, target) in rows.chunks_exact_mut(side + 2 * BORDER).enumerate() {
        let (channel, row) = (index / KERNEL, (y + index % KERNEL).wrapping_sub(BORDER));
        if row < side {
            target[BORDER..][..side].copy_from_slice(&pixels[(channel * side + row) * side..][..side]);
        }
    }
    rows
}
