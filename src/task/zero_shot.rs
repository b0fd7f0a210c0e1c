//! The zero-shot head: cosines of one picture with labels, and scores from them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::kernels::exp::{sigmoid_scalar, softmax};
use crate::kernels::lanes::dot;

/// How the scores of several labels relate to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Softmax: compares the labels with each other. The scores sum to one, whatever is in the picture.
    #[default]
    Softmax,
    /// Each label independently, by a sigmoid relative to the [`Baseline`].
    Independent,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "softmax" => Ok(Self::Softmax),
            "independent" => Ok(Self::Independent),
            _ => Err(Error::Mode { found: word.to_owned() }),
        }
    }
}

/// What is subtracted from a label's logit, so that its sign says whether the label fits.
#[derive(Clone, Copy, Debug)]
pub enum Baseline<'a> {
    /// The checkpoint's own bias, which it was trained with (SigLIP): it is part of every logit.
    Bias(f32),
    /// The unit embedding of the templates with an empty label, whose logit is subtracted for [`Mode::Independent`].
    /// CLIP was not trained for that.
    Neutral(&'a [f32]),
    /// The cosine at which a label is as likely right as wrong, measured for the checkpoint; its logit is subtracted
    /// for [`Mode::Independent`].
    Cosine(f32),
}

/// One label's result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    pub label: String,
    /// From 0 to 1, as [`Mode`] defines it.
    pub score: f32,
    /// The cosine of picture and label, in -1..=1.
    pub cosine: f32,
    /// The cosine times the checkpoint's logit scale, plus its bias if it has one.
    pub logit: f32,
    /// The index of the label in the request.
    pub index: usize,
}

/// Scores labels against a picture, best first; labels with equal scores keep their order.
///
/// `image` and `labels` are unit embeddings of the same length.
pub fn score(
    image: &[f32],
    labels: &[(&str, &[f32])],
    baseline: Baseline,
    logit_scale: f32,
    mode: Mode,
) -> Vec<Score> {
    let cosines: Vec<f32> = labels.iter().map(|(_, embedding)| dot(image, embedding)).collect();
    let mut scores: Vec<f32> = cosines.iter().map(|cosine| cosine * logit_scale).collect();
    if let Baseline::Bias(bias) = baseline {
        scores.iter_mut().for_each(|logit| *logit += bias);
    }
    let logits = scores.clone();
    match mode {
        Mode::Softmax => {
            scores.resize(labels.len().next_multiple_of(4), f32::NEG_INFINITY);
            softmax(&mut scores);
        }
        Mode::Independent => {
            let neutral = match baseline {
                Baseline::Bias(_) => 0.0,
                Baseline::Neutral(embedding) => dot(image, embedding) * logit_scale,
                Baseline::Cosine(cosine) => cosine * logit_scale,
            };
            scores.iter_mut().for_each(|logit| *logit = sigmoid_scalar(*logit - neutral));
        }
    }
    let mut result: Vec<Score> = (labels.iter().enumerate())
        .map(|(index, (label, _))| Score {
            label: (*label).to_owned(),
            score: scores[index],
            cosine: cosines[index],
            logit: logits[index],
            index,
        })
        .collect();
    result.sort_by(|a, b| b.logit.total_cmp(&a.logit));
    result
}

/// Checks that numbers from outside are an embedding of `width` values.
///
/// # Errors
/// `EmbeddingLength` for another number of them, `EmbeddingValue` for one that is NaN or infinite.
pub fn check_embedding(embedding: &[f32], width: usize) -> Result<(), Error> {
    if embedding.len() != width {
        return Err(Error::EmbeddingLength { found: embedding.len(), expected: width });
    }
    match embedding.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::EmbeddingValue { value: embedding[index], index }),
        None => Ok(()),
    }
}

/// Scales an embedding to unit length; an embedding of zeros stays unchanged.
pub fn normalise(embedding: &mut [f32]) {
    let length = dot(embedding, embedding).sqrt();
    if length > 0.0 {
        embedding.iter_mut().for_each(|value| *value /= length);
    }
}

/// An embedding at unit length.
pub fn unit(embedding: &[f32]) -> Vec<f32> {
    let mut unit = embedding.to_vec();
    normalise(&mut unit);
    unit
}

