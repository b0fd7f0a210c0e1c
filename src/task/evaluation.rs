//! Everything that is measured of one set of kept embeddings against one set of labels.

use serde::Serialize;

use super::accuracy::{Accuracy, Outcome};
use super::calibration::{Calibration, Judged};
use super::kept::{Kept, Picture};
use super::logits::{Logits, Prediction, best, rank};
use super::statistics::{Bootstrap, Estimate, mcnemar_exact};

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
    /// Of the picture's bytes, where they are known.
    pub sha256: Option<String>,
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
        let answers = logits.predictions();
        let truths = truths(kept, labels.names);
        let labelled: Vec<Judged> = (logits.rows().zip(&answers).zip(&truths))
            .filter_map(|((row, &prediction), truth)| Some(Judged { row, truth: (*truth)?, prediction }))
            .collect();
        let outcomes = outcomes(&labelled);
        let known = !outcomes.is_empty();
        Self {
            accuracy: known.then(|| Accuracy::of(&outcomes, labels.names, bootstrap)),
            calibration: known.then(|| Calibration::of(&labelled)),
            each_template: Vec::new(),
            predictions: predictions(kept, labels.names, &answers, &truths, &outcomes),
        }
    }

    /// Adds what a single template reaches on the same pictures.
    pub fn add_template(&mut self, template: &str, kept: &Kept, labels: &Labels) {
        let (logits, truths) = (logits(kept, labels), truths(kept, labels.names));
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

/// The logits of every kept picture.
pub fn logits(kept: &Kept, labels: &Labels) -> Logits {
    Logits::of(&kept.units(), labels.embeddings, labels.logit_scale)
}

/// The answers to every kept picture: places among the labels.
pub fn answers(kept: &Kept, labels: &Labels) -> Vec<usize> {
    logits(kept, labels).rows().map(best).collect()
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
    kept.pictures().iter().zip(answers).zip(truths).map(predict).collect()
}

fn outcomes(labelled: &[Judged]) -> Vec<Outcome> {
    let outcome = |&Judged { row, truth, prediction }: &Judged| {
        let predicted = prediction.predicted;
        Outcome { truth, predicted, rank: if predicted == truth { 0 } else { rank(row, truth) } }
    };
    labelled.iter().map(outcome).collect()
}
