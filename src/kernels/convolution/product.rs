//! Products of rows with weights in f32, which all convolutions but depthwise ones are made of.

use super::four_by_four;
use crate::kernels::lanes::F32x4;

/// Rows that are multiplied side by side.
pub(super) const RUN: usize = 4;
/// Vectors of outputs that are, too.
const VECTORS: usize = 2;
/// Outputs that are.
pub(super) const OUTPUTS: usize = 4 * VECTORS;

/// Weights `[outputs, inputs]` and a bias, eight outputs side by side.
#[derive(Debug)]
pub(super) struct Weights {
    inputs: usize,
    outputs: usize,
    /// `[outputs / 8, inputs, 2, 4]`
    weights: Vec<[[f32; 4]; VECTORS]>,
    /// `[outputs / 8, 2, 4]`
    bias: Vec<[[f32; 4]; VECTORS]>,
}

impl Weights {
    /// # Panics
    /// If the outputs, of which each has a bias, are no multiple of eight, or there are not as many weights for each.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert!(outputs.is_multiple_of(OUTPUTS));
        let (fours, bias) = four_by_four(weights, bias, inputs);
        let groups = fours.chunks_exact(VECTORS * inputs);
        let side_by_side = |group: &[[f32; 4]]| -> Vec<[[f32; 4]; VECTORS]> {
            (0..inputs).map(|input| std::array::from_fn(|vector| group[vector * inputs + input])).collect()
        };
        Self {
            inputs,
            outputs,
            weights: groups.flat_map(side_by_side).collect(),
            bias: bias.as_chunks::<VECTORS>().0.to_vec(),
        }
    }

    /// Multiplies the weights of each output with its factor.
    ///
    /// # Panics
    /// If there are not as many factors as outputs.
    pub fn scale(&mut self, factors: &[f32]) {
        assert_eq!(factors.len(), self.outputs);
        for (weights, factors) in
            self.weights.chunks_exact_mut(self.inputs).zip(factors.chunks_exact(OUTPUTS))
        {
            for weight in weights {
                weight
                    .as_flattened_mut()
                    .iter_mut()
                    .zip(factors)
                    .for_each(|(value, factor)| *value *= factor);
            }
        }
    }

    /// Values of a row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Values of a row of the output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies rows `[rows, inputs]` into `output` `[rows, outputs]`.
    pub fn multiply(&self, rows: &[f32], output: &mut [f32]) {
        let last = (rows.len() / self.inputs).saturating_sub(1);
        for group in 0..self.bias.len() {
            for (run, output) in output.chunks_mut(RUN * self.outputs).enumerate() {
                // A run that is not full has its last row several times.
                let row = |r: usize| &rows[(run * RUN + r).min(last) * self.inputs..][..self.inputs];
                let sums = self.product(group, std::array::from_fn(row));
                for (sums, row) in sums.into_iter().zip(output.chunks_exact_mut(self.outputs)) {
                    let target = &mut row.as_chunks_mut::<4>().0[group * VECTORS..][..VECTORS];
                    sums.into_iter().zip(target).for_each(|(sum, target)| sum.store(target));
                }
            }
        }
    }

    /// Eight outputs of each of the rows. A function of its own, so that engines of WebAssembly have registers for its sums.
    #[inline(never)]
    fn product(&self, group: usize, rows: [&[f32]; RUN]) -> [[F32x4; VECTORS]; RUN] {
        let weights = &self.weights[group * self.inputs..][..self.inputs];
        let rows = rows.map(|row| &row[..weights.len()]);
        let mut sums = [self.bias[group].map(|bias| F32x4::load(&bias)); RUN];
        for (input, weights) in weights.iter().enumerate() {
            let weights = weights.each_ref().map(F32x4::load);
            for (sums, row) in sums.iter_mut().zip(rows) {
                let value = F32x4::splat(row[input]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = *sum + value * weight;
                }
            }
        }
        sums
    }
}
