//! The input samples that contribute to each output sample, with their weights.

use std::borrow::Cow;
use std::f64::consts::PI;
use std::ops::Range;

use super::{Backend, PRECISION_BITS};

/// A resampling kernel, with the number that Pillow and `preprocessor_config.json` know it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Windowed sinc over three lobes (1).
    Lanczos,
    /// Triangle (2).
    Bilinear,
    /// Keys' cubic with a = -0.5 (3).
    Bicubic,
    /// Mean over a pixel's area (4).
    Box,
    /// Hamming-windowed sinc over one lobe (5).
    Hamming,
}

impl Filter {
    /// Half the kernel's width, in input samples at a scale of 1.
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The kernel's value at `x`. Expressions follow `Resample.c` term by term: a reordering changes last
    /// bits.
    fn value(self, x: f64) -> f64 {
        match self {
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Hamming => hamming(x.abs()),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos => lanczos(x),
        }
    }
}

fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn hamming(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else if x >= 1.0 {
        0.0
    } else {
        let x = x * PI;
        // Single-precision constants, as the C code has them.
        libm::sin(x) / x * (f64::from(0.54f32) + f64::from(0.46f32) * libm::cos(x))
    }
}

fn lanczos(x: f64) -> f64 {
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    libm::sin(x) / x
}

/// Weights of more outputs together than this are worked out each time: every input sample has a few, which is
/// more than the picture where that is one long row.
const MOST_KEPT: usize = 1 << 24;

/// PyTorch's weights are smaller than this: it keeps them in 16 bits.
const TORCH_WEIGHTS: i64 = 1 << 15;

/// The taps of consecutive output samples along one axis.
pub struct Taps {
    backend: Backend,
    filter: Filter,
    input_len: usize,
    /// Input samples an output sample, and half the kernel's width in them.
    scale: f64,
    support: f64,
    /// The outputs that there are taps of.
    window: Range<usize>,
    /// Longest run of weights of one output sample.
    stride: usize,
    /// Fractional bits that weights are rounded to.
    precision: u32,
    /// `[outputs, stride]`, in units of 2^-22; empty where they would be too many.
    weights: Vec<i32>,
}

impl Taps {
    /// Taps of the outputs in `window` when `input_len` samples become `output_len`.
    ///
    /// The window changes no weight: it only leaves out outputs that are not needed. With torchvision the time is
    /// nevertheless that of all outputs, whose largest weight decides the precision.
    ///
    /// # Panics
    ///
    /// If a length is 0 or the window reaches past `output_len`.
    pub fn new(
        backend: Backend,
        filter: Filter,
        input_len: usize,
        output_len: usize,
        window: Range<usize>,
    ) -> Self {
        assert!(input_len > 0 && output_len > 0, "cannot resample {input_len} samples to {output_len}");
        assert!(window.end <= output_len, "window {window:?} reaches past {output_len}");
        let input = match backend {
            // Pillow's box is single precision.
            Backend::Pillow => f64::from(input_len as f32),
            Backend::Torchvision => input_len as f64,
        };
        let scale = input / output_len as f64;
        let support = filter.support() * scale.max(1.0);
        let stride = (support.ceil() as usize * 2 + 1).min(input_len);
        let (precision, weights) = (PRECISION_BITS, Vec::new());
        let mut taps =
            Self { backend, filter, input_len, scale, support, window, stride, precision, weights };
        if backend == Backend::Torchvision {
            taps.precision = taps.torch_precision(output_len);
        }
        if taps.len().saturating_mul(stride) <= MOST_KEPT {
            taps.weights = vec![0; taps.len() * stride];
            let mut values = Vec::with_capacity(stride);
            for output in 0..taps.len() {
                let weights = taps.weigh(output, &mut values);
                taps.weights[output * stride..][..weights.len()].copy_from_slice(&weights);
            }
        }
        taps
    }

    /// The input samples that an output is made of.
    fn bounds(&self, output: usize) -> Range<usize> {
        let center = self.center(output);
        // `as usize` truncates and maps what is below 0 to 0, like the C code's cast and clamp.
        let start = (center - self.support + 0.5) as usize;
        let end = ((center + self.support + 0.5) as usize).min(self.input_len);
        match self.backend {
            Backend::Pillow => start..end,
            Backend::Torchvision => start..end.min(start + self.stride),
        }
    }

    fn center(&self, output: usize) -> f64 {
        ((self.window.start + output) as f64 + 0.5) * self.scale
    }

    /// The fractional bits that PyTorch gives the weights of an axis: as many as the largest one leaves room for.
    fn torch_precision(&self, output_len: usize) -> u32 {
        let whole = Self { window: 0..output_len, weights: Vec::new(), ..*self };
        let (mut values, mut largest) = (Vec::with_capacity(self.stride), 0.0_f64);
        for output in 0..output_len {
            whole.values(output, &mut values);
            largest = values.iter().copied().fold(largest, f64::max);
        }
        let fits = |bits: &u32| ((0.5 + largest * f64::from(1u32 << (bits + 1))) as i64) < TORCH_WEIGHTS;
        (0..PRECISION_BITS).find(|bits| !fits(bits)).unwrap_or(PRECISION_BITS)
    }

    /// The weights of an output as fractions with a sum of one, into `values`.
    fn values(&self, output: usize, values: &mut Vec<f64>) {
        let (center, filter_scale) = (self.center(output), self.scale.max(1.0));
        values.clear();
        values.extend(self.bounds(output).map(|x| {
            let distance = x as f64 - center + 0.5;
            self.filter.value(distance * (1.0 / filter_scale))
        }));
        let total = values.iter().fold(0.0, |sum, value| sum + value);
        if total != 0.0 {
            values.iter_mut().for_each(|value| *value /= total);
        }
    }

    /// The weights of an output in units of 2^-22, rounded half away from zero at the precision of the axis. `values` is
    /// room for them before that.
    fn weigh(&self, output: usize, values: &mut Vec<f64>) -> Vec<i32> {
        self.values(output, values);
        let one = f64::from(1u32 << self.precision);
        let round = |weight: &f64| (weight * one + if *weight < 0.0 { -0.5 } else { 0.5 }) as i32;
        values.iter().map(|weight| round(weight) << (PRECISION_BITS - self.precision)).collect()
    }

    /// Number of output samples.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether there is no output sample.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    /// Number of input samples along the axis.
    pub fn input_len(&self) -> usize {
        self.input_len
    }

    /// Whether the weights were worked out beforehand, and not each time they are asked for.
    pub fn are_kept(&self) -> bool {
        !self.weights.is_empty()
    }

    /// The input samples that any output needs.
    pub fn input_range(&self) -> Range<usize> {
        match self.len() {
            0 => 0..0,
            len => self.bounds(0).start..self.bounds(len - 1).end,
        }
    }

    /// First input sample and weights of an output.
    ///
    /// # Panics
    ///
    /// If there is no such output.
    pub fn of(&self, output: usize) -> (usize, Cow<'_, [i32]>) {
        assert!(output < self.len(), "output {output} of {}", self.len());
        let bounds = self.bounds(output);
        let weights = match self.weights.get(output * self.stride..) {
            Some(weights) if !self.weights.is_empty() => Cow::Borrowed(&weights[..bounds.len()]),
            _ => Cow::Owned(self.weigh(output, &mut Vec::new())),
        };
        (bounds.start, weights)
    }

    /// First input and weights of each output, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Cow<'_, [i32]>)> {
        (0..self.len()).map(|output| self.of(output))
    }
}
