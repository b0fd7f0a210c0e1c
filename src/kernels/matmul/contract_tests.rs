//! Every implementation against the contract of [`super`], followed one number at a time: at every tail of rows, columns
//! and blocks, with codes of any size and with the largest that there are.

use super::super::random::Random;
use super::layout::{COLUMNS, NARROW, STEP};
use super::*;

/// How weights are drawn.
#[derive(Clone, Copy, Debug)]
enum Codes {
    /// Any byte, or any of five bits.
    Any(i32, i32),
    /// One of two bytes.
    OneOf(i8, i8),
    /// Large and small codes in turn, a step each: those of two steps add up to the most that is ever taken together.
    JustPaired,
}

const KINDS: [Codes; 6] = [
    Codes::Any(-128, 127),
    Codes::Any(-16, 16),
    Codes::OneOf(-128, 127),
    Codes::OneOf(-(NARROW as i8), NARROW as i8),
    Codes::OneOf(-128, -128),
    Codes::JustPaired,
];

impl Codes {
    fn draw(self, random: &mut Random, column: usize, k: usize) -> i8 {
        match self {
            Self::Any(least, most) => (least + random.below((most - least + 1) as usize) as i32) as i8,
            Self::OneOf(one, other) => [one, other][random.below(2)],
            // 127 + 127 + 2 + 2 and 128 + 128 + 1 + 1 are both 258.
            Self::JustPaired => [[127, 2], [-128, -1]][column % 2][k / STEP % 2],
        }
    }
}

/// A product's operands, as they are before anything is packed.
struct Operands {
    rows: usize,
    columns: usize,
    in_features: usize,
    activations: Vec<f32>,
    codes: Vec<i8>,
    scales: Vec<f32>,
    outliers: Vec<u32>,
}

impl Operands {
    fn new(rows: usize, columns: usize, blocks: usize, codes: Codes) -> Self {
        let in_features = blocks * BLOCK;
        let mut random = Random::new((rows * 10_000 + columns * 100 + blocks) as u64);
        let activations = (0..rows * in_features).map(|i| activation(&mut random, i / in_features)).collect();
        let codes = (0..columns * in_features)
            .map(|i| codes.draw(&mut random, i / in_features, i % in_features))
            .collect();
        let scales = (0..columns * blocks).map(|_| random.between(-0.01, 0.01) as f32).collect();
        let outliers = [3, 31, 32, 63].into_iter().filter(|_| random.below(4) == 0);
        let outliers = outliers.filter(|channel| (*channel as usize) < in_features).collect();
        Self { rows, columns, in_features, activations, codes, scales, outliers }
    }

    fn pack(&self) -> PackedMatrix {
        let blocks = self.in_features / BLOCK;
        let read = |column: usize, block: usize, codes: &mut [i8; BLOCK]| {
            codes.copy_from_slice(&self.codes[column * self.in_features + block * BLOCK..][..BLOCK]);
            self.scales[column * blocks + block]
        };
        PackedMatrix::pack(self.columns, self.in_features, read).with_outliers(&self.outliers)
    }

    /// The product by the contract. `[rows, columns]`
    fn expected(&self, digits: Digits) -> Vec<f32> {
        let blocks = self.in_features / BLOCK;
        let is_outlier = |k: usize| self.outliers.contains(&(k as u32));
        let mut product = Vec::with_capacity(self.rows * self.columns);
        for row in self.activations.chunks(self.in_features) {
            let mut left = row.to_vec();
            self.outliers.iter().for_each(|channel| left[*channel as usize] = 0.0);
            let digits = if digits == Digits::Two { 2 } else { 1 };
            // Block after block of the first digit, then of the second: which of the weights' blocks, and what of the row.
            let quantized: Vec<_> = (0..digits)
                .flat_map(|_| 0..blocks)
                .map(|block| (block, quantize_and_subtract(&mut left.as_chunks_mut().0[block])))
                .collect();
            for column in 0..self.columns {
                let codes = &self.codes[column * self.in_features..][..self.in_features];
                let scales = &self.scales[column * blocks..][..blocks];
                let mut sum = 0f32;
                for (block, (scale, zero, levels)) in &quantized {
                    let in_block = block * BLOCK..(block + 1) * BLOCK;
                    let products = in_block
                        .filter(|k| !is_outlier(*k))
                        .map(|k| (i32::from(levels[k % BLOCK]) + zero) * i32::from(codes[k]));
                    sum += products.sum::<i32>() as f32 * (scale * scales[*block]);
                }
                for k in self.outliers.iter().map(|channel| *channel as usize) {
                    sum += row[k] * (scales[k / BLOCK] * f32::from(codes[k]));
                }
                product.push(sum);
            }
        }
        product
    }

