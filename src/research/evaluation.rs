//! Everything that is measured for one embedding set and one set of labels.

use serde::Serialize;

use super::accuracy::{Accuracy, Outcome};
use super::calibration::{Calibration, Judged};
use super::embedding_set::{EmbeddingSet, Picture};
use super::labels::{Labels, logits, truths};
use super::logits::{Prediction, best, rank};
use super::statistics::{Bootstrap, Estimate, mcnemar_exact};

/// Everything that is measured of an embedding set with a set of labels. The keys of [`Accuracy`] are present if
/// pictures have labels among these.
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
    /// SHA-256 of the picture's bytes, if known.
    pub sha256: Option<String>,
    pub truth: Option<String>,
    pub predicted: String,
    /// The probability of the best label under softmax.
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
    /// Measures the pictures of `set` against `labels`.
    pub fn of(set: &EmbeddingSet, labels: &Labels, bootstrap: &Bootstrap) -> Self {
        let logits = logits(set, labels);
        let answers = logits.predictions();
        let truths = truths(set, labels.names);
        let labelled: Vec<Judged> = (logits.rows().zip(&answers).zip(&truths))
            .filter_map(|((row, &prediction), truth)| Some(Judged { row, truth: (*truth)?, prediction }))
            .collect();
        let outcomes = outcomes(&labelled);
        let known = !outcomes.is_empty();
        Self {
            accuracy: known.then(|| Accuracy::of(&outcomes, labels.names, bootstrap)),
            calibration: known.then(|| Calibration::of(&labelled)),
            each_template: Vec::new(),
            predictions: predictions(set, labels.names, &answers, &truths, &outcomes),
        }
    }

    /// Adds what a single template reaches on the same pictures.
    pub fn add_template(&mut self, template: &str, set: &EmbeddingSet, labels: &Labels) {
        let (logits, truths) = (logits(set, labels), truths(set, labels.names));
        let ours = self.predictions.iter().filter_map(|prediction| prediction.rank).map(|rank| rank == 0);
        let labelled = logits.rows().zip(truths).filter_map(|(row, truth)| Some((row, truth?)));
        let (mut count, mut hits, mut only_single, mut only_ours) = (0, 0, 0, 0);
        for ((row, truth), ours) in labelled.zip(ours) {
            let single = best(row) == truth;
            count += 1;
            hits += usize::from(single);
            only_single += usize::from(single && !ours);
            only_ours += usize::from(ours && !single);
        }
        let acc1 = Estimate::share(hits, count);
        let p = mcnemar_exact(only_single, only_ours);
        self.each_template.push(TemplateAccuracy { template: template.to_owned(), acc1, p });
    }
}

fn predictions(
    set: &EmbeddingSet,
    names: &[String],
    answers: &[Prediction],
    truths: &[Option<usize>],
    outcomes: &[Outcome],
) -> Vec<PicturePrediction> {
    let mut outcomes = outcomes.iter();
    let predict = |((picture, answer), truth): ((&Picture, &Prediction), &Option<usize>)| PicturePrediction {
        image: picture.name.clone(),
        sha256: picture.sha256.clone(),
        truth: picture.label.clone(),
        predicted: names[answer.predicted].clone(),
        confidence: answer.confidence,
        rank: truth.and_then(|_| outcomes.next()).map(|outcome| outcome.rank),
    };
    set.pictures().iter().zip(answers).zip(truths).map(predict).collect()
}

fn outcomes(labelled: &[Judged]) -> Vec<Outcome> {
    let outcome = |&Judged { row, truth, prediction }: &Judged| {
        let predicted = prediction.predicted;
        Outcome { truth, predicted, rank: if predicted == truth { 0 } else { rank(row, truth) } }
    };
    labelled.iter().map(outcome).collect()
}