/// The embedding of an ensemble: the normalised mean of the normalised embeddings.
pub fn ensemble(embeddings: &[&[f32]]) -> Vec<f32> {
    let mut mean = vec![0.0; embeddings.first().map_or(0, |embedding| embedding.len())];
    for embedding in embeddings {
        mean.iter_mut().zip(unit(embedding)).for_each(|(sum, value)| *sum += value);
    }
    normalise(&mut mean);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: [f32; 4] = [0.6, 0.8, 0.0, 0.0];
    const X: [f32; 4] = [1.0, 0.0, 0.0, 0.0];
    const Y: [f32; 4] = [0.0, 1.0, 0.0, 0.0];
    const Z: [f32; 4] = [0.0, 0.0, 1.0, 0.0];
    const NOTHING: Baseline = Baseline::Neutral(&Z);

    #[test]
    fn softmax_scores_sum_to_one_and_come_best_first() {
        let scores = score(&IMAGE, &[("x", &X), ("y", &Y), ("z", &Z)], NOTHING, 10.0, Mode::Softmax);
        let labels: Vec<_> = scores.iter().map(|score| score.label.as_str()).collect();
        assert_eq!(labels, ["y", "x", "z"]);
        assert!((scores.iter().map(|score| score.score).sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((scores[0].score / scores[1].score - 2f32.exp()).abs() < 1e-4);
    }

    #[test]
    fn equal_labels_stay_in_the_order_they_were_given() {
        let scores = score(&IMAGE, &[("a", &Z), ("b", &Y), ("c", &Y)], NOTHING, 10.0, Mode::Softmax);
        assert_eq!(scores.iter().map(|score| score.index).collect::<Vec<_>>(), [1, 2, 0]);
    }

    #[test]
    fn an_independent_score_does_not_depend_on_the_other_labels() {
        let x = Baseline::Neutral(&X);
        let alone = score(&IMAGE, &[("y", &Y)], x, 10.0, Mode::Independent);
        let among = score(&IMAGE, &[("x", &X), ("y", &Y), ("z", &Z)], x, 10.0, Mode::Independent);
        assert_eq!(alone[0].score, among[0].score);
        assert_eq!(among[1].score, 0.5, "a label no better than none is at one half");
    }

    #[test]
    fn a_bias_is_part_of_every_logit_and_moves_no_share() {
        let labels: [(&str, &[f32]); 2] = [("x", &X), ("y", &Y)];
        let biased = |mode| score(&IMAGE, &labels, Baseline::Bias(-8.0), 10.0, mode);
        let independent = biased(Mode::Independent);
        assert_eq!((independent[0].logit, independent[0].score), (0.0, 0.5));
        assert!((independent[1].score - 1.0 / (1.0 + 2f32.exp())).abs() < 1e-6);
        let plain = score(&IMAGE, &labels, NOTHING, 10.0, Mode::Softmax);
        assert!((biased(Mode::Softmax)[0].score - plain[0].score).abs() < 1e-6);
    }

    #[test]
    fn a_measured_cosine_stands_in_place_of_no_label_at_all() {
        let labels: [(&str, &[f32]); 2] = [("x", &X), ("y", &Y)];
        let measured = |mode| score(&IMAGE, &labels, Baseline::Cosine(0.6), 10.0, mode);
        let independent = measured(Mode::Independent);
        assert!((independent[0].score - 1.0 / (1.0 + (-2f32).exp())).abs() < 1e-6);
        assert_eq!((independent[1].score, independent[1].logit), (0.5, 6.0), "the logit itself stays");
        assert_eq!(measured(Mode::Softmax), score(&IMAGE, &labels, NOTHING, 10.0, Mode::Softmax));
    }

    #[test]
    fn a_mode_that_does_not_exist_is_refused_by_its_name() {
        assert_eq!("independent".parse::<Mode>().ok(), Some(Mode::Independent));
        let error = "loudest".parse::<Mode>().unwrap_err();
        assert_eq!((error.code(), error.to_string().contains("\"loudest\"")), ("mode", true));
    }

    #[test]
    fn an_ensemble_weighs_its_members_by_direction_alone() {
        let mean = ensemble(&[&[100.0, 0.0, 0.0, 0.0], &[0.0, 0.1, 0.0, 0.0]]);
        assert!((mean[0] - mean[1]).abs() < 1e-6 && (mean[0] - 0.5f32.sqrt()).abs() < 1e-6);
    }
}
