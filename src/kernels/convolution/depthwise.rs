//! Depthwise convolutions: each output channel sees one input channel.

use super::{first_of_same, four_by_four, strided};
use crate::kernels::activation::{self, Activation};
use crate::kernels::lanes::{F32x4, quads};
use crate::kernels::threads;

/// Neighbouring outputs that are computed side by side, each from its own sum.
const RUN: usize = 8;
/// As many as there are where those are too many: what is left of a row, of which some may be computed twice.
const SHORT_RUN: usize = 4;
/// Rows of the output that a thread computes at a time: what it reads and writes of four channels stays in the
/// processor's nearest cache.
const BAND: usize = 4;
/// Planes that a thread fills at a time, row after row, so that it finds a row in the nearest cache for all but the first.
const PLANES: usize = 4;

/// A depthwise convolution with a square kernel of odd side, padded to keep the size at stride 1.
#[derive(Debug)]
pub struct Depthwise {
    kernel: usize,
    stride: usize,
    /// Whether the padding is TensorFlow's "SAME" instead of the same on all sides.
    is_same: bool,
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
    /// The row and the column where the first window begins.
    first: usize,
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
        Self { kernel, stride, is_same: false, inputs, outputs, weights, bias }
    }

    /// The convolution with TensorFlow's "SAME" padding, which begins one pixel later at stride 2 over a map of an even
    /// side.
    #[must_use]
    pub fn with_same_padding(self) -> Self {
        Self { is_same: true, ..self }
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
        threads::for_each_piece(planes, PLANES * of_plane, 1, |piece, planes| {
            self.fill_planes(input, side, piece * PLANES, planes);
        });
        let first = if self.is_same { first_of_same(side, self.stride, self.kernel) } else { 0 };
        let planes = Planes { values: quads(planes), side: padded, first };
        // As few instructions as this one has are spent while the sums are in registers.
        let is_relu6 = activation == Some(Activation::Relu6);
        threads::for_each_piece(output, BAND * out_side * self.outputs, 1, |band, rows| {
            for quad in 0..self.outputs / 4 {
                for (row, pixels) in rows.chunks_exact_mut(out_side * self.outputs).enumerate() {
                    self.convolve_row(&planes, quad, band * BAND + row, is_relu6, pixels);
                }
            }
            if let Some(activation) = activation.filter(|_| !is_relu6) {
                activation::apply(activation, rows);
            }
        });
    }

    /// Planes of four outputs each, from the `first` one on: their inputs' values with zeros around them.
    fn fill_planes(&self, input: &[f32], side: usize, first: usize, planes: &mut [f32]) {
        let border = self.kernel / 2;
        let of_row = (side + 2 * border) * 4;
        let of_plane = of_row * (side + 2 * border);
        for plane in planes.chunks_exact_mut(of_plane) {
            let (top, rest) = plane.split_at_mut(border * of_row);
            top.fill(0.0);
            rest[side * of_row..].fill(0.0);
        }
        for (y, source) in input.chunks_exact(side * self.inputs).enumerate() {
            for (index, plane) in planes.chunks_exact_mut(of_plane).enumerate() {
                let target = &mut plane[(border + y) * of_row..][..of_row];
                self.fill_row(source, first + index, border, target);
            }
        }
    }

    /// A row of the plane of four outputs.
    fn fill_row(&self, source: &[f32], quad: usize, border: usize, target: &mut [f32]) {
        let target = target.as_chunks_mut::<4>().0;
        let inside = border..target.len() - border;
        clear(&mut target[..inside.start]);
        clear(&mut target[inside.end..]);
        let pixels = source.chunks_exact(self.inputs).zip(&mut target[inside]);
        if self.outputs == self.inputs {
            pixels.for_each(|(pixel, target)| target.copy_from_slice(&pixel[quad * 4..][..4]));
        } else {
            for (pixel, target) in pixels {
                let pair = &pixel[quad * 2..][..2];
                *target = [pair[0], pair[0], pair[1], pair[1]];
            }
        }
    }

    /// Four channels of the output's row `y`, whose pixels `[out_side, outputs]` are `pixels`.
    fn convolve_row(&self, planes: &Planes, quad: usize, y: usize, is_relu6: bool, pixels: &mut [f32]) {
        let taps = self.kernel * self.kernel;
        let of_plane = planes.side * planes.side;
        let rows = &planes.values[quad * of_plane..][..of_plane];
        let rows = &rows[(y * self.stride + planes.first) * planes.side..][..self.kernel * planes.side];
        let weights = &self.weights[quad * taps..][..taps];
        let (side, first, bias) = (planes.side, planes.first, self.bias[quad]);
        let row = Row { rows, side, first, weights, kernel: self.kernel, bias };
        let out_side = pixels.len() / self.outputs;
        let mut x = 0;
        while x < out_side {
            if x + RUN <= out_side {
                self.convolve_run::<RUN>(&row, quad, x, is_relu6, pixels);
                x += RUN;
            } else if out_side >= SHORT_RUN {
                x = x.min(out_side - SHORT_RUN);
                self.convolve_run::<SHORT_RUN>(&row, quad, x, is_relu6, pixels);
                x += SHORT_RUN;
            } else {
                self.convolve_run::<1>(&row, quad, x, is_relu6, pixels);
                x += 1;
            }
        }
    }

    /// `P` pixels of a row of the output, from `x` on.
    #[inline(always)]
    fn convolve_run<const P: usize>(
        &self,
        row: &Row,
        quad: usize,
        x: usize,
        is_relu6: bool,
        pixels: &mut [f32],
    ) {
        let mut sums = match self.stride {
            1 => row.run::<P, 1>(x),
            _ => row.run::<P, 2>(x),
        };
        if is_relu6 {
            sums = sums.map(activation::relu6);
        }
        self.store(sums, quad, &mut pixels[x * self.outputs..]);
    }

    #[inline(always)]
    fn store<const P: usize>(&self, sums: [F32x4; P], quad: usize, pixels: &mut [f32]) {
        for (sum, pixel) in sums.into_iter().zip(pixels.chunks_exact_mut(self.outputs)) {
            sum.store(&mut pixel.as_chunks_mut::<4>().0[quad]);
        }
    }
}

/// Zeros for the border of a row: vector by vector, where a general loop would be a call.
#[inline(always)]
fn clear(border: &mut [[f32; 4]]) {
    const NOTHING: [f32; 4] = [0.0; 4];
    match border {
        [] => {}
        [one] => *one = NOTHING,
        [one, two] => (*one, *two) = (NOTHING, NOTHING),
        more => more.fill(NOTHING),
    }
}

/// What four channels of a row of the output are made of.
struct Row<'a> {
    /// `[kernel, side]`
    rows: &'a [[f32; 4]],
    side: usize,
    /// The column where the first window begins.
    first: usize,
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
            let windows = row[x * S + self.first..].windows((P - 1) * S + 1);
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
