//! Measurements that take long, in steps between which the worker can look at its mailbox.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::super::convert::object;
use super::bench::Bench;
use super::bootstrap;
use super::labels::LabelSet;
use crate::kernels::threads;
use crate::task::bias::BiasRun;
use crate::task::evaluation::{answers, truths};
use crate::task::probe::{Probe, ProbeRun, ProbeSettings};
use crate::task::statistics::Estimate;

/// What `clip-wasm bias` or `clip-wasm probe` measures, under way.
#[wasm_bindgen]
pub struct Measurement(Kind);

enum Kind {
    Bias(BiasRun),
    Probe { run: ProbeRun, images: usize, zero_shot: Estimate },
}

#[derive(Serialize)]
struct Probed {
    images: usize,
    zero_shot: Estimate,
    #[serde(flatten)]
    probe: Probe,
}

#[wasm_bindgen]
impl Measurement {
    /// Steps done, and steps in all.
    pub fn progress(&self) -> Vec<usize> {
        let (done, all) = match &self.0 {
            Kind::Bias(run) => run.progress(),
            Kind::Probe { run, .. } => run.progress(),
        };
        vec![done, all]
    }

    /// Does up to `count` steps more.
    pub fn step(&mut self, count: usize) {
        threads::inside(|| match &mut self.0 {
            Kind::Bias(run) => run.step(count),
            Kind::Probe { run, .. } => run.step(count),
        });
    }

    /// The JSON of the command, once all steps are done.
    pub fn finish(self) -> Result<JsValue, JsValue> {
        match self.0 {
            Kind::Bias(run) => object(&run.finish()),
            Kind::Probe { run, images, zero_shot } => {
                object(&Probed { images, zero_shot, probe: run.finish() })
            }
        }
    }
}

#[wasm_bindgen]
impl Bench {
    /// Compares the groups that the pictures' labels name.
    pub fn bias(&self, labels: &LabelSet, seed: u32) -> Result<Measurement, JsValue> {
        let labels = labels.labels(self.kept.width())?;
        Ok(Measurement(Kind::Bias(BiasRun::of_kept(&self.kept, &labels, &bootstrap(seed)))))
    }

    /// Learns the labels from the embeddings, beside zero-shot.
    pub fn probe(&self, labels: &LabelSet, seed: u32) -> Result<Measurement, JsValue> {
        let labels = labels.labels(self.kept.width())?;
        let answers = answers(&self.kept, &labels);
        let truths = truths(&self.kept, labels.names);
        let hits = truths.iter().zip(answers).filter(|(truth, answer)| **truth == Some(*answer)).count();
        let rows: Vec<(Vec<f32>, usize)> = (self.kept.units().into_iter().zip(truths))
            .filter_map(|(row, truth)| Some((row, truth?)))
            .collect();
        let (images, zero_shot) = (rows.len(), Estimate::share(hits, rows.len()));
        let settings = ProbeSettings { seed: seed.into(), ..ProbeSettings::default() };
        let run = ProbeRun::new(rows, self.kept.width(), labels.names.len(), settings);
        Ok(Measurement(Kind::Probe { run, images, zero_shot }))
    }
}
