//! Depthwise convolutions: each output channel sees one input channel.

use super::{four_by_four, strided};
use crate::kernels::activation::{self, Activation};
use crate::kernels::lanes::{F32x4, quads};
use crate::kernels::threads;

/// Neighbouring outputs that are computed side by side, each from its own sum.
const RUN: usize = 8;
/// Rows of the output that a thread computes at a time: what it reads and writes of four channels stays in the
/// processor's nearest cache.
const BAND: usize = 4;
/// Planes that a thread fills at least.
const PLANES: usize = 4;

/// A depthwise convolution with a square kernel of odd side, padded to keep the size at stride 1.
#[derive(Debug)]
pub struct Depthwise {
    kernel: usize,
    stride: usize,
    inputs: usize,
    outputs: usize,
    /// `[outputs / 4, kernel * kernel, 4]`
    weights: Vec<[f32; 4]>,
    /// `[outputs / 4, 4]`
    bias: Vec<[f32; 4]>,
}

/// The map that a convolution reads, four output channels at a time: planes of quads, with the border around them.
struct Planes<'a> {
    values: &'a [[f32; 4]],
    side: usize,
}

impl Depthwise {
    /// The convolution of `weights` `[outputs, kernel, kernel]` and `bias` `[outputs]`. Output `o` sees the input
    /// channel `o / (outputs / inputs)`.
    ///
    /// # Panics
    /// If the kernel's side is even, the stride neither 1 nor 2, there is neither one output nor two an input, inputs and
    /// outputs are no multiples of four, or there are not that many weights: models check theirs at load.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize, kernel: usize, stride: usize) -> Self {
        let outputs = bias.len();
        assert!(kernel % 2 == 1 && matches!(stride, 1 | 2));
        assert!(inputs.is_multiple_of(4) && (outputs == inputs || outputs == 2 * inputs));
        let (weights, bias) = four_by_four(weights, bias, kernel * kernel);
        Self { kernel, stride, inputs, outputs, weights, bias }
    }

    /// Channels of the output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The side of the output for an input of `side`.
    pub fn side_of(&self, side: usize) -> usize {
        strided(side, self.stride)
    }

    /// Convolves `input` `[side, side, inputs]` into `output` `[side_of(side), …, outputs]`, through `activation` if there is
    /// one. `planes` is a buffer whose contents have no meaning.
    ///
    /// # Panics
    /// If the shapes do not fit together.
    pub fn apply(
        &self,
        input: &[f32],
        side: usize,
        activation: Option<Activation>,
        planes: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let out_side = self.side_of(side);
        assert_eq!(input.len(), side * side * self.inputs);
        assert_eq!(output.len(), out_side * out_side * self.outputs);
        let padded = side + self.kernel - 1;
        let of_plane = padded * padded * 4;
        let length = self.outputs / 4 * of_plane;
        if planes.len() < length {
            planes.resize(length, 0.0);
        }
        let planes = &mut planes[..length];
        threads::for_each_piece(planes, of_plane, PLANES, |quad, plane| {
            self.fill_plane(input, side, quad, plane);
        });
        let planes = Planes { values: quads(planes), side: padded };
        threads::for_each_piece(output, BAND * out_side * self.outputs, 1, |band, rows| {
            for quad in 0..self.outputs / 4 {
                for (row, pixels) in rows.chunks_exact_mut(out_side * self.outputs).enumerate() {
                    self.convolve_row(&planes, quad, band * BAND + row, pixels);
                }
            }
            if let Some(activation) = activation {
                activation::apply(activation, rows);
            }
        });
    }

    /// The plane of four outputs: their inputs' values with zeros around them.
    fn fill_plane(&self, input: &[f32], side: usize, quad: usize, plane: &mut [f32]) {
        let border = self.kernel / 2;
        let of_row = (side + 2 * border) * 4;
        let (top, rest) = plane.split_at_mut(border * of_row);
        let (middle, bottom) = rest.split_at_mut(side * of_row);
        top.fill(0.0);
        bottom.fill(0.0);
        let rows = input.chunks_exact(side * self.inputs);
        for (source, target) in rows.zip(middle.chunks_exact_mut(of_row)) {
            let (left, rest) = target.split_at_mut(border * 4);
            let (inner, right) = rest.split_at_mut(side * 4);
            left.fill(0.0);
            right.fill(0.0);
            let pixels = source.chunks_exact(self.inputs).zip(inner.as_chunks_mut::<4>().0);
            if self.outputs == self.inputs {
                pixels.for_each(|(pixel, target)| target.copy_from_slice(&pixel[quad * 4..][..4]));
            } else {
                for (pixel, target) in pixels {
                    let pair = &pixel[quad * 2..][..2];
                    *target = [pair[0], pair[0], pair[1], pair[1]];
                }
            }
        }
    }

    /// Four channels of the output's row `y`, whose pixels `[out_side, outputs]` are `pixels`.
    fn convolve_row(&self, planes: &Planes, quad: usize, y: usize, pixels: &mut [f32]) {
        let taps = self.kernel * self.kernel;
        let of_plane = planes.side * planes.side;
        let rows = &planes.values[quad * of_plane..][..of_plane];
        let rows = &rows[y * self.stride * planes.side..][..self.kernel * planes.side];
        let weights = &self.weights[quad * taps..][..taps];
        let row = Row { rows, side: planes.side, weights, kernel: self.kernel, bias: self.bias[quad] };
        let out_side = pixels.len() / self.outputs;
        let whole = out_side - out_side % RUN;
        for x in (0..whole).step_by(RUN) {
            let sums = match self.stride {
                1 => row.run::<RUN, 1>(x),
                _ => row.run::<RUN, 2>(x),
            };
            self.store(sums, quad, &mut pixels[x * self.outputs..]);
        }
        for x in whole..out_side {
            let sums = match self.stride {
                1 => row.run::<1, 1>(x),
                _ => row.run::<1, 2>(x),
            };
            self.store(sums, quad, &mut pixels[x * self.outputs..]);
        }
    }

    #[inline(always)]
    fn store<const P: usize>(&self, sums: [F32x4; P], quad: usize, pixels: &mut [f32]) {
        for (sum, pixel) in sums.into_iter().zip(pixels.chunks_exact_mut(self.outputs)) {
            sum.store(&mut pixel.as_chunks_mut::<4>().0[quad]);
        }
    }
}

/// What four channels of a row of the output are made of.
struct Row<'a> {
    /// `[kernel, side]`
    rows: &'a [[f32; 4]],
    side: usize,
    /// `[kernel, kernel]`
    weights: &'a [[f32; 4]],
    kernel: usize,
    bias: [f32; 4],
}

impl Row<'_> {
    /// `P` outputs from `x` on at stride `S`. A function of its own, so that engines of WebAssembly have registers for its
    /// sums.
    #[inline(never)]
    fn run<const P: usize, const S: usize>(&self, x: usize) -> [F32x4; P] {
        let mut sums = [F32x4::load(&self.bias); P];
        let rows = self.rows.chunks_exact(self.side).zip(self.weights.chunks_exact(self.kernel));
        for (row, weights) in rows {
            let windows = row[x * S..].windows((P - 1) * S + 1);
            for (weight, window) in weights.iter().zip(windows) {
                let weight = F32x4::load(weight);
                for (p, sum) in sums.iter_mut().enumerate() {
                    *sum = *sum + F32x4::load(&window[p * S]) * weight;
                }
            }
        }
        sums
    }
}
