//! The bits of every kernel of floats, written down: each test runs natively and on WebAssembly, and has to find the same.
//! They are checksums over every tail of four lanes. A change of one is a change of published embeddings.

use super::activation::{self, Activation};
use super::attention::{AttentionMask, attend, pool};
use super::convolution::{Depthwise, FullConvolution, Pointwise, mean_of_pixels};
use super::exp::{exp_scalar, sigmoid_scalar, softmax};
use super::lanes::{dot, dots};
use super::layer_norm::LayerNorm;
use super::matmul::{Activations, BLOCK, Digits, Epilogue, Output, PackedMatrix, Rows};
use super::random::Random;
use super::resample::{self, Backend, CHANNELS, Filter, Taps};

/// FNV-1a over the bits of numbers.
struct Checksum(u32);

impl Checksum {
    fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn add(&mut self, bits: u32) {
        self.0 = (self.0 ^ bits).wrapping_mul(0x0100_0193);
    }

    fn floats(&mut self, values: &[f32]) {
        values.iter().for_each(|value| self.add(value.to_bits()));
    }
}

fn values(random: &mut Random, count: usize, size: f64) -> Vec<f32> {
    (0..count).map(|_| random.between(-size, size) as f32).collect()
}

#[test]
fn the_exponential_and_the_sigmoid_have_their_bits() {
    let mut sum = Checksum::new();
    for i in 0..20_000 {
        let x = (i as f32 - 10_000.0) / 100.0;
        sum.floats(&[exp_scalar(x), sigmoid_scalar(x)]);
    }
    sum.floats(&[f32::INFINITY, f32::NEG_INFINITY, 1e-45, -0.0, 3e38].map(exp_scalar));
    assert_eq!(sum.0, 0x0ce0_755c);
}

#[test]
fn softmax_has_its_bits_at_every_length() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(1));
    for length in 1..=67_usize {
        let mut scores = values(&mut random, length, 20.0);
        scores.resize(length.next_multiple_of(4), f32::NEG_INFINITY);
        sum.floats(softmax(&mut scores));
    }
    assert_eq!(sum.0, 0x329d_b6d4);
}

#[test]
fn activations_have_their_bits() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(2));
    for activation in [Activation::QuickGelu, Activation::Gelu, Activation::GeluTanh] {
        for size in [0.01, 1.0, 12.0, 1e6] {
            let mut values = values(&mut random, 1024, size);
            activation::apply(activation, &mut values);
            sum.floats(&values);
        }
    }
    assert_eq!(sum.0, 0x2eaa_cbf1);
}

#[test]
fn layer_norms_have_their_bits_at_every_width() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(3));
    for width in (4..=132).step_by(4) {
        let [gain, bias] = [1.0, 0.5].map(|size| values(&mut random, width, size));
        let input = values(&mut random, 5 * width, 30.0);
        let mut output = vec![0.0; input.len()];
        LayerNorm { gain, bias, epsilon: 1e-5 }.apply(&input, &mut output);
        sum.floats(&output);
    }
    assert_eq!(sum.0, 0x1827_57f0);
}

#[test]
fn inner_products_have_their_bits_at_every_length() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(4));
    for length in 0..=67 {
        let [a, b, c, d] = [(); 4].map(|()| values(&mut random, length, 3.0));
        sum.floats(&[dot(&a, &b)]);
        if length % 4 == 0 {
            sum.floats(dots([&a, &b], [&b, &c, &d]).as_flattened());
        }
    }
    assert_eq!(sum.0, 0x7ce0_e880);
}

#[test]
fn attention_has_its_bits_for_every_number_of_rows_and_width_of_a_head() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(5));
    for rows in 1..=13 {
        for head_width in (4..=84).step_by(4) {
            let (heads, width) = (1 + rows % 3, (1 + rows % 3) * head_width);
            let qkv = values(&mut random, rows * 3 * width, 2.0);
            let mut causal = AttentionMask::default();
            let path = causal.see(0..rows as u32);
            (0..rows).for_each(|row| causal.ask(row as u32, path.first(row + 1)));
            for mask in [AttentionMask::whole(rows, 0..rows), causal] {
                let mut output = vec![0.0; rows * width];
                attend(&qkv, heads, width, &mask, &mut output);
                sum.floats(&output);
            }
        }
    }
    assert_eq!(sum.0, 0x916b_80d1);
}

