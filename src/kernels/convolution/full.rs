//! A convolution in which each output channel sees every input channel: for the few channels of a picture.

use super::product::Weights;
use super::strided;
use crate::kernels::activation::{self, Activation};
use crate::kernels::threads;

/// Channels of a picture.
const CHANNELS: usize = 3;
/// The kernel's side.
const KERNEL: usize = 3;
const STRIDE: usize = 2;
const TAPS: usize = CHANNELS * KERNEL * KERNEL;

/// A convolution of three channels by a kernel of 3 × 3 at stride 2, with a border of one pixel.
#[derive(Debug)]
pub struct FullConvolution(Weights);

impl FullConvolution {
    /// The convolution of `weights` `[outputs, 3, 3, 3]` and `bias` `[outputs]`.
    ///
    /// # Panics
    /// If the outputs are no multiple of eight, or there are not that many weights: models check theirs at load.
    pub fn new(weights: &[f32], bias: &[f32]) -> Self {
        Self(Weights::new(weights, bias, TAPS))
    }

    /// Channels of the output.
    pub fn outputs(&self) -> usize {
        self.0.outputs()
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
        threads::for_each_piece(output, out_side * outputs, 1, |y, row| {
            let taps: Vec<f32> = (0..out_side).flat_map(|x| taps(pixels, side, y, x)).collect();
            self.0.multiply(&taps, row);
            activation::apply(activation, row);
        });
    }
}

/// What an output sees: zeros beyond the border.
fn taps(pixels: &[f32], side: usize, y: usize, x: usize) -> [f32; TAPS] {
    std::array::from_fn(|tap| {
        let (channel, row, column) = (tap / (KERNEL * KERNEL), tap / KERNEL % KERNEL, tap % KERNEL);
        // One pixel of padding before the first: an index below it wraps to one beyond the last.
        let row = (y * STRIDE + row).wrapping_sub(1);
        let column = (x * STRIDE + column).wrapping_sub(1);
        if row < side && column < side { pixels[(channel * side + row) * side + column] } else { 0.0 }
    })
}
