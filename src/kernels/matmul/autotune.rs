//! Which implementation is fastest here: each is timed for a few milliseconds on the model's shapes.
//!
//! The same build runs on machines where one instruction takes one step or three, so no order of the
//! implementations is right everywhere. Since all give the same bits, a wrong choice costs time only.

use serde::Serialize;

use super::layout::NARROW;
use super::{Activations, BLOCK, Digits, Epilogue, Kernel, Output, PackedMatrix, Rows};

/// Rows of the product: a few prompts, or part of an image.
const ROWS: usize = 48;
/// Columns of the product.
const COLUMNS: usize = 256;
/// The longest inner dimension tried, so that autotuning stays short.
const LONGEST: usize = 1024;
/// Milliseconds each implementation is run: enough for clocks that tick in milliseconds.
const DURATION: f64 = 3.0;
/// How many times each has its turn: in the first an engine of WebAssembly notices what to compile better.
const TURNS: usize = 3;
/// How many products are enough for an engine to notice.
const WARMING: usize = 2;
/// The magnitude of the codes that measurements use: five bits and eight.
const MAGNITUDES: [u8; 2] = [NARROW, 127];

/// What one implementation reached.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Measurement {
    pub kernel: Kernel,
    /// The largest magnitude of the weights' codes.
    pub largest_code: u8,
    /// Billions of products a second.
    pub gmacs: f64,
    /// Whether it is the one that weights like these are multiplied with from now on.
    pub chosen: bool,
    /// A checksum of the product's bits: the same for all.
    pub bits: u32,
}

/// Times every implementation that can run here on products of `in_features` (rounded to whole blocks),
/// and makes the fastest the choice of [`Kernel::fastest`]. `clock` gives milliseconds.
///
/// The reference implementation is not tried: it is never the fastest.
pub fn run(in_features: usize, clock: impl Fn() -> f64) -> Vec<Measurement> {
    let mut measurements = Vec::new();
    for largest_code in MAGNITUDES {
        let candidates = Kernel::ALL.iter().copied();
        let candidates =
            candidates.filter(|kernel| *kernel != Kernel::Portable && kernel.can_run(largest_code));
        let first = measurements.len();
        let product = Product::new(in_features.clamp(BLOCK, LONGEST).next_multiple_of(BLOCK), largest_code);
        measurements.extend(candidates.map(|kernel| {
            let bits = product.bits(kernel);
            Measurement { kernel, largest_code, gmacs: 0.0, chosen: false, bits }
        }));
        for _ in 0..TURNS {
            for measurement in &mut measurements[first..] {
                measurement.gmacs = measurement.gmacs.max(product.time(measurement.kernel, &clock));
            }
        }
        if let Some(best) = measurements[first..].iter_mut().max_by(|a, b| a.gmacs.total_cmp(&b.gmacs)) {
            best.kernel.set_fastest(largest_code);
            best.chosen = true;
        }
    }
    measurements
}

/// Runs the product that 8-bit weights take for a few milliseconds: engines of WebAssembly begin to compile what is in
/// much use better, so that the first picture finds that done.
pub fn warm_up() {
    let product = Product::new(LONGEST, 127);
    (0..WARMING).for_each(|_| product.multiply(Kernel::fastest(127), &mut [0.0; ROWS * COLUMNS]));
}

/// A product to time.
struct Product {
    matrix: PackedMatrix,
    activations: Activations,
}

impl Product {
    fn new(in_features: usize, largest_code: u8) -> Self {
        let codes = 2 * i32::from(largest_code) + 1;
        let matrix = PackedMatrix::pack(COLUMNS, in_features, |column, block, target| {
            for (k, code) in target.iter_mut().enumerate() {
                // The mean of three numbers: about as weights are distributed, few of them large.
                let mixed = [31, 47, 89].map(|prime| (column * prime + block * 17 + k * (prime - 24)) as i32);
                let sum: i32 = mixed.iter().map(|mixed| mixed % codes - i32::from(largest_code)).sum();
                *code = (sum / 3) as i8;
            }
            0.01
        });
        let values: Vec<f32> =
            (0..ROWS * in_features).map(|i| (i * 7919 % 1013) as f32 / 506.5 - 1.0).collect();
        let mut activations = Activations::default();
        activations.quantize(Rows::Plain(&values), in_features, &[], Digits::One);
        Self { matrix, activations }
    }

    fn multiply(&self, kernel: Kernel, output: &mut [f32]) {
        let output = Output { values: output, stride: COLUMNS, first: 0 };
        self.matrix.multiply_with(kernel, &self.activations, Epilogue::default(), output);
    }

    /// A checksum of the product's bits (FNV-1a).
    fn bits(&self, kernel: Kernel) -> u32 {
        let mut output = vec![0.0; ROWS * COLUMNS];
        self.multiply(kernel, &mut output);
        let mix = |hash: u32, value: &f32| (hash ^ value.to_bits()).wrapping_mul(0x0100_0193);
        output.iter().fold(0x811c_9dc5, mix)
    }

    /// Billions of products a second, over [`DURATION`].
    fn time(&self, kernel: Kernel, clock: impl Fn() -> f64) -> f64 {
        let mut output = vec![0.0; ROWS * COLUMNS];
        let mut multiply = || self.multiply(kernel, &mut output);
        let (start, mut products) = (clock(), 0);
        let mut elapsed = 0.0;
        while elapsed < DURATION {
            multiply();
            products += 1;
            elapsed = clock() - start;
        }
        let macs = ROWS * COLUMNS * self.matrix.in_features() * products;
        macs as f64 / elapsed / 1e6
    }
}