#[test]
fn pooling_has_its_bits_for_every_number_of_rows() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(6));
    for (rows, width) in (1..=13).flat_map(|rows| (4..=84).step_by(8).map(move |width| (rows, width))) {
        let [queries, keys] = [3, rows].map(|rows| values(&mut random, rows * width, 1.0));
        let mut output = vec![0.0; queries.len()];
        pool(&queries, &keys, width, &mut output);
        sum.floats(&output);
    }
    assert_eq!(sum.0, 0x8701_9130);
}

#[test]
fn convolutions_have_their_bits_for_every_side() {
    let (mut sum, mut random, mut planes) = (Checksum::new(), Random::new(10), Vec::new());
    let gelu = Activation::Gelu;
    for side in 1..=19 {
        for (kernel, stride, inputs, outputs) in [(3, 1, 8, 8), (3, 2, 4, 8), (7, 1, 4, 4), (7, 2, 4, 8)] {
            let map = values(&mut random, side * side * inputs, 2.0);
            let [weights, bias] =
                [outputs * kernel * kernel, outputs].map(|count| values(&mut random, count, 1.0));
            let convolution = Depthwise::new(&weights, &bias, inputs, kernel, stride);
            let mut output = vec![0.0; convolution.side_of(side).pow(2) * outputs];
            convolution.apply(&map, side, Some(gelu), &mut planes, &mut output);
            let mut mean = vec![0.0; outputs];
            mean_of_pixels(&output, &mut mean);
            sum.floats(&output);
            sum.floats(&mean);
        }
        let [pixels, weights, bias] =
            [3 * side * side, 16 * 27, 16].map(|count| values(&mut random, count, 1.0));
        let convolution = FullConvolution::new(&weights, &bias);
        let mut map = vec![0.0; convolution.side_of(side).pow(2) * 16];
        convolution.apply(&pixels, side, gelu, &mut map);
        sum.floats(&map);
        let weights = values(&mut random, 8 * 16, 1.0);
        let mut output = vec![0.0; map.len() / 2];
        Pointwise::new(&weights, &bias[..8]).apply(&map, Some(gelu), &mut output);
        sum.floats(&output);
    }
    assert_eq!(sum.0, 0x3d3d_90c4);
}

#[test]
fn an_inverted_residual_has_its_bits_at_every_side() {
    let (mut sum, mut random, mut planes) = (Checksum::new(), Random::new(11), Vec::new());
    let (relu6, mut codes) = (Activation::Relu6, Activations::default());
    for side in 1..=19 {
        let [pixels, weights, bias] =
            [3 * side * side, 8 * 27, 8].map(|count| values(&mut random, count, 3.0));
        let stem = FullConvolution::new(&weights, &bias).with_same_padding();
        let mut map = vec![0.0; stem.side_of(side).pow(2) * 8];
        stem.apply(&pixels, side, relu6, &mut map);
        sum.floats(&map);
        let side = stem.side_of(side);
        // Rows of 8, and then of 40, fill no whole blocks.
        let seed = random.bits();
        let layer = |columns: usize, in_features: usize| {
            PackedMatrix::pack(columns, in_features.next_multiple_of(BLOCK), |column, block, row| {
                let mut random = Random::new(seed ^ (column * 1000 + block) as u64);
                let left = in_features - block * BLOCK;
                row.iter_mut().take(left).for_each(|code| *code = random.bits() as i8);
                0.002
            })
        };
        let (expand, contract, bias) = (layer(40, 8), layer(20, 40), values(&mut random, 40, 1.0));
        let mut expanded = vec![0.0; side * side * 40];
        codes.quantize(Rows::Plain(&map), 8, &[], Digits::One);
        let epilogue = Epilogue { bias: Some(&bias), activation: Some(relu6), add_to_output: false };
        expand.multiply(&codes, epilogue, Output { values: &mut expanded, stride: 40, first: 0 });
        sum.floats(&expanded);
        for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
            let weights = values(&mut random, 40 * kernel * kernel, 1.0);
            let convolution = Depthwise::new(&weights, &bias, 40, kernel, stride).with_same_padding();
            let pixels = convolution.side_of(side).pow(2);
            let mut mixed = vec![0.0; pixels * 40];
            convolution.apply(&expanded, side, Some(relu6), &mut planes, &mut mixed);
            sum.floats(&mixed);
            codes.quantize(Rows::Plain(&mixed), 40, &[], Digits::One);
            let mut sums = values(&mut random, pixels * 20, 1.0);
            let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
            contract.multiply(&codes, residual, Output { values: &mut sums, stride: 20, first: 0 });
            sum.floats(&sums);
        }
    }
    assert_eq!(sum.0, 0x8dbd_de43);
}

