//! Effect size: a difference in standard deviations (Cohen's d).

use super::moments::{deviation, mean, squares};

/// Cohen's d: the difference of the means `a - b` over the pooled deviation. `None` where nothing varies.
pub fn cohens_d(a: &[f64], b: &[f64]) -> Option<f64> {
    let freedom = (a.len() + b.len()).checked_sub(2).filter(|freedom| *freedom > 0)?;
    let pooled = ((squares(a) + squares(b)) / freedom as f64).sqrt();
    (pooled > 0.0 && !a.is_empty() && !b.is_empty()).then(|| (mean(a) - mean(b)) / pooled)
}

/// The effect size of an association test (Caliskan et al., 2017; Steed and Caliskan, 2021 for images):
/// the difference of the two targets' mean associations over the deviation of all of them.
pub fn association_effect(x: &[f64], y: &[f64]) -> Option<f64> {
    let spread = deviation(&[x, y].concat());
    (spread > 0.0 && !x.is_empty() && !y.is_empty()).then(|| (mean(x) - mean(y)) / spread)
}
