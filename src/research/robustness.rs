//! Robustness to corruptions: accuracy by corruption and severity, beside the clean
//! pictures (after Hendrycks and Dietterich, 2019).

use serde::{Deserialize, Serialize};

use super::logits::{Logits, Prediction, rank};
use super::statistics::{Bootstrap, Estimate, mean};
use crate::task::zero_shot::unit;
use crate::{Error, Result};

/// The answer to one picture, clean or corrupted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub predicted: usize,
    pub right: bool,
    /// The probability of the true label under softmax.
    pub score: f64,
}

/// The answers to all pictures under one corruption at one severity, in the order of the clean ones.
#[derive(Clone, Debug)]
pub struct Damaged {
    pub corruption: &'static str,
    pub family: &'static str,
    /// 1 to 5.
    pub severity: u8,
    pub trials: Vec<Trial>,
}

/// Accuracy on clean and on corrupted pictures.
#[derive(Clone, Debug, Serialize)]
pub struct Robustness {
    pub images: usize,
    /// acc1 of the pictures at working size, undamaged.
    pub clean: Estimate,
    pub clean_score: f64,
    /// acc1 of the undamaged pictures with the bootstrap's interval, as `families` have it.
    pub clean_resampled: Estimate,
    /// By family and severity: acc1 over the family's corruptions, with the bootstrap's interval over the pictures.
    pub families: Vec<FamilyAccuracy>,
    /// One for each corruption and severity.
    pub cells: Vec<Cell>,
    pub corruptions: Vec<CorruptionError>,
    /// By severity: accuracy over all corruptions, as a share of the clean accuracy, with the bootstrap's
    /// interval.
    pub retention: Vec<Retention>,
    /// Mean error over corruptions and severities. Not divided by another network's, as the paper's mCE is.
    pub mean_corruption_error: f64,
    /// The mean corruption error minus the clean error.
    pub relative_mean_corruption_error: f64,
}

/// One corruption at one severity.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    pub corruption: &'static str,
    pub family: &'static str,
    pub severity: u8,
    pub acc1: Estimate,
    /// The mean probability of the true label.
    pub score: f64,
}

/// One corruption over its severities.
#[derive(Clone, Debug, Serialize)]
pub struct CorruptionError {
    pub corruption: &'static str,
    pub family: &'static str,
    pub error: f64,
    /// The error less the clean error.
    pub relative_error: f64,
    /// Pictures whose answer first changed at severity 1, 2, …
    pub changed_first: Vec<usize>,
    /// Pictures whose answer never changed.
    pub never_changed: usize,
}

/// A family of corruptions at one severity.
#[derive(Clone, Debug, Serialize)]
pub struct FamilyAccuracy {
    pub family: &'static str,
    pub severity: u8,
    pub acc1: Estimate,
}

/// A severity over all corruptions.
#[derive(Clone, Debug, Serialize)]
pub struct Retention {
    pub severity: u8,
    pub retained: Estimate,
}

impl Trial {
    /// The trial of a picture's embedding, as projected, whose true label stands at `truth` of `labels`, which are unit
    /// embeddings.
    ///
    /// # Errors
    /// `NoLabels` where there is none at `truth`, `EmbeddingLength` if it is of another length.
    pub fn of_embedding(embedding: &[f32], labels: &[Vec<f32>], scale: f32, truth: usize) -> Result<Self> {
        let label = labels.get(truth).ok_or(Error::NoLabels)?;
        if embedding.len() != label.len() {
            return Err(Error::EmbeddingLength { found: embedding.len(), expected: label.len() });
        }
        let logits = Logits::of(&[unit(embedding)], labels, scale);
        logits.rows().next().map(|row| Self::of(row, truth)).ok_or(Error::NoLabels)
    }

    /// The trial of a row of logits whose true label is `truth`.
    pub fn of(row: &[f32], truth: usize) -> Self {
        let prediction = Prediction::of(row);
        let behind = f64::from(row[truth]) - f64::from(row[prediction.predicted]);
        let score = prediction.confidence * libm::exp(behind);
        Self { predicted: prediction.predicted, right: rank(row, truth) == 0, score }
    }
}

impl Robustness {
    /// Measures `damaged` beside `clean`; each has a trial for every picture.
    ///
    /// # Panics
    /// If one has another number of trials.
    pub fn of(clean: &[Trial], damaged: &[Damaged], bootstrap: &Bootstrap) -> Self {
        assert!(damaged.iter().all(|cell| cell.trials.len() == clean.len()), "a trial for every picture");
        let share = |trials: &[Trial]| Estimate::share(hits(trials), trials.len());
        let cell = |cell: &Damaged| Cell {
            corruption: cell.corruption,
            family: cell.family,
            severity: cell.severity,
            acc1: share(&cell.trials),
            score: mean_score(&cell.trials),
        };
        let corruptions = corruption_errors(clean, damaged);
        let over =
            |error: fn(&CorruptionError) -> f64| mean(&corruptions.iter().map(error).collect::<Vec<_>>());
        Self {
            images: clean.len(),
            clean: share(clean),
            clean_score: mean_score(clean),
            clean_resampled: bootstrap.mean(&rightness(&[clean])),
            families: families(damaged, bootstrap),
            cells: damaged.iter().map(cell).collect(),
            retention: retention(clean, damaged, bootstrap),
            mean_corruption_error: over(|corruption| corruption.error),
            relative_mean_corruption_error: over(|corruption| corruption.relative_error),
            corruptions,
        }
    }
}