#[test]
fn a_product_with_its_norm_and_its_epilogue_has_its_bits() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(7));
    for (rows, columns, blocks) in [(1, 32, 1), (5, 40, 3), (50, 64, 6), (67, 96, 2)] {
        let in_features = blocks * BLOCK;
        let [gain, bias] = [1.0, 0.5].map(|size| values(&mut random, in_features, size));
        let norm = LayerNorm { gain, bias, epsilon: 1e-5 };
        let (input, bias) = (values(&mut random, rows * in_features, 5.0), values(&mut random, columns, 1.0));
        let seed = random.bits();
        let matrix = PackedMatrix::pack(columns, in_features, |column, block, codes| {
            let mut random = Random::new(seed ^ (column * 1000 + block) as u64);
            codes.fill_with(|| random.bits() as i8);
            random.between(0.0, 0.01) as f32
        });
        let matrix = matrix.with_outliers(&[3, 17]);
        let mut activations = Activations::default();
        activations.quantize(Rows::Normalised(&norm, &input), in_features, matrix.outliers(), Digits::One);
        let activation = Some(Activation::QuickGelu);
        let epilogue = Epilogue { bias: Some(&bias), activation, add_to_output: true };
        let mut output = values(&mut random, rows * columns, 1.0);
        matrix.multiply(&activations, epilogue, Output { values: &mut output, stride: columns, first: 0 });
        sum.floats(&output);
    }
    assert_eq!(sum.0, 0x0316_50e8);
}

#[test]
fn resampling_has_its_bytes() {
    let (mut sum, mut random) = (Checksum::new(), Random::new(8));
    for filter in [Filter::Lanczos, Filter::Bilinear, Filter::Bicubic, Filter::Box, Filter::Hamming] {
        for (from, to) in [(1, 7), (7, 1), (33, 32), (32, 33), (200, 24), (95, 300)] {
            let source: Vec<u8> = (0..9 * from * CHANNELS).map(|_| random.bits() as u8).collect();
            let taps = Taps::new(Backend::Pillow, filter, from, to, 0..to);
            let mut wide = vec![0; 9 * to * CHANNELS];
            resample::horizontal(&source, from, &taps, &mut wide);
            let mut tall = vec![0; 5 * to * CHANNELS];
            resample::vertical(
                &wide,
                to * CHANNELS,
                0,
                &Taps::new(Backend::Pillow, filter, 9, 5, 0..5),
                &mut tall,
            );
            wide.iter().chain(&tall).for_each(|byte| sum.add(u32::from(*byte)));
        }
    }
    assert_eq!(sum.0, 0x3665_704d);
}

#[test]
fn random_numbers_have_their_bits() {
    let (mut sum, mut random) = (Checksum::new(), Random::keyed(9, "naïve café"));
    for _ in 0..1000 {
        let draws =
            [random.uniform(), random.normal(), random.between(-2.0, 3.0), f64::from(random.poisson(40.0))];
        let halves = |bits: u64| [bits as u32, (bits >> 32) as u32];
        draws.iter().flat_map(|draw| halves(draw.to_bits())).for_each(|bits| sum.add(bits));
        sum.add(random.below(1000) as u32);
    }
    assert_eq!(sum.0, 0x49df_9d37);
}
