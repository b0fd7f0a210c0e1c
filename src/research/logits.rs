//! Scaled cosines of many pictures with many labels, and what each picture's row predicts.

use super::statistics::numerics;
use crate::kernels::lanes::{dot, dots};
use crate::kernels::threads;

/// Labels whose products with a picture are taken side by side.
const ABREAST: usize = 8;
/// Pictures that meet the same labels before the next ones are fetched.
const TOGETHER: usize = 16;
/// Products that are worth handing to another thread.
const PRODUCTS: usize = 4096;

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
    /// The probability of the predicted label under softmax.
    pub confidence: f64,
}

impl Logits {
    /// The logits of unit embeddings: each picture's and each label's has the same length.
    pub fn of(pictures: &[Vec<f32>], labels: &[Vec<f32>], scale: f32) -> Self {
        let mut values = vec![0.0; pictures.len() * labels.len()];
        let piece = TOGETHER * labels.len().max(1);
        let grain = rows_per_thread(labels.len()).div_ceil(TOGETHER);
        threads::inside(|| {
            threads::for_each_piece(&mut values, piece, grain, |index, rows| {
                fill(rows, &pictures[TOGETHER * index..], labels, scale);
            });
        });
        Self { labels: labels.len(), values }
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

    /// The row of each picture.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.labels.max(1))
    }

    /// What each picture's row predicts.
    pub fn predictions(&self) -> Vec<Prediction> {
        let rows: Vec<&[f32]> = self.rows().collect();
        let grain = rows_per_thread(self.labels);
        threads::inside(|| threads::map(rows.len(), grain, |index| Prediction::of(rows[index])))
    }
}

/// How many rows are worth handing to another thread.
pub fn rows_per_thread(labels: usize) -> usize {
    PRODUCTS.div_ceil(labels.max(1))
}

/// Fills the rows of the first pictures.
fn fill(rows: &mut [f32], pictures: &[Vec<f32>], labels: &[Vec<f32>], scale: f32) {
    // Products side by side are of whole lanes; embeddings of other lengths go one by one, which is as exact.
    let is_whole = labels.first().is_some_and(|label| label.len().is_multiple_of(4));
    let (groups, rest) = if is_whole { labels.as_chunks::<ABREAST>() } else { (&[][..], labels) };
    for (index, group) in groups.iter().enumerate() {
        let group = group.each_ref().map(Vec::as_slice);
        for (row, picture) in rows.chunks_exact_mut(labels.len()).zip(pictures) {
            let [cosines] = dots([picture], group);
            let logits = cosines.map(|cosine| cosine * scale);
            row[index * ABREAST..][..ABREAST].copy_from_slice(&logits);
        }
    }
    for (row, picture) in rows.chunks_exact_mut(labels.len()).zip(pictures) {
        let last = &mut row[groups.len() * ABREAST..];
        last.iter_mut().zip(rest).for_each(|(logit, label)| *logit = dot(picture, label) * scale);
    }
}

impl Prediction {
    /// The prediction of a row with at least one label.
    pub fn of(row: &[f32]) -> Self {
        let predicted = best(row);
        Self { predicted, confidence: 1.0 / weights(row, row[predicted], 1.0).iter().sum::<f64>() }
    }
}

/// How many labels of a row come before label `truth`: 0 if it is the best. Equals rank in their order.
pub fn rank(row: &[f32], truth: usize) -> usize {
    let before = |(index, logit): (usize, &f32)| *logit > row[truth] || *logit == row[truth] && index < truth;
    row.iter().enumerate().filter(|entry| before(*entry)).count()
}

/// Each label's weight under softmax beside that of the `best` logit, which is 1, where all are multiplied by
/// `inverse`, one over the temperature.
pub(super) fn weights(row: &[f32], best: f32, inverse: f64) -> Vec<f64> {
    let distance = |logit: &f32| (f64::from(*logit) - f64::from(best)) * inverse;
    let mut weights: Vec<f64> = row.iter().map(distance).collect();
    numerics::exp(&mut weights);
    weights
}

/// The first of the highest values.
pub fn best(row: &[f32]) -> usize {
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
    fn confidence_is_the_softmax_probability_of_the_best() {
        let e = std::f64::consts::E;
        let confidence = Prediction::of(&[1.0, 0.0, 0.0]).confidence;
        assert!((confidence - e / (e + 2.0)).abs() < 1e-12);
    }
}
