//! Every implementation against a naive product, over every shape of tile.

use super::super::activation;
use super::*;

/// A small generator (splitmix64), so that tests are the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in -1..1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

#[derive(Clone)]
struct Case {
    rows: usize,
    columns: usize,
    in_features: usize,
    activations: Vec<f32>,
    outliers: Vec<u32>,
    codes: Vec<i8>,
    scales: Vec<f32>,
}

impl Case {
    fn new(rows: usize, columns: usize, in_features: usize) -> Self {
        let mut random = Random((rows * 1000 + columns * 10 + in_features) as u64);
        Self {
            rows,
            columns,
            in_features,
            activations: (0..rows * in_features).map(|_| 3.0 * random.unit() + 0.5).collect(),
            outliers: Vec::new(),
            codes: (0..columns * in_features).map(|_| random.next() as i8).collect(),
            scales: (0..columns * in_features / BLOCK).map(|_| 0.01 * random.unit()).collect(),
        }
    }

    fn pack(&self) -> PackedMatrix {
        let blocks = self.in_features / BLOCK;
        let matrix = PackedMatrix::pack(self.columns, self.in_features, |column, block, codes| {
            codes.copy_from_slice(&self.codes[column * self.in_features + block * BLOCK..][..BLOCK]);
            self.scales[column * blocks + block]
        });
        matrix.with_outliers(&self.outliers)
    }

    fn multiply(&self, kernel: Kernel, epilogue: Epilogue, out: &mut [f32]) {
        self.multiply_digits(kernel, epilogue, Digits::One, out);
    }

    fn multiply_digits(&self, kernel: Kernel, epilogue: Epilogue, digits: Digits, out: &mut [f32]) {
        let mut activations = Activations::default();
        activations.quantize(Rows::Plain(&self.activations), self.in_features, &self.outliers, digits);
        let output = Output { values: out, stride: self.columns, first: 0 };
        self.pack().multiply_with(kernel, &activations, epilogue, output);
    }

    /// The product in double precision, and the sum of the magnitudes that went into it.
    fn exact(&self, row: usize, column: usize) -> (f64, f64) {
        let blocks = self.in_features / BLOCK;
        let products = (0..self.in_features).map(|k| {
            let scale = self.scales[column * blocks + k / BLOCK];
            let weight = f64::from(self.codes[column * self.in_features + k]) * f64::from(scale);
            f64::from(self.activations[row * self.in_features + k]) * weight
        });
        products.fold((0.0, 0.0), |(sum, size), p| (sum + p, size + p.abs()))
    }
}

const SHAPES: [(usize, usize, usize); 10] = [
    (1, 8, 32),
    (2, 16, 64),
    (3, 8, 96),
    (4, 24, 32),
    (5, 5, 64),
    (7, 13, 128),
    (9, 40, 256),
    (50, 64, 768),
    (64, 8, 64),
    (135, 16, 96),
];

#[test]
fn products_stay_within_the_rounding_of_seven_bit_activations() {
    for (rows, columns, in_features) in SHAPES {
        let case = Case::new(rows, columns, in_features);
        let mut out = vec![0.0; rows * columns];
        case.multiply(Kernel::Portable, Epilogue::default(), &mut out);
        for (i, value) in out.iter().enumerate() {
            let (exact, size) = case.exact(i / columns, i % columns);
            assert!(
                (f64::from(*value) - exact).abs() <= size * 0.02,
                "{rows}x{columns}x{in_features} at {i}"
            );
        }
    }
}

#[test]
fn a_second_digit_leaves_little_of_the_error() {
    for (rows, columns, in_features) in SHAPES {
        let case = Case { outliers: vec![3, 31], ..Case::new(rows, columns, in_features) };
        let error = |digits| {
            let mut out = vec![0.0; rows * columns];
            case.multiply_digits(Kernel::Portable, Epilogue::default(), digits, &mut out);
            let off = |(i, value): (usize, &f32)| f64::from(*value) - case.exact(i / columns, i % columns).0;
            out.iter().enumerate().map(off).map(f64::abs).sum::<f64>()
        };
        let [one, two] = [Digits::One, Digits::Two].map(error);
        assert!(two < one / 50.0, "{rows}x{columns}x{in_features}: {one}, then {two}");
    }
}

