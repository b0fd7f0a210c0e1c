//! The percentile bootstrap (Efron, 1979), seeded.

use super::Estimate;
use crate::kernels::random::Random;

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    pub resamples: usize,
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 1000, seed: 0 }
    }
}

impl Bootstrap {
    /// The 95 % interval of `statistic` over samples of `count` indices below `count`, drawn with
    /// replacement. Around `statistic` of all of them, which is the value.
    pub fn estimate(&self, count: usize, mut statistic: impl FnMut(&[usize]) -> f64) -> Estimate {
        let mut sample: Vec<usize> = (0..count).collect();
        let value = statistic(&sample);
        if count == 0 || self.resamples == 0 {
            return Estimate { value, low: value, high: value, n: count };
        }
        let mut random = Random::new(self.seed);
        let mut values = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            sample.iter_mut().for_each(|index| *index = random.below(count));
            values.push(statistic(&sample));
        }
        values.sort_by(f64::total_cmp);
        Estimate { value, low: percentile(&values, 0.025), high: percentile(&values, 0.975), n: count }
    }

    /// The mean of `values` with its interval.
    pub fn mean(&self, values: &[f64]) -> Estimate {
        let count = values.len().max(1) as f64;
        self.estimate(values.len(), |sample| sample.iter().map(|&index| values[index]).sum::<f64>() / count)
    }
}

/// The quantile `share` of sorted values, on the line between its neighbours (NumPy's default).
///
/// # Panics
/// If there are no values.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}
