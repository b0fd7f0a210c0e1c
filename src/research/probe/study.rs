//! The report of a linear probe, as the page and the command line show it.

use serde::Serialize;

use super::{Probe, ProbeRun, ProbeSettings};
use crate::research::embedding_set::EmbeddingSet;
use crate::research::labels::{Labels, answers, truths};
use crate::research::statistics::Estimate;
use crate::{Error, Result};

/// What a probe of a data set reached.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeReport {
    /// Pictures with one of the labels.
    pub images: usize,
    /// Top-1 accuracy on the same pictures without learning.
    pub zero_shot: Estimate,
    #[serde(flatten)]
    pub probe: Probe,
    /// Numbers of pictures a class that were asked for, of which no class has more: nothing is left to test on.
    pub untested_shots: Vec<usize>,
    /// Classes with one picture, which is learnt from or tested on, never both.
    pub single_picture_classes: Vec<String>,
}

/// A probe of a data set under way, in the steps of [`ProbeRun`].
#[derive(Clone, Debug)]
pub struct ProbeStudy {
    run: ProbeRun,
    images: usize,
    zero_shot: Estimate,
    untested_shots: Vec<usize>,
    single_picture_classes: Vec<String>,
}

impl ProbeStudy {
    /// Begins with the pictures whose label is one of `labels`. Numbers of shots that leave nothing to test on are
    /// not run.
    ///
    /// # Errors
    ///
    /// [`Error::Probe`] where no class has two pictures, one to learn from and one to test on.
    pub fn new(set: &EmbeddingSet, labels: &Labels, mut settings: ProbeSettings) -> Result<Self> {
        let truths = truths(set, labels.names);
        let mut sizes = vec![0; labels.names.len()];
        truths.iter().flatten().for_each(|class| sizes[*class] += 1);
        let largest = sizes.iter().copied().max().unwrap_or(0);
        if largest < 2 {
            return Err(Error::Probe { largest });
        }
        let untested_shots = settings.shots.extract_if(.., |shots| *shots >= largest).collect();
        let single = sizes.iter().zip(labels.names).filter(|(size, _)| **size == 1);
        let single_picture_classes = single.map(|(_, label)| label.clone()).collect();
        let answers = answers(set, labels);
        let hits = truths.iter().zip(answers).filter(|(truth, answer)| **truth == Some(*answer)).count();
        let rows: Vec<(Vec<f32>, usize)> =
            set.units().into_iter().zip(truths).filter_map(|(row, truth)| Some((row, truth?))).collect();
        Ok(Self {
            images: rows.len(),
            zero_shot: Estimate::share(hits, rows.len()),
            run: ProbeRun::new(rows, set.width(), labels.names.len(), settings),
            untested_shots,
            single_picture_classes,
        })
    }

    /// Fits done, and fits in all.
    pub fn progress(&self) -> (usize, usize) {
        self.run.progress()
    }

    /// Does up to `count` fits more, on all threads.
    pub fn step(&mut self, count: usize) {
        self.run.step(count);
    }

    /// What the probe reached, once all fits are done.
    pub fn finish(self) -> ProbeReport {
        ProbeReport {
            images: self.images,
            zero_shot: self.zero_shot,
            probe: self.run.finish(),
            untested_shots: self.untested_shots,
            single_picture_classes: self.single_picture_classes,
        }
    }
}
