//! The patch embedding of pictures in black and white.

use super::*;
use crate::kernels::random::Random;
use crate::weights::{Dtype, Tensor};

const COLUMNS: usize = 32;
const SHAPE: [usize; 4] = [COLUMNS, 3, 16, 16];
const SAMPLES: usize = 3 * 16 * 16;

fn normal(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

fn embedding(values: &[f32], bias: &[f32], quantized: bool, offset: f32) -> Linear {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensor = Tensor::new("patches".to_owned(), SHAPE.to_vec(), Dtype::F32, data.into()).unwrap();
    let mut tensors = Tensors::new(vec![tensor]).unwrap();
    Linear::load_patches(&mut tensors, "patches", &SHAPE, bias.to_vec(), quantized, offset).unwrap()
}

fn embedded(layer: &Linear, patches: &[f32], offset: f32) -> Vec<f32> {
    let patches: Vec<f32> = patches.iter().map(|sample| sample + offset).collect();
    let mut found = vec![0.0; patches.len() / SAMPLES * COLUMNS];
    layer
        .forward(Rows::Plain(&patches), &mut Activations::default(), Epilogue::default(), &mut found)
        .unwrap();
    found
}

/// The length of the sum of the embeddings of a patch and of its negative, without their biases, over that of one of them.
fn left_of_opposites(layer: &Linear, bias: &[f32], patch: &[f32], offset: f32) -> f32 {
    let negative: Vec<f32> = patch.iter().map(|sample| -sample).collect();
    let [one, other] = [patch, &negative].map(|patch| embedded(layer, patch, offset));
    let length =
        |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>().sqrt();
    let pairs = || one.iter().zip(&other).zip(bias);
    length(&mut pairs().map(|((one, other), bias)| one + other - 2.0 * bias))
        / length(&mut pairs().map(|((one, _), bias)| one - bias))
}

#[test]
fn a_patch_in_black_and_white_and_its_negative_cancel_in_eight_bits_as_in_f32() {
    let mut random = Random::new(7);
    let weights = normal(&mut random, COLUMNS * SAMPLES);
    let bias = normal(&mut random, COLUMNS);
    let patch: Vec<f32> = (0..SAMPLES).map(|_| if random.bits() & 1 == 0 { 1.0 } else { -1.0 }).collect();
    let exact = left_of_opposites(&embedding(&weights, &bias, false, 0.0), &bias, &patch, 0.0);
    let moved = left_of_opposites(&embedding(&weights, &bias, true, 1.0), &bias, &patch, 1.0);
    let unmoved = left_of_opposites(&embedding(&weights, &bias, true, 0.0), &bias, &patch, 0.0);
    println!("what is left: {exact} in f32, {moved} moved, {unmoved} unmoved");
    assert!(exact < 1e-5 && moved < 1e-5, "{exact}, {moved}");
    assert!(unmoved > 5e-3, "which is why they are moved: {unmoved}");
}

#[test]
fn an_offset_changes_nothing_but_the_rounding() {
    let mut random = Random::new(8);
    let weights = normal(&mut random, COLUMNS * SAMPLES);
    let patches = normal(&mut random, 4 * SAMPLES);
    let bias = normal(&mut random, COLUMNS);
    let truth = embedded(&embedding(&weights, &bias, false, 0.0), &patches, 0.0);
    for offset in [0.0, 1.0] {
        let found = embedded(&embedding(&weights, &bias, true, offset), &patches, offset);
        let (mut error, mut norm) = (0.0, 0.0);
        for (found, truth) in found.iter().zip(&truth) {
            error += (found - truth).powi(2);
            norm += truth.powi(2);
        }
        let relative = f32::sqrt(error / norm);
        assert!(relative < 0.02, "offset {offset}: {relative}");
    }
}
