//! Layer normalisation of rows (Ba et al., 2016): mean and variance in two passes.

use super::lanes::{F32x4, quads, quads_mut};

/// How many times the median a channel's output is to count as an outlier.
const OUTLIER_RATIO: f32 = 4.0;
/// The most channels that count as an outlier: each costs a row of f32 products.
const MAX_OUTLIERS: usize = 16;

/// Gain, bias and epsilon of a layer norm over rows of `gain.len()` values, a multiple of four.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    pub gain: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

impl LayerNorm {
    /// The channels, ascending, whose output is far larger than most: by gain and bias, over
    /// `OUTLIER_RATIO` times the median; at most `MAX_OUTLIERS`, the largest.
    pub fn outlier_channels(&self) -> Vec<u32> {
        let size = |channel: &u32| {
            let channel = *channel as usize;
            self.gain[channel].abs() + self.bias[channel].abs()
        };
        let mut channels: Vec<u32> = (0..self.gain.len() as u32).collect();
        channels.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let bound = OUTLIER_RATIO * size(&channels[channels.len() / 2]);
        channels.truncate(MAX_OUTLIERS);
        channels.retain(|channel| size(channel) > bound);
        channels.sort_unstable();
        channels
    }

    /// Normalises each row of `input` `[rows, width]` into `output`, of the same shape.
    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        let width = self.gain.len();
        assert_eq!(input.len(), output.len());
        for (x, y) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            y.copy_from_slice(x);
            self.scale(y, Moments::of(x, self.epsilon), 0);
        }
    }

    /// Normalises `values`, a row's channels from `first` on, by the row's moments. Their number is a
    /// multiple of four.
    #[inline(always)]
    pub fn scale(&self, values: &mut [f32], moments: Moments, first: usize) {
        let Moments { mean, scale } = moments;
        let (gain, bias) = (&self.gain[first..][..values.len()], &self.bias[first..][..values.len()]);
        for (value, (gain, bias)) in quads_mut(values).iter_mut().zip(quads(gain).iter().zip(quads(bias))) {
            let normal = (F32x4::load(value) - mean) * scale;
            (normal * F32x4::load(gain) + F32x4::load(bias)).store(value);
        }
    }
}

/// A row's mean, and one over its standard deviation, in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    mean: F32x4,
    scale: F32x4,
}

impl Moments {
    /// The moments of a row, whose length is a multiple of four; `epsilon` is added to its variance.
    pub fn of(row: &[f32], epsilon: f32) -> Self {
        let [moments] = Self::of_rows([row], epsilon);
        moments
    }

    /// The moments of rows of equal length, computed side by side, because each addition of a single sum waits for the
    /// one before.
    #[inline(always)]
    pub fn of_rows<const R: usize>(rows: [&[f32]; R], epsilon: f32) -> [Self; R] {
        let length = rows[0].len();
        let rows = rows.map(|row| {
            let quads = quads(row);
            assert_eq!(quads.len(), length / 4);
            &quads[..length / 4]
        });
        let means = mean_of_each(rows, |_, quad| quad).map(F32x4::splat);
        let variances = mean_of_each(rows, |r, quad| {
            let centred = quad - means[r];
            centred * centred
        });
        std::array::from_fn(|r| Self {
            mean: means[r],
            scale: F32x4::splat(1.0 / (variances[r] + epsilon).sqrt()),
        })
    }
}

/// The mean over each row of what `term` makes of row and values.
#[inline(always)]
fn mean_of_each<const R: usize>(rows: [&[[f32; 4]]; R], term: impl Fn(usize, F32x4) -> F32x4) -> [f32; R] {
    let length = rows[0].len();
    let mut sums = [F32x4::splat(0.0); R];
    for index in 0..length {
        for (r, (sum, row)) in sums.iter_mut().zip(rows).enumerate() {
            *sum = *sum + term(r, F32x4::load(&row[index]));
        }
    }
    sums.map(|sum| sum.sum() / (4 * length) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_zero_mean_and_unit_variance_before_gain_and_bias() {
        let norm = LayerNorm { gain: vec![2.0; 8], bias: vec![1.0; 8], epsilon: 0.0 };
        let input: Vec<f32> = (0..16).map(|i| (i * i % 13) as f32).collect();
        let mut output = vec![0.0; 16];
        norm.apply(&input, &mut output);
        for row in output.chunks(8) {
            let mean = row.iter().sum::<f32>() / 8.0;
            let variance = row.iter().map(|y| (y - mean) * (y - mean)).sum::<f32>() / 8.0;
            assert!((mean - 1.0).abs() < 1e-6 && (variance - 4.0).abs() < 1e-5);
        }
    }

    #[test]
    fn channels_of_large_gain_or_bias_are_outliers() {
        let mut norm = LayerNorm { gain: vec![1.0; 64], bias: vec![0.1; 64], epsilon: 1e-5 };
        assert!(norm.outlier_channels().is_empty());
        norm.gain[40] = -12.0;
        norm.bias[3] = 9.0;
        norm.gain[7] = 3.0;
        assert_eq!(norm.outlier_channels(), [3, 40]);
    }

    #[test]
    fn a_constant_row_becomes_the_bias() {
        let norm = LayerNorm { gain: vec![3.0; 4], bias: vec![0.5; 4], epsilon: 1e-5 };
        let mut output = vec![0.0; 4];
        norm.apply(&[7.0; 4], &mut output);
        assert_eq!(output, [0.5; 4]);
    }
}
