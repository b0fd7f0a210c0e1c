//! Labels: their prompts and embeddings, and their scores for a picture.

use std::collections::{HashMap, HashSet};

use super::{PROMPTS_PER_PASS, Session};
use crate::error::{Error, Result};
use crate::task::zero_shot::{self, Baseline, Mode, Score};
use crate::text::{Template, check_labels};

impl Session {
    /// The labels whose embeddings under these templates are not known yet, each once.
    ///
    /// # Errors
    /// As [`check_labels`] and [`Template::parse`].
    pub fn missing_labels(&self, labels: &[String], templates: &[String]) -> Result<Vec<String>> {
        check_labels(labels)?;
        parse_templates(templates)?;
        let mut seen = HashSet::new();
        let known = self.known(templates);
        let is_missing = |label: &&String| known.is_none_or(|known| !known.contains_key(*label));
        Ok(labels.iter().filter(|label| seen.insert(label.as_str())).filter(is_missing).cloned().collect())
    }

    /// Computes and keeps the embeddings of labels that are not known yet.
    ///
    /// # Errors
    /// As [`Self::missing_labels`] and [`Self::embed_texts`].
    pub fn encode_labels(&mut self, labels: &[String], templates: &[String]) -> Result<()> {
        let missing = self.missing_labels(labels, templates)?;
        self.encode_missing(missing, templates)
    }

    /// The same, and that of the templates around nothing, where scores are relative to it.
    fn encode_with_baseline(&mut self, labels: &[String], templates: &[String], mode: Mode) -> Result<()> {
        let mut missing = self.missing_labels(labels, templates)?;
        let is_needed = mode == Mode::Independent && self.own_baseline().is_none();
        if is_needed && self.known(templates).is_none_or(|known| !known.contains_key("")) {
            missing.push(String::new());
        }
        self.encode_missing(missing, templates)
    }

    fn encode_missing(&mut self, mut missing: Vec<String>, templates: &[String]) -> Result<()> {
        missing.sort_unstable(); // those that begin alike go together, and share that
        for labels in missing.chunks(PROMPTS_PER_PASS) {
            let embeddings = self.embed_texts(&prompts(labels, templates)?)?;
            self.keep_labels(labels, templates, &embeddings)?;
        }
        Ok(())
    }

    /// Keeps the embeddings of labels, as projected: those of their [`prompts`].
    ///
    /// # Errors
    /// `EmbeddingCount` for a wrong number of embeddings, `EmbeddingLength` or `EmbeddingValue` for one that is not of this
    /// model.
    pub fn keep_labels(
        &mut self,
        labels: &[String],
        templates: &[String],
        embeddings: &[Vec<f32>],
    ) -> Result<()> {
        let expected = labels.len() * templates.len();
        if embeddings.len() != expected {
            return Err(Error::EmbeddingCount { found: embeddings.len(), expected });
        }
        let width = self.clip.config.projection_dim;
        embeddings.iter().try_for_each(|embedding| zero_shot::check_embedding(embedding, width))?;
        let known = self.labels.entry(templates.to_vec()).or_default();
        for (index, label) in labels.iter().enumerate() {
            let of_label: Vec<&[f32]> =
                embeddings.iter().skip(index).step_by(labels.len()).map(Vec::as_slice).collect();
            known.insert(label.clone(), zero_shot::ensemble(&of_label));
        }
        Ok(())
    }

    /// The embeddings of the labels that are known under these templates; `None` if there are none yet.
    fn known(&self, templates: &[String]) -> Option<&HashMap<String, Vec<f32>>> {
        self.labels.get(templates)
    }

    /// The unit embeddings of labels under these templates, computed where they are not known yet.
    ///
    /// # Errors
    /// As [`Self::encode_labels`].
    pub fn label_embeddings(&mut self, labels: &[String], templates: &[String]) -> Result<Vec<Vec<f32>>> {
        self.encode_labels(labels, templates)?;
        let known = self.known(templates);
        Ok(labels.iter().filter_map(|label| known?.get(label).cloned()).collect())
    }

    /// Scores labels against a picture's embedding, best first.
    ///
    /// # Errors
    /// As [`Self::encode_labels`], and `EmbeddingLength`.
    pub fn classify(
        &mut self,
        embedding: &[f32],
        labels: &[String],
        templates: &[String],
        mode: Mode,
    ) -> Result<Vec<Score>> {
        zero_shot::check_embedding(embedding, self.clip.config.projection_dim)?;
        self.encode_with_baseline(labels, templates, mode)?;
        let image = zero_shot::unit(embedding);
        let known = self.known(templates);
        let of = |label: &str| known?.get(label).map(Vec::as_slice);
        let labels: Vec<(&str, &[f32])> =
            labels.iter().filter_map(|label| Some((label.as_str(), of(label)?))).collect();
        let neutral = || Baseline::Neutral(of("").unwrap_or_default());
        let baseline = self.own_baseline().unwrap_or_else(neutral);
        Ok(zero_shot::score(&image, &labels, baseline, self.clip.logit_scale, mode))
    }

    /// The model's own baseline for whether a label fits: its bias, or the measured cosine.
    fn own_baseline(&self) -> Option<Baseline<'static>> {
        let measured = self.record.neutral_cosine.map(Baseline::Cosine);
        self.clip.logit_bias.map(Baseline::Bias).or(measured)
    }
}

/// The prompts of labels, template by template, so that neighbours share a prefix. `[templates, labels]`
///
/// # Errors
/// As [`Template::parse`], and `Template` if there is none.
pub fn prompts(labels: &[String], templates: &[String]) -> Result<Vec<String>> {
    let templates = parse_templates(templates)?;
    Ok(templates.iter().flat_map(|template| labels.iter().map(|label| template.fill(label))).collect())
}

fn parse_templates(templates: &[String]) -> Result<Vec<Template>> {
    if templates.is_empty() {
        return Err(Error::Template { template: String::new() });
    }
    templates.iter().map(|template| Template::parse(template)).collect()
}
