//! Long measurements, divided into steps, so that the worker can handle messages between them.

use wasm_bindgen::prelude::*;

use super::super::js_values::{object, thrown};
use super::bootstrap;
use super::embedding_set::EmbeddingSet;
use super::labels::LabelSet;
use crate::kernels::threads;
use crate::research::bias::BiasRun;
use crate::research::probe::{ProbeSettings, ProbeStudy};

/// What `clip-wasm bias` or `clip-wasm probe` measures, under way.
#[wasm_bindgen]
pub struct Measurement(Kind);

enum Kind {
    Bias(BiasRun),
    Probe(ProbeStudy),
}

#[wasm_bindgen]
impl Measurement {
    /// Steps done, and steps in all.
    pub fn progress(&self) -> Vec<usize> {
        let (done, all) = match &self.0 {
            Kind::Bias(run) => run.progress(),
            Kind::Probe(run) => run.progress(),
        };
        vec![done, all]
    }

    /// Does up to `count` steps more.
    pub fn step(&mut self, count: usize) {
        threads::inside(|| match &mut self.0 {
            Kind::Bias(run) => run.step(count),
            Kind::Probe(run) => run.step(count),
        });
    }

    /// The JSON of the command, once all steps are done.
    pub fn finish(self) -> Result<JsValue, JsValue> {
        match self.0 {
            Kind::Bias(run) => object(&run.finish()),
            Kind::Probe(run) => object(&run.finish()),
        }
    }
}

#[wasm_bindgen]
impl EmbeddingSet {
    /// Compares the groups that the pictures' labels name.
    pub fn bias(&self, labels: &LabelSet, seed: u32) -> Result<Measurement, JsValue> {
        let labels = labels.labels(self.set.width())?;
        Ok(Measurement(Kind::Bias(BiasRun::of(&self.set, &labels, &bootstrap(seed)))))
    }

    /// Learns the labels from the embeddings, beside zero-shot.
    pub fn probe(&self, labels: &LabelSet, seed: u32) -> Result<Measurement, JsValue> {
        let labels = labels.labels(self.set.width())?;
        let settings = ProbeSettings { seed: seed.into(), ..ProbeSettings::default() };
        let study = ProbeStudy::new(&self.set, &labels, settings).map_err(thrown)?;
        Ok(Measurement(Kind::Probe(study)))
    }
}
