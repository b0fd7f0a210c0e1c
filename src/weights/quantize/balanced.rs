//! Rounds the weights of layers of pixels so that their errors cancel where each input is what it is on average.
//!
//! What a layer of EfficientNet-Lite sees has no norm before it: after ReLU6 inputs are about three on average, so that most
//! of what rounded weights add is the same for all pixels and pictures (Nagel et al., 2019). A batch norm's gain and bias
//! tell that average. Of each block, some of the weights that are nearly half-way between two levels go to the other one: that
//! takes the mean cosine of lite0 in eight bits from 0.9990 to 0.9996 (docs/CORRECTNESS.md), and no byte more.

use std::collections::BTreeMap;

use half::f16;
use serde::{Deserialize, Serialize};

use super::blocks::repack;
use crate::kernels::matmul::{BLOCK, PackedMatrix};

/// How many weights of a block may go to their second level.
const CHANGES: usize = 8;
/// What the tensors of blocks begin with.
const BLOCKS: &str = "v.trunk.blocks.";

/// The average inputs of layers, as far as the tensors that have passed by tell them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::weights) struct MeanInputs {
    /// Gains and biases by the names of their tensors.
    norms: BTreeMap<String, Vec<f32>>,
}

impl MeanInputs {
    /// Whether the tensor is the gain or bias of a norm whose output goes into a layer of pixels, by way of ReLU6.
    pub fn wants(name: &str) -> bool {
        name.starts_with(BLOCKS) && (name.ends_with(".bn2.weight") || name.ends_with(".bn2.bias"))
    }

    /// Takes such a norm's gain or bias.
    pub fn learn(&mut self, name: &str, values: &[f32]) {
        self.norms.insert(name.to_owned(), values.to_owned());
    }

    /// What the inputs of a layer of pixels are on average; nothing for matrices that are rounded weight by weight.
    pub fn of(&self, matrix: &str, inputs: usize) -> Option<Vec<f32>> {
        let alike = || vec![1.0; inputs];
        if let Some(block) = matrix.strip_suffix(".conv_pwl.weight") {
            let part = |part: &str| self.norms.get(&format!("{block}.bn2.{part}"));
            let means = part("weight").zip(part("bias")).map(|(gain, bias)| mean_after_relu6(gain, bias));
            return Some(means.filter(|means| means.len() == inputs).unwrap_or_else(alike));
        }
        let is_other = matrix.starts_with(BLOCKS) && matrix.ends_with(".conv_pw.weight");
        (is_other || matrix == "v.trunk.conv_head.weight").then(alike)
    }
}

/// What values of this standard deviation and mean are on average after ReLU6, to within 6 % of the deviation: the mean of
/// the positive part of a normal distribution is about that of a hyperbola, which takes no function that machines differ in.
pub fn mean_after_relu6(gain: &[f32], bias: &[f32]) -> Vec<f32> {
    const TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;
    let positive = |mean: f32, gain: f32| (mean + (mean * mean + TWO_OVER_PI * gain * gain).sqrt()) / 2.0;
    gain.iter().zip(bias).map(|(gain, bias)| positive(*bias, *gain) - positive(*bias - 6.0, *gain)).collect()
}

/// Rows of `inputs` weights in execution order, filled up to whole blocks; `means` may be empty for inputs that are all alike.
pub fn pack_balanced(weights: &[f32], inputs: usize, means: &[f32]) -> PackedMatrix {
    let padded = inputs.next_multiple_of(BLOCK);
    let mut of_inputs = if means.is_empty() { vec![1.0; inputs] } else { means.to_vec() };
    of_inputs.resize(padded, 0.0);
    let (mut row, mut blocks) = (vec![0.0; padded], Vec::new());
    for weights in weights.chunks_exact(inputs) {
        row[..inputs].copy_from_slice(weights);
        encode(&row, &of_inputs, &mut blocks);
    }
    repack::pack_q8_0(weights.len() / inputs, padded, &blocks)
}

