//! Measurements that take long, in steps between which the worker can look at its mailbox.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::super::Engine;
use super::super::convert::{object, strings, thrown};
use super::{Bench, bootstrap};
use crate::kernels::threads;
use crate::task::bias::BiasRun;
use crate::task::evaluation::{Labels, answers, truths};
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
impl Engine {
    /// Compares the groups that the kept pictures' labels name.
    pub fn bias(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        seed: u32,
    ) -> Result<Measurement, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let begin = |asked: &Labels| BiasRun::of_kept(&bench.kept, asked, &bootstrap(seed));
        Ok(Measurement(Kind::Bias(self.session.with_labels(&labels, &templates, begin).map_err(thrown)?)))
    }

    /// Learns the labels from the kept embeddings, beside zero-shot.
    pub fn probe(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        seed: u32,
    ) -> Result<Measurement, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let answers = |asked: &Labels| answers(&bench.kept, asked);
        let answers = self.session.with_labels(&labels, &templates, answers).map_err(thrown)?;
        let truths = truths(&bench.kept, &labels);
        let hits = truths.iter().zip(answers).filter(|(truth, answer)| **truth == Some(*answer)).count();
        let rows: Vec<(Vec<f32>, usize)> = (bench.kept.units().into_iter().zip(truths))
            .filter_map(|(row, truth)| Some((row, truth?)))
            .collect();
        let (images, zero_shot) = (rows.len(), Estimate::share(hits, rows.len()));
        let settings = ProbeSettings { seed: seed.into(), ..ProbeSettings::default() };
        let run = ProbeRun::new(rows, bench.kept.width(), labels.len(), settings);
        Ok(Measurement(Kind::Probe { run, images, zero_shot }))
    }
}
