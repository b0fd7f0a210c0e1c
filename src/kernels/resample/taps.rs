//! Which input samples an output sample is made of, and with what weights.

use std::f64::consts::PI;
use std::ops::Range;

use super::PRECISION_BITS;

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

/// The taps of consecutive output samples along one axis.
pub struct Taps {
    input_len: usize,
    /// Longest run of weights of one output sample.
    stride: usize,
    /// First input sample and number of weights, per output sample.
    bounds: Vec<(usize, usize)>,
    /// `[outputs, stride]`, in units of 2^-22.
    weights: Vec<i32>,
}

impl Taps {
    /// Taps of the outputs in `window` when `input_len` samples become `output_len`.
    ///
    /// The window changes no weight: it only leaves out outputs that nobody will look at.
    ///
    /// # Panics
    ///
    /// If a length is 0 or the window reaches past `output_len`.
    pub fn new(filter: Filter, input_len: usize, output_len: usize, window: Range<usize>) -> Self {
        assert!(input_len > 0 && output_len > 0, "cannot resample {input_len} samples to {output_len}");
        assert!(window.end <= output_len, "window {window:?} reaches past {output_len}");
        // Pillow's box is single precision.
        let scale = f64::from(input_len as f32) / output_len as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let mut taps = Self { input_len, stride: 0, bounds: Vec::new(), weights: Vec::new() };
        taps.stride = (support.ceil() as usize * 2 + 1).min(input_len);
        let mut values = Vec::with_capacity(taps.stride);
        for output in window {
            let center = (output as f64 + 0.5) * scale;
            // `as usize` truncates and maps what is below 0 to 0, like the C code's cast and clamp.
            let start = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(input_len);
            values.clear();
            values.extend((start..end).map(|x| {
                let distance = x as f64 - center + 0.5;
                filter.value(distance * (1.0 / filter_scale))
            }));
            taps.push(start, &values);
        }
        taps
    }

    /// Appends one output sample, its weights scaled to a sum of one and rounded half away from zero.
    fn push(&mut self, start: usize, values: &[f64]) {
        let total = values.iter().fold(0.0, |sum, value| sum + value);
        let one = f64::from(1u32 << PRECISION_BITS);
        self.bounds.push((start, values.len()));
        self.weights.extend(values.iter().map(|&value| {
            let weight = if total == 0.0 { value } else { value / total };
            (weight * one + if weight < 0.0 { -0.5 } else { 0.5 }) as i32
        }));
        self.weights.resize(self.bounds.len() * self.stride, 0);
    }

    /// Number of output samples.
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Whether there is no output sample.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// Number of input samples along the axis.
    pub fn input_len(&self) -> usize {
        self.input_len
    }

    /// The input samples that any output needs.
    pub fn input_range(&self) -> Range<usize> {
        let start = self.bounds.first().map_or(0, |&(start, _)| start);
        let end = self.bounds.last().map_or(0, |&(start, len)| start + len);
        start..end
    }

    /// First input sample and weights of an output.
    ///
    /// # Panics
    ///
    /// If there is no such output.
    pub fn of(&self, output: usize) -> (usize, &[i32]) {
        let (start, len) = self.bounds[output];
        (start, &self.weights[output * self.stride..][..len])
    }

    /// The same of each output, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        (0..self.len()).map(|output| self.of(output))
    }
}