/// Appends rows of as many weights as there are `means`, whole blocks, to `out` in q8_0.
pub(in crate::weights) fn encode(rows: &[f32], means: &[f32], out: &mut Vec<u8>) {
    for row in rows.chunks_exact(means.len()) {
        // What the rounded weights of the row so far have given too much.
        let mut excess = 0.0;
        for (block, means) in row.chunks(BLOCK).zip(means.chunks(BLOCK)) {
            encode_block(block, means, &mut excess, out);
        }
    }
}

/// Loops over slices, so that this is small: it is done once for a model.
#[inline(never)]
fn encode_block(block: &[f32], means: &[f32], excess: &mut f32, out: &mut Vec<u8>) {
    let magnitude = block.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let scale = f16::from_f32(magnitude / 127.0);
    out.extend(scale.to_le_bytes());
    let scale = scale.to_f32();
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    let (mut levels, mut errors) = ([0.0; BLOCK], [0.0; BLOCK]);
    for (i, (value, mean)) in block.iter().zip(means).enumerate() {
        levels[i] = (value * inverse).round_ties_even().clamp(-127.0, 127.0);
        errors[i] = levels[i] - value * inverse;
        *excess += errors[i] * scale * mean;
    }
    for _ in 0..CHANGES {
        let further =
            |one: usize, other: usize| if errors[other].abs() > errors[one].abs() { other } else { one };
        let i = (0..block.len()).fold(0, further);
        if errors[i] == 0.0 {
            break;
        }
        let level = levels[i] + if errors[i] > 0.0 { -1.0 } else { 1.0 };
        let changed = *excess + (level - levels[i]) * scale * means[i];
        if changed.abs() < excess.abs() && level.abs() <= 127.0 {
            (levels[i], *excess) = (level, changed);
        }
        errors[i] = 0.0;
    }
    out.extend(levels[..block.len()].iter().map(|level| *level as i8 as u8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::random::Random;
    use crate::weights::quantize::blocks::{self, dtype::Dtype};

    #[test]
    fn errors_cancel_where_inputs_have_their_means_and_stay_within_one_level() {
        let mut random = Random::new(5);
        let mut draw = |from, to| -> Vec<f32> { (0..96).map(|_| random.between(from, to) as f32).collect() };
        let (mut balanced, mut nearest) = (0.0, 0.0);
        for _ in 0..50 {
            let (weights, means) = (draw(-0.5, 0.5), draw(0.0, 6.0));
            let excess = |bytes: &[u8]| {
                let mut decoded = vec![0.0; 96];
                blocks::decode(Dtype::Q8_0, bytes, &mut decoded);
                let errors: Vec<f32> = decoded.iter().zip(&weights).map(|(one, other)| one - other).collect();
                assert!(errors.iter().all(|error| error.abs() < 0.5 / 127.0 * 1.1), "{errors:?}");
                errors.iter().zip(&means).map(|(error, mean)| error * mean).sum::<f32>().abs()
            };
            let mut bytes = Vec::new();
            encode(&weights, &means, &mut bytes);
            balanced += excess(&bytes);
            bytes.clear();
            blocks::encode(Dtype::Q8_0, &weights, &mut bytes).unwrap();
            nearest += excess(&bytes);
        }
        assert!(balanced < nearest / 10.0, "{balanced}, not much less than {nearest}");
    }

    #[test]
    fn rows_that_fill_no_blocks_have_no_weights_behind_them() {
        let packed = pack_balanced(&[0.25; 3 * 40], 40, &[]);
        assert_eq!((packed.columns(), packed.in_features()), (3, 64));
    }

    #[test]
    fn the_mean_after_relu6_is_that_of_the_clipped_normal_distribution() {
        // By numerical integration in double precision.
        let expected =
            [(1.0, 0.0, 0.3989), (2.0, 3.0, 3.0), (1.0, 9.0, 5.9996), (0.5, -2.0, 0.0), (3.0, 1.0, 1.7032)];
        for (gain, bias, expected) in expected {
            let [found] = mean_after_relu6(&[gain], &[bias])[..] else { panic!() };
            assert!((found - expected).abs() < 0.06 * gain, "{gain} {bias}: {found}, not {expected}");
        }
    }
}