#[test]
fn rows_that_fill_no_block_are_as_long_as_blocks_with_either_digit() {
    let whole = Case::new(5, 16, 64);
    let rows = |length: usize| {
        whole.activations.chunks(64).flat_map(|row| row[..length].to_vec()).collect::<Vec<f32>>()
    };
    let weights = Case {
        codes: whole.codes.chunks(64).flat_map(|row| [&row[..40], &[0; 24]].concat()).collect(),
        ..whole.clone()
    };
    let padded: Vec<f32> = rows(40).chunks(40).flat_map(|row| [row, &[row[32]; 24]].concat()).collect();
    for digits in [Digits::One, Digits::Two] {
        let product = |values: &[f32], in_features: usize| {
            let mut activations = Activations::default();
            activations.quantize(Rows::Plain(values), in_features, &[], digits);
            let mut out = vec![0.0; 5 * 16];
            let output = Output { values: &mut out, stride: 16, first: 0 };
            weights.pack().multiply(&activations, Epilogue::default(), output);
            out
        };
        assert_eq!(product(&rows(40), 40), product(&padded, 64), "{digits:?}");
    }
}

#[test]
fn every_implementation_has_the_same_bits() {
    for (rows, columns, in_features) in SHAPES {
        let case = Case::new(rows, columns, in_features);
        let mut expected = vec![0.0; rows * columns];
        case.multiply(Kernel::Portable, Epilogue::default(), &mut expected);
        for kernel in Kernel::ALL.iter().filter(|kernel| kernel.can_run(128)) {
            let mut out = vec![0.0; rows * columns];
            case.multiply(*kernel, Epilogue::default(), &mut out);
            assert_eq!(out, expected, "{kernel:?} {rows}x{columns}x{in_features}");
        }
    }
}

#[test]
fn autotuning_times_every_implementation_but_the_reference_and_chooses_the_fastest() {
    // A clock that ticks at each look: not every machine of WebAssembly has one for Rust.
    let ticks = std::cell::Cell::new(0);
    let measurements = autotune::run(768, || f64::from(ticks.replace(ticks.get() + 1)));
    for largest in [16, 127] {
        let of_size: Vec<_> = measurements.iter().filter(|one| one.largest_code == largest).collect();
        let can_run = Kernel::ALL.iter().filter(|kernel| kernel.can_run(largest)).count();
        assert_eq!(of_size.len(), can_run - 1);
        if let Some(best) = of_size.iter().max_by(|a, b| a.gmacs.total_cmp(&b.gmacs)) {
            assert_eq!(Kernel::fastest(largest), best.kernel);
            assert!(best.chosen && of_size.iter().all(|one| one.bits == best.bits));
        }
    }
}

#[test]
fn a_row_has_the_same_bits_alone_and_among_others() {
    let case = Case::new(9, 40, 256);
    let mut together = vec![0.0; 9 * 40];
    case.multiply(Kernel::fastest(128), Epilogue::default(), &mut together);
    for row in 0..9 {
        let alone = Case {
            rows: 1,
            activations: case.activations[row * 256..][..256].to_vec(),
            codes: case.codes.clone(),
            scales: case.scales.clone(),
            outliers: case.outliers.clone(),
            ..case
        };
        let mut out = vec![0.0; 40];
        alone.multiply(Kernel::fastest(128), Epilogue::default(), &mut out);
        assert_eq!(out, together[row * 40..][..40], "row {row} of {}", case.rows);
    }
}

#[test]
fn the_epilogue_adds_the_bias_then_activates_then_adds_the_residual() {
    let case = Case::new(5, 13, 64);
    let mut plain = vec![0.0; 5 * 13];
    case.multiply(Kernel::fastest(128), Epilogue::default(), &mut plain);
    let bias: Vec<f32> = (0..13).map(|i| i as f32 - 6.0).collect();
    let epilogue = Epilogue { bias: Some(&bias), activation: Some(Activation::Gelu), add_to_output: true };
    let mut fused = vec![100.0; 5 * 13];
    case.multiply(Kernel::fastest(128), epilogue, &mut fused);
    for (i, (plain, fused)) in plain.iter().zip(fused).enumerate() {
        let mut activated = [plain + bias[i % 13]; 4];
        activation::apply(Activation::Gelu, &mut activated);
        assert_eq!(fused, 100.0 + activated[0]);
    }
}

#[test]
fn a_buffer_that_held_other_activations_gives_the_bits_of_a_fresh_one() {
    let (first, second) = (Case::new(7, 8, 256), Case::new(5, 16, 96));
    let mut used = Activations::default();
    used.quantize(Rows::Plain(&first.activations), 256, &[3, 200], Digits::Two);
    used.quantize(Rows::Plain(&second.activations), 96, &[], Digits::One);
    let mut fresh = Activations::default();
    fresh.quantize(Rows::Plain(&second.activations), 96, &[], Digits::One);
    let product = |activations: &Activations| {
        let mut out = vec![0.0; 5 * 16];
        let output = Output { values: &mut out, stride: 16, first: 0 };
        second.pack().multiply(activations, Epilogue::default(), output);
        out
    };
    assert_eq!(product(&used), product(&fresh));
}