/// How often each picture is right in several corrupted variants, as a proportion.
fn rightness(cells: &[&[Trial]]) -> Vec<f64> {
    let of_picture = |picture: usize| {
        let right = cells.iter().filter(|trials| trials[picture].right).count();
        right as f64 / cells.len().max(1) as f64
    };
    (0..cells.first().map_or(0, |trials| trials.len())).map(of_picture).collect()
}

fn families(damaged: &[Damaged], bootstrap: &Bootstrap) -> Vec<FamilyAccuracy> {
    let mut found: Vec<(&'static str, u8)> = Vec::new();
    for cell in damaged {
        if !found.contains(&(cell.family, cell.severity)) {
            found.push((cell.family, cell.severity));
        }
    }
    let of = |(family, severity): (&'static str, u8)| {
        let cells = damaged.iter().filter(|cell| cell.family == family && cell.severity == severity);
        let trials: Vec<&[Trial]> = cells.map(|cell| cell.trials.as_slice()).collect();
        FamilyAccuracy { family, severity, acc1: bootstrap.mean(&rightness(&trials)) }
    };
    found.into_iter().map(of).collect()
}

fn hits(trials: &[Trial]) -> usize {
    trials.iter().filter(|trial| trial.right).count()
}

fn mean_score(trials: &[Trial]) -> f64 {
    mean(&trials.iter().map(|trial| trial.score).collect::<Vec<_>>())
}

fn error(trials: &[Trial]) -> f64 {
    1.0 - hits(trials) as f64 / trials.len().max(1) as f64
}

fn corruption_errors(clean: &[Trial], damaged: &[Damaged]) -> Vec<CorruptionError> {
    let mut names: Vec<&str> = damaged.iter().map(|cell| cell.corruption).collect();
    names.dedup();
    let of_name = |name: &&str| {
        let mut cells: Vec<&Damaged> = damaged.iter().filter(|cell| cell.corruption == *name).collect();
        cells.sort_by_key(|cell| cell.severity);
        let mean_error = mean(&cells.iter().map(|cell| error(&cell.trials)).collect::<Vec<_>>());
        let first_change = |picture: usize| {
            cells.iter().position(|cell| cell.trials[picture].predicted != clean[picture].predicted)
        };
        let mut changed_first = vec![0; cells.len()];
        (0..clean.len()).filter_map(first_change).for_each(|place| changed_first[place] += 1);
        CorruptionError {
            corruption: cells[0].corruption,
            family: cells[0].family,
            error: mean_error,
            relative_error: mean_error - error(clean),
            never_changed: clean.len() - changed_first.iter().sum::<usize>(),
            changed_first,
        }
    };
    names.iter().map(of_name).collect()
}

fn retention(clean: &[Trial], damaged: &[Damaged], bootstrap: &Bootstrap) -> Vec<Retention> {
    let mut severities: Vec<u8> = damaged.iter().map(|cell| cell.severity).collect();
    severities.sort_unstable();
    severities.dedup();
    let of_severity = |severity: u8| {
        let cells: Vec<&Damaged> = damaged.iter().filter(|cell| cell.severity == severity).collect();
        let right = |picture: usize| cells.iter().filter(|cell| cell.trials[picture].right).count();
        let right: Vec<f64> = (0..clean.len()).map(|picture| right(picture) as f64).collect();
        let retained = |sample: &[usize]| {
            let kept: f64 = sample.iter().map(|&picture| right[picture]).sum();
            let before = sample.iter().filter(|&&picture| clean[picture].right).count() * cells.len();
            kept / before.max(1) as f64
        };
        Retention { severity, retained: bootstrap.estimate(clean.len(), retained) }
    };
    severities.into_iter().map(of_severity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(predicted: usize, right: bool) -> Trial {
        Trial { predicted, right, score: 0.5 }
    }

    fn damaged(severity: u8, trials: [Trial; 2]) -> Damaged {
        Damaged { corruption: "fog", family: "weather", severity, trials: trials.to_vec() }
    }

    #[test]
    fn errors_retention_and_first_changes_are_counted_beside_the_clean_pictures() {
        let clean = [trial(0, true), trial(1, true)];
        let cells =
            [damaged(1, [trial(0, true), trial(0, false)]), damaged(2, [trial(2, false), trial(1, true)])];
        let robustness = Robustness::of(&clean, &cells, &Bootstrap::default());
        assert_eq!((robustness.clean.value, robustness.mean_corruption_error), (1.0, 0.5));
        assert_eq!(robustness.corruptions[0].changed_first, [1, 1]);
        assert_eq!(robustness.corruptions[0].never_changed, 0);
        assert_eq!(robustness.retention[0].retained.value, 0.5);
        let families: Vec<_> =
            robustness.families.iter().map(|one| (one.severity, one.acc1.value, one.acc1.n)).collect();
        assert_eq!(families, [(1, 0.5, 2), (2, 0.5, 2)]);
        assert_eq!((robustness.clean_resampled.value, robustness.clean_resampled.n), (1.0, 2));
    }

    #[test]
    fn a_trial_scores_the_true_label_by_softmax() {
        let trial = Trial::of(&[1.0, 0.0], 1);
        assert!(!trial.right && (trial.score - 1.0 / (1.0 + std::f64::consts::E)).abs() < 1e-12);
    }
}
