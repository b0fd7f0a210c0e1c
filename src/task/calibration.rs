//! Whether confidence is accuracy: the expected calibration error and temperature scaling of
//! Guo, Pleiss, Sun and Weinberger (2017).

use serde::Serialize;

use super::logits::{Logits, Prediction};
use super::statistics::Estimate;

/// Bins of equal width, as in the paper.
const BINS: usize = 15;
/// Where a temperature is looked for. At an end of it the data asks for none.
const TEMPERATURES: [f64; 2] = [0.01, 100.0];
/// A temperature is found when the loss falls by less than this per unit.
const FLAT: f64 = 1e-14;
const MAX_STEPS: usize = 200;

/// How well the confidence of the best label matches how often it is right.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// Mean distance of confidence and accuracy over the bins, weighted by their pictures.
    pub ece: f64,
    pub bins: Vec<Bin>,
    /// What the logits would be divided by for the highest likelihood; `None` where that is without bound,
    /// as when every picture is right.
    pub temperature: Option<f64>,
    /// The error at that temperature, fitted on the same pictures and so a little too good.
    pub ece_at_temperature: Option<f64>,
}

/// The pictures whose confidence lies in (low, high].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub images: usize,
    /// Their mean confidence.
    pub confidence: f64,
    pub accuracy: Estimate,
}

impl Calibration {
    /// The calibration of `logits` whose true labels are `truths`, one a row.
    pub fn of(logits: &Logits, truths: &[usize]) -> Self {
        let judged = |row: &[f32], truth: &usize| {
            let prediction = Prediction::of(row);
            (prediction.confidence, prediction.predicted == *truth)
        };
        let judged: Vec<_> = logits.rows().zip(truths).map(|(row, truth)| judged(row, truth)).collect();
        let bins = bins(&judged);
        let temperature = temperature(logits, truths);
        let cooled = |temperature: f64| {
            let confidence = |row: &[f32]| cooled_confidence(row, temperature);
            let judged: Vec<_> =
                logits.rows().zip(&judged).map(|(row, (_, right))| (confidence(row), *right)).collect();
            error_of(&self::bins(&judged))
        };
        Self { ece: error_of(&bins), bins, temperature, ece_at_temperature: temperature.map(cooled) }
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

/// The share of the best label when logits are divided by `temperature`.
fn cooled_confidence(row: &[f32], temperature: f64) -> f64 {
    let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|&logit| libm::exp(f64::from(logit - best) / temperature)).sum();
    1.0 / sum
}

/// The temperature of the highest likelihood. The loss is convex in its inverse, so Newton's steps, kept
/// between bounds that close in, find it.
fn temperature(logits: &Logits, truths: &[usize]) -> Option<f64> {
    let (mut low, mut high) = (1.0 / TEMPERATURES[1], 1.0 / TEMPERATURES[0]);
    if truths.is_empty() || slope(logits, truths, high).0 <= 0.0 || slope(logits, truths, low).0 >= 0.0 {
        return None;
    }
    let mut inverse = 1.0;
    for _ in 0..MAX_STEPS {
        let (first, second) = slope(logits, truths, inverse);
        if first.abs() < FLAT || high - low < FLAT {
            break;
        }
        if first > 0.0 {
            high = inverse
        } else {
            low = inverse
        }
        let step = inverse - first / second;
        inverse = if step > low && step < high { step } else { (low + high) / 2.0 };
    }
    Some(1.0 / inverse)
}

/// First and second derivative of the mean loss by the inverse temperature: the mean distance of the
/// expected from the true logit, and the mean variance.
fn slope(logits: &Logits, truths: &[usize], inverse: f64) -> (f64, f64) {
    let (mut first, mut second) = (0.0, 0.0);
    for (row, &truth) in logits.rows().zip(truths) {
        let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut weights, mut mean, mut square) = (0.0, 0.0, 0.0);
        for &logit in row {
            let distance = f64::from(logit) - f64::from(best);
            let weight = libm::exp(distance * inverse);
            weights += weight;
            mean += weight * distance;
            square += weight * distance * distance;
        }
        mean /= weights;
        first += mean - (f64::from(row[truth]) - f64::from(best));
        second += square / weights - mean * mean;
    }
    let count = truths.len() as f64;
    (first / count, second / count)
}