#[test]
fn a_product_into_activations_has_the_bits_of_one_through_memory() {
    let rows = [1, 2, 7, 64, 65, 135];
    for (rows, digits) in rows.into_iter().flat_map(|rows| [(rows, Digits::One), (rows, Digits::Two)]) {
        let (first, second) = (Case::new(rows, 96, 64), Case::new(rows, 24, 96));
        let mut activations = Activations::default();
        activations.quantize(Rows::Plain(&first.activations), 64, &[], Digits::One);
        let bias: Vec<f32> = (0..96).map(|i| i as f32 * 0.01 - 0.3).collect();
        let activation = Some(Activation::QuickGelu);
        let epilogue = Epilogue { bias: Some(&bias), activation, add_to_output: false };
        let product = |activations: &Activations| {
            let mut out = vec![0.0; rows * 24];
            let output = Output { values: &mut out, stride: 24, first: 0 };
            second.pack().multiply(activations, Epilogue::default(), output);
            out
        };

        let mut between = vec![0.0; rows * 96];
        let output = Output { values: &mut between, stride: 96, first: 0 };
        first.pack().multiply(&activations, epilogue, output);
        let mut through_memory = Activations::default();
        through_memory.quantize(Rows::Plain(&between), 96, &[], digits);
        let mut direct = Activations::default();
        direct.quantize(Rows::Plain(&vec![1.0; 9 * 128]), 128, &[5], Digits::One);
        first.pack().multiply_into(&activations, epilogue, &mut direct, digits);
        assert_eq!(product(&direct), product(&through_memory), "{rows} rows, {digits:?}");
    }
}

#[test]
fn matrices_side_by_side_have_the_bits_of_each_alone() {
    let outliers = vec![7, 40];
    let (first, second) = (Case::new(6, 16, 64), Case { codes: vec![-3; 5 * 64], ..Case::new(6, 5, 64) });
    let pack = |case: &Case| Case { outliers: outliers.clone(), ..case.clone() }.pack();
    let mut activations = Activations::default();
    activations.quantize(Rows::Plain(&first.activations), 64, &outliers, Digits::One);
    let mut apart = vec![0.0; 6 * 21];
    for (matrix, first) in [(pack(&first), 0), (pack(&Case::new(6, 5, 64)), 16)] {
        let output = Output { values: &mut apart, stride: 21, first };
        matrix.multiply(&activations, Epilogue::default(), output);
    }
    let mut together = vec![0.0; 6 * 21];
    let output = Output { values: &mut together, stride: 21, first: 0 };
    let mut joined = pack(&first);
    joined.join(pack(&Case::new(6, 5, 64)));
    joined.multiply(&activations, Epilogue::default(), output);
    assert_eq!(together, apart);

    assert!(!pack(&first).can_join(&pack(&second)), "codes of few bits go by themselves");
    assert!(!pack(&second).can_join(&pack(&second)), "five columns leave a panel that is not full");
}

#[test]
fn a_product_writes_only_its_own_columns() {
    let case = Case::new(3, 8, 32);
    let mut activations = Activations::default();
    activations.quantize(Rows::Plain(&case.activations), 32, &[], Digits::One);
    let mut out = vec![-1.0; 3 * 24];
    let output = Output { values: &mut out, stride: 24, first: 8 };
    case.pack().multiply(&activations, Epilogue::default(), output);
    for row in out.chunks(24) {
        assert!(row[..8].iter().chain(&row[16..]).all(|value| *value == -1.0));
        assert!(row[8..16].iter().all(|value| *value != -1.0));
    }
}

#[test]
fn outlier_channels_leave_the_others_their_precision() {
    let error = |outliers: Vec<u32>| {
        let mut case = Case { outliers, ..Case::new(6, 16, 128) };
        for row in case.activations.chunks_mut(128) {
            row[5] *= 40.0;
            row[77] *= -40.0;
        }
        let mut out = vec![0.0; 6 * 16];
        case.multiply(Kernel::fastest(128), Epilogue::default(), &mut out);
        let exact = |i: usize| case.exact(i / 16, i % 16).0;
        out.iter().enumerate().map(|(i, value)| (f64::from(*value) - exact(i)).powi(2)).sum::<f64>().sqrt()
    };
    let (with, without) = (error(vec![5, 77]), error(Vec::new()));
    assert!(with < without / 5.0, "{with} against {without}");
}
