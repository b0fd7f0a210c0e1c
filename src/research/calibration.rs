//! Whether confidence matches accuracy: the expected calibration error and temperature scaling of
//! Guo, Pleiss, Sun and Weinberger (2017).

use serde::Serialize;

use super::logits::{Prediction, rows_per_thread, weights};
use super::statistics::Estimate;
use crate::kernels::threads;

/// Bins of equal width, as in the paper.
const BINS: usize = 15;
/// Where a temperature is looked for. At an end of it the data asks for none.
const TEMPERATURES: [f64; 2] = [0.01, 100.0];
/// A temperature is found when Newton's next step is shorter than this share of it: it doubles the digits that are
/// right, so that after it no more than rounding is left.
const SETTLED: f64 = 1e-7;
const MAX_STEPS: usize = 200;

/// A picture whose true label is known.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The logits of all labels.
    pub row: &'a [f32],
    pub truth: usize,
    pub prediction: Prediction,
}

impl Judged<'_> {
    fn is_right(&self) -> bool {
        self.prediction.predicted == self.truth
    }

    fn best(&self) -> f32 {
        self.row[self.prediction.predicted]
    }
}

/// How well the confidence of the best label matches how often it is right.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// Mean distance of confidence and accuracy over the bins, weighted by their pictures.
    pub ece: f64,
    pub bins: Vec<Bin>,
    /// What the logits would be divided by for the highest likelihood; `None` where no such number is the best.
    pub temperature: Option<f64>,
    /// Why there is no temperature.
    pub no_temperature: Option<NoTemperature>,
    /// The error at that temperature, fitted on the same pictures and so a little too good.
    pub ece_at_temperature: Option<f64>,
}

/// Why no temperature has the highest likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoTemperature {
    /// Every picture is right: the lower the temperature, the likelier.
    EveryPictureRight,
    /// The likelihood still rises at the lowest temperature that is looked at, though not every picture is right.
    LowerIsLikelier,
    /// The likelihood still rises at the highest: the labels' scores say less than equal probabilities would, as where
    /// every picture is wrong.
    HigherIsLikelier,
}

/// The pictures whose confidence is in (low, high].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub images: usize,
    /// The pictures' mean confidence.
    pub confidence: f64,
    pub accuracy: Estimate,
}

impl Calibration {
    /// The calibration of `pictures`.
    pub fn of(pictures: &[Judged]) -> Self {
        let judged: Vec<(f64, bool)> =
            pictures.iter().map(|picture| (picture.prediction.confidence, picture.is_right())).collect();
        let bins = bins(&judged);
        let (temperature, ece_at_temperature) = threads::inside(|| {
            let temperature = temperature(pictures);
            let error = |temperature| error_of(&self::bins(&cooled(pictures, temperature)));
            (temperature, temperature.ok().map(error))
        });
        Self {
            ece: error_of(&bins),
            bins,
            temperature: temperature.ok(),
            no_temperature: temperature.err(),
            ece_at_temperature,
        }
    }
}

/// The reliability diagram of (confidence, right).
fn bins(judged: &[(f64, bool)]) -> Vec<Bin> {
    let edge = |index: usize| index as f64 / BINS as f64;
    let of_index = |index: usize| {
        let (low, high) = (edge(index), edge(index + 1));
        let inside = judged.iter().filter(|(confidence, _)| *confidence > low && *confidence <= high);
        let (mut images, mut right, mut sum) = (0, 0, 0.0);
        for (confidence, hit) in inside {
            images += 1;
            right += usize::from(*hit);
            sum += confidence;
        }
        let confidence = sum / images.max(1) as f64;
        Bin { low, high, images, confidence, accuracy: Estimate::share(right, images) }
    };
    (0..BINS).map(of_index).collect()
}

fn error_of(bins: &[Bin]) -> f64 {
    let images: usize = bins.iter().map(|bin| bin.images).sum();
    let gap = |bin: &Bin| (bin.confidence - bin.accuracy.value).abs() * bin.images as f64;
    bins.iter().map(gap).sum::<f64>() / images.max(1) as f64
}