    /// Compares every implementation that can run with the contract, with one digit and with two; gives those that did.
    fn check(&self, codes: Codes) -> Vec<Kernel> {
        let matrix = self.pack();
        let can_run = Kernel::ALL.iter().copied().filter(|kernel| kernel.can_run(matrix.largest_code()));
        let can_run: Vec<Kernel> = can_run.collect();
        for digits in [Digits::One, Digits::Two] {
            let expected = self.expected(digits);
            let mut activations = Activations::default();
            activations.quantize(Rows::Plain(&self.activations), self.in_features, &self.outliers, digits);
            for kernel in &can_run {
                let mut product = vec![f32::NAN; expected.len()];
                let output = Output { values: &mut product, stride: self.columns, first: 0 };
                matrix.multiply_with(*kernel, &activations, Epilogue::default(), output);
                for (i, (value, expected)) in product.iter().zip(&expected).enumerate() {
                    assert!(
                        value.to_bits() == expected.to_bits(),
                        "{kernel:?} gives {value} in row {}, column {} of {} x {} x {}, {codes:?}, {digits:?}: it is {expected}",
                        i / self.columns,
                        i % self.columns,
                        self.rows,
                        self.columns,
                        self.in_features,
                    );
                }
            }
        }
        can_run
    }
}

/// Values of four kinds, row by row: any, the ends of a block's range alone, its upper end but for a few, and one value.
fn activation(random: &mut Random, row: usize) -> f32 {
    match row % 4 {
        0 => random.between(-3.0, 4.0) as f32,
        1 => [-1.25, 2.5][random.below(2)],
        2 => [0.0, 8.0][usize::from(random.below(32) > 0)],
        _ => -7.25,
    }
}

/// Scale, zero point and codes of a block of activations, as [`Activations`] describes them.
fn quantize(values: &[f32; BLOCK]) -> (f32, i32, [u8; BLOCK]) {
    let lowest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (highest - lowest).max(lowest.abs() * (1.0 / 257.0));
    let scale = range / 127.0;
    if scale < f32::MIN_POSITIVE {
        return (0.0, 0, [0; BLOCK]);
    }
    let inverse = 127.0 / range;
    let zero = (lowest * inverse).round_ties_even();
    (
        scale,
        zero as i32,
        values.map(|value| (value * inverse - zero).clamp(0.0, 127.0).round_ties_even() as u8),
    )
}

/// What [`quantize`] gives; what it leaves stays in `values`.
fn quantize_and_subtract(values: &mut [f32; BLOCK]) -> (f32, i32, [u8; BLOCK]) {
    let (scale, zero, codes) = quantize(values);
    for (value, code) in values.iter_mut().zip(codes) {
        *value -= scale * (i32::from(code) + zero) as f32;
    }
    (scale, zero, codes)
}

#[test]
fn every_implementation_follows_the_contract_at_every_tail() {
    let mut seen = Vec::new();
    for (rows, columns) in (1..=4).flat_map(|rows| (1..=4 * COLUMNS + 1).map(move |columns| (rows, columns)))
    {
        for blocks in 1..=9 {
            // Another kind at each shape and its neighbours.
            let kind = KINDS[(rows + columns + blocks) % KINDS.len()];
            seen.extend(Operands::new(rows, columns, blocks, kind).check(kind));
        }
    }
    let missing = Kernel::ALL.iter().filter(|kernel| kernel.can_run(NARROW) && !seen.contains(kernel));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&Kernel>::new(), "were never tried");
}

#[test]
fn every_implementation_follows_the_contract_with_every_kind_of_codes() {
    for codes in KINDS {
        for (rows, columns, blocks) in [(1, 1, 1), (4, 8, 2), (3, 33, 3), (4, 32, 24)] {
            Operands::new(rows, columns, blocks, codes).check(codes);
        }
    }
}

#[test]
fn every_implementation_follows_the_contract_over_groups_of_rows() {
    for rows in [5, 8, 15, 62, 63, 64, 65, 66, 67, 68, 129, 200] {
        let codes = KINDS[rows % KINDS.len()];
        Operands::new(rows, 40, 3, codes).check(codes);
    }
}
