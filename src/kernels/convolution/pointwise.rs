//! Convolutions by a kernel of one pixel: a layer of each pixel, in f32 where eight bits would cost too much.

use super::product::{OUTPUTS, RUN, Weights};
use crate::kernels::activation::{self, Activation};
use crate::kernels::threads;

/// Pixels that a thread computes at a time.
const PIXELS: usize = 16 * RUN;

/// A convolution in which each pixel sees itself alone.
#[derive(Debug)]
pub struct Pointwise(Weights);

impl Pointwise {
    /// What the number of outputs is a multiple of.
    pub const OUTPUTS: usize = OUTPUTS;

    /// The convolution of `weights` `[outputs, inputs]` and `bias` `[outputs]`.
    ///
    /// # Panics
    /// If the outputs are no multiple of eight, or there are not that many weights: models check theirs at load.
    pub fn new(weights: &[f32], bias: &[f32]) -> Self {
        Self(Weights::new(weights, bias, weights.len() / bias.len()))
    }

    /// Convolves `map` `[pixels, inputs]` into `output` `[pixels, outputs]`, through `activation` if there is one.
    ///
    /// # Panics
    /// If the shapes do not fit together.
    pub fn apply(&self, map: &[f32], activation: Option<Activation>, output: &mut [f32]) {
        let (inputs, outputs) = (self.0.inputs(), self.0.outputs());
        assert!(map.len().is_multiple_of(inputs) && output.len() / outputs == map.len() / inputs);
        threads::for_each_piece(output, PIXELS * outputs, 1, |piece, output| {
            let pixels = output.len() / outputs;
            self.0.multiply(&map[piece * PIXELS * inputs..][..pixels * inputs], output);
            if let Some(activation) = activation {
                activation::apply(activation, output);
            }
        });
    }

    /// Multiplies the weights of each output with its factor; its bias stays.
    ///
    /// # Panics
    /// If there are not as many factors as outputs.
    pub fn scale(&mut self, factors: &[f32]) {
        self.0.scale(factors);
    }

    /// How many inputs a pixel has.
    pub fn inputs(&self) -> usize {
        self.0.inputs()
    }

    /// How many outputs a pixel has.
    pub fn outputs(&self) -> usize {
        self.0.outputs()
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.0.inputs() * self.0.outputs() * 4
    }
}