/// The confidences where logits are divided by `temperature`, and whether they were right.
fn cooled(pictures: &[Judged], temperature: f64) -> Vec<(f64, bool)> {
    let confidence = |picture: &Judged| {
        let sum: f64 = weights(picture.row, picture.best(), 1.0 / temperature).iter().sum();
        (1.0 / sum, picture.is_right())
    };
    of_each(pictures, confidence)
}

/// What `task` gives for each picture, in their order.
fn of_each<T: Send>(pictures: &[Judged], task: impl Fn(&Judged) -> T + Send + Sync) -> Vec<T> {
    let labels = pictures.first().map_or(0, |picture| picture.row.len());
    threads::map(pictures.len(), rows_per_thread(labels), |index| task(&pictures[index]))
}

/// The temperature of the highest likelihood. The loss is convex in its inverse, so Newton's steps, kept
/// between bounds that close in, find it. An end of the range is looked at only if they lead there.
fn temperature(pictures: &[Judged]) -> std::result::Result<f64, NoTemperature> {
    if pictures.iter().all(Judged::is_right) {
        return Err(NoTemperature::EveryPictureRight);
    }
    let mut bounds = [1.0 / TEMPERATURES[1], 1.0 / TEMPERATURES[0]];
    let mut inside = [false; 2]; // whether the loss is known to turn before that bound
    let mut inverse = 1.0;
    for _ in 0..MAX_STEPS {
        let (first, second) = slope(pictures, inverse);
        let side = usize::from(first > 0.0);
        (bounds[side], inside[side]) = (inverse, true);
        let step = inverse - first / second;
        if (step - inverse).abs() < SETTLED * inverse {
            return Ok(1.0 / step);
        }
        if step > bounds[0] && step < bounds[1] {
            inverse = step;
            continue;
        }
        let other = 1 - side;
        if !inside[other] && (slope(pictures, bounds[other]).0 > 0.0) != (other == 1) {
            let ends = [NoTemperature::HigherIsLikelier, NoTemperature::LowerIsLikelier];
            return Err(ends[other]);
        }
        inside[other] = true;
        inverse = (bounds[0] + bounds[1]) / 2.0;
    }
    Ok(1.0 / inverse)
}

/// First and second derivative of the mean loss by the inverse temperature: the mean distance of the
/// expected from the true logit, and the mean variance.
fn slope(pictures: &[Judged], inverse: f64) -> (f64, f64) {
    let of_picture = |picture: &Judged| {
        let best = picture.best();
        let distance = |logit: f32| f64::from(logit) - f64::from(best);
        let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
        for (&logit, weight) in picture.row.iter().zip(weights(picture.row, best, inverse)) {
            let distance = distance(logit);
            sum += weight;
            mean += weight * distance;
            square += weight * distance * distance;
        }
        mean /= sum;
        (mean - distance(picture.row[picture.truth]), square / sum - mean * mean)
    };
    let slopes = of_each(pictures, of_picture);
    let count = slopes.len() as f64;
    let (first, second) = slopes.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (first / count, second / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(pictures: &[([f32; 2], usize)]) -> Calibration {
        let judged = |(row, truth): &'_ ([f32; 2], usize)| {
            let prediction = Prediction::of(row);
            (*truth, prediction)
        };
        let judged: Vec<Judged> = pictures
            .iter()
            .map(|picture| {
                let (truth, prediction) = judged(picture);
                Judged { row: &picture.0, truth, prediction }
            })
            .collect();
        Calibration::of(&judged)
    }

    #[test]
    fn a_missing_temperature_has_the_reason_that_is_true() {
        let right = calibration(&[([2.0, 0.0], 0), ([0.0, 3.0], 1)]);
        assert_eq!((right.temperature, right.no_temperature), (None, Some(NoTemperature::EveryPictureRight)));
        let wrong = calibration(&[([2.0, 0.0], 1), ([0.0, 3.0], 0)]);
        assert_eq!((wrong.temperature, wrong.no_temperature), (None, Some(NoTemperature::HigherIsLikelier)));
        let mixed = calibration(&[([2.0, 0.0], 0), ([0.0, 3.0], 1), ([1.0, 0.0], 1)]);
        assert!(mixed.temperature.is_some() && mixed.no_temperature.is_none());
    }
}
