//! Scaled cosines of many pictures with many labels, and what each picture's row predicts.

use crate::kernels::lanes::dot;

/// Cosines times the logit scale, `[pictures, labels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Logits {
    labels: usize,
    values: Vec<f32>,
}

/// What one picture's logits say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The label with the highest logit; the first of equals.
    pub predicted: usize,
    /// Its share under softmax.
    pub confidence: f64,
}

impl Logits {
    /// The logits of unit embeddings: each picture's and each label's has the same length.
    pub fn of<'a>(pictures: impl Iterator<Item = &'a [f32]>, labels: &[Vec<f32>], scale: f32) -> Self {
        let row = |picture: &'a [f32]| labels.iter().map(move |label| dot(picture, label) * scale);
        Self { labels: labels.len(), values: pictures.flat_map(row).collect() }
    }

    /// Logits from their values, row after row.
    ///
    /// # Panics
    /// If the values are no whole number of rows of at least one label.
    pub fn new(labels: usize, values: Vec<f32>) -> Self {
        assert!(labels > 0 && values.len().is_multiple_of(labels), "{} values by {labels}", values.len());
        Self { labels, values }
    }

    /// Labels in a row.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Each picture's row.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.labels.max(1))
    }
}

impl Prediction {
    /// The prediction of a row with at least one label.
    pub fn of(row: &[f32]) -> Self {
        let predicted = best(row);
        let sum: f64 = row.iter().map(|logit| libm::exp(f64::from(*logit) - f64::from(row[predicted]))).sum();
        Self { predicted, confidence: 1.0 / sum }
    }
}

/// How many labels of a row come before label `truth`: 0 if it is the best. Equals rank in their order.
pub fn rank(row: &[f32], truth: usize) -> usize {
    let before = |(index, logit): (usize, &f32)| *logit > row[truth] || *logit == row[truth] && index < truth;
    row.iter().enumerate().filter(|entry| before(*entry)).count()
}

/// The first of the highest values.
fn best(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, index| if row[index] > row[best] { index } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_wins_and_ranks_first() {
        let row = [1.0, 3.0, 3.0, 2.0];
        assert_eq!(Prediction::of(&row).predicted, 1);
        assert_eq!([rank(&row, 1), rank(&row, 2), rank(&row, 3), rank(&row, 0)], [0, 1, 2, 3]);
    }

    #[test]
    fn confidence_is_the_softmax_share_of_the_best() {
        let e = std::f64::consts::E;
        let confidence = Prediction::of(&[1.0, 0.0, 0.0]).confidence;
        assert!((confidence - e / (e + 2.0)).abs() < 1e-12);
    }
}
