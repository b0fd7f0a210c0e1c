//! Everything that is measured of one set of kept embeddings against one set of labels.

use serde::Serialize;

use super::accuracy::{Accuracy, Outcome};
use super::calibration::Calibration;
use super::kept::Kept;
use super::logits::{Logits, Prediction, rank};
use super::statistics::{Bootstrap, Estimate, mcnemar_exact};
use super::zero_shot::normalise;

/// Label embeddings to measure with: unit vectors, one a label.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    pub names: &'a [String],
    pub embeddings: &'a [Vec<f32>],
    /// The checkpoint's scale of cosines.
    pub logit_scale: f32,
}

/// What was measured. The keys of [`Accuracy`] are there where pictures have labels among `labels`.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    #[serde(flatten)]
    pub accuracy: Option<Accuracy>,
    pub calibration: Option<Calibration>,
    /// Single templates, where there are several.
    pub each_template: Vec<TemplateAccuracy>,
    pub predictions: Vec<PicturePrediction>,
}

/// A picture's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PicturePrediction {
    pub image: String,
    pub truth: Option<String>,
    pub predicted: String,
    /// The share of the best label under softmax.
    pub confidence: f64,
    /// Labels above the true one.
    pub rank: Option<usize>,
}

/// A template by itself, beside the ensemble of all.
#[derive(Clone, Debug, Serialize)]
pub struct TemplateAccuracy {
    pub template: String,
    pub acc1: Estimate,
    /// McNemar's exact p of the difference from the ensemble.
    pub p: f64,
}

impl Evaluation {
    /// Measures `kept` against `labels`.
    pub fn of(kept: &Kept, labels: &Labels, bootstrap: &Bootstrap) -> Self {
        let logits = logits(kept, labels);
        let truths = truths(kept, labels.names);
        let predictions = predictions(kept, labels.names, &logits, &truths);
        let (labelled, outcomes) = labelled(&logits, &truths);
        let known = !outcomes.is_empty();
        let truths: Vec<usize> = outcomes.iter().map(|outcome| outcome.truth).collect();
        Self {
            accuracy: known.then(|| Accuracy::of(&outcomes, labels.names, bootstrap)),
            calibration: known.then(|| Calibration::of(&labelled, &truths)),
            each_template: Vec::new(),
            predictions,
        }
    }

    /// Adds what a single template reaches on the same pictures.
    pub fn add_template(&mut self, template: &str, kept: &Kept, labels: &Labels) {
        let (_, outcomes) = labelled(&logits(kept, labels), &truths(kept, labels.names));
        let ours = self.predictions.iter().filter_map(|prediction| prediction.rank).map(|rank| rank == 0);
        let single = outcomes.iter().map(|outcome| outcome.rank == 0);
        let (mut hits, mut only_single, mut only_ours) = (0, 0, 0);
        for (single, ours) in single.zip(ours) {
            hits += usize::from(single);
            only_single += usize::from(single && !ours);
            only_ours += usize::from(ours && !single);
        }
        let acc1 = Estimate::share(hits, outcomes.len());
        let p = mcnemar_exact(only_single, only_ours);
        self.each_template.push(TemplateAccuracy { template: template.to_owned(), acc1, p });
    }
}

/// The logits of every kept picture.
pub fn logits(kept: &Kept, labels: &Labels) -> Logits {
    let units: Vec<Vec<f32>> = kept.embeddings().map(unit).collect();
    Logits::of(units.iter().map(Vec::as_slice), labels.embeddings, labels.logit_scale)
}

/// An embedding at unit length.
pub fn unit(embedding: &[f32]) -> Vec<f32> {
    let mut unit = embedding.to_vec();
    normalise(&mut unit);
    unit
}

/// Where each picture's label stands among `names`.
pub fn truths(kept: &Kept, names: &[String]) -> Vec<Option<usize>> {
    let places: std::collections::HashMap<&str, usize> =
        names.iter().enumerate().rev().map(|(index, name)| (name.as_str(), index)).collect();
    kept.pictures().iter().map(|picture| places.get(picture.label.as_deref()?).copied()).collect()
}

fn predictions(
    kept: &Kept,
    names: &[String],
    logits: &Logits,
    truths: &[Option<usize>],
) -> Vec<PicturePrediction> {
    let pictures = kept.pictures().iter().zip(logits.rows()).zip(truths);
    let predict = |((picture, row), truth): ((&super::kept::Picture, &[f32]), &Option<usize>)| {
        let prediction = Prediction::of(row);
        PicturePrediction {
            image: picture.name.clone(),
            truth: picture.label.clone(),
            predicted: names[prediction.predicted].clone(),
            confidence: prediction.confidence,
            rank: truth.map(|truth| rank(row, truth)),
        }
    };
    pictures.map(predict).collect()
}

/// The rows whose true label is known, and their outcomes.
fn labelled(logits: &Logits, truths: &[Option<usize>]) -> (Logits, Vec<Outcome>) {
    let rows: Vec<(&[f32], usize)> =
        logits.rows().zip(truths).filter_map(|(row, truth)| truth.map(|truth| (row, truth))).collect();
    let outcome = |&(row, truth): &(&[f32], usize)| Outcome {
        truth,
        predicted: Prediction::of(row).predicted,
        rank: rank(row, truth),
    };
    let outcomes = rows.iter().map(outcome).collect();
    let values = rows.iter().flat_map(|(row, _)| *row).copied().collect();
    (Logits::new(logits.labels(), values), outcomes)
}
