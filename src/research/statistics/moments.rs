//! Mean and standard deviation.

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The sum of squared distances from the mean.
pub(super) fn squares(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre) * (value - centre)).sum()
}

/// The sample's standard deviation, over n - 1; 0 of fewer than two values.
pub fn deviation(values: &[f64]) -> f64 {
    (squares(values) / values.len().saturating_sub(1).max(1) as f64).sqrt()
}
