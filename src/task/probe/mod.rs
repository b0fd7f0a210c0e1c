//! A linear probe on kept embeddings: what the features hold, beside what zero-shot reads from them.

mod logistic;

use serde::Serialize;

use super::statistics::{Estimate, deviation, mean};
use crate::kernels::random::Random;

pub use logistic::{Logistic, Sample};

/// Strengths that cross-validation chooses from; unit embeddings want weak regularisation.
const STRENGTHS: [f64; 3] = [1.0, 10.0, 100.0];

/// How to probe.
#[derive(Clone, Debug)]
pub struct ProbeSettings {
    /// Pictures of each class to learn from.
    pub shots: Vec<usize>,
    /// Parts of the cross-validation.
    pub folds: usize,
    /// Draws of the k pictures for each k.
    pub draws: usize,
    pub seed: u64,
}

/// What the probe reached.
#[derive(Clone, Debug, Serialize)]
pub struct Probe {
    /// The strength (`C` in scikit-learn) that cross-validation chose.
    pub c: f64,
    /// Accuracy over all pictures, each predicted by a fold that did not learn from it; Wilson's interval.
    pub cross_validated: Estimate,
    pub few_shot: Vec<FewShot>,
}

/// Accuracy on the pictures that were not drawn.
#[derive(Clone, Debug, Serialize)]
pub struct FewShot {
    pub shots: usize,
    /// Mean over the draws.
    pub accuracy: f64,
    /// Standard deviation over the draws.
    pub deviation: f64,
}

impl Probe {
    /// Probes labelled rows `samples` of `width` features, in `classes` classes.
    ///
    /// `progress` is called with the fits that are done and that there are; `false` from it ends the probe,
    /// and the result is `None`.
    pub fn run(
        samples: &[Sample],
        width: usize,
        classes: usize,
        settings: &ProbeSettings,
        mut progress: impl FnMut(usize, usize) -> bool,
    ) -> Option<Self> {
        let folds = folds(samples, classes, settings);
        let total = STRENGTHS.len() * settings.folds + settings.shots.len() * settings.draws;
        let mut done = 0;
        let mut fit_and_test = |train: &[Sample], test: &[Sample], c: f64| {
            let hits = hits(train, test, width, classes, c);
            done += 1;
            progress(done, total).then_some(hits)
        };
        let (mut best, mut c) = (None, STRENGTHS[0]);
        for strength in STRENGTHS {
            let mut right = 0;
            for fold in 0..settings.folds {
                let (test, train) = split(samples, |index| folds[index] == fold);
                right += fit_and_test(&train, &test, strength)?;
            }
            if best.is_none_or(|best| right > best) {
                (best, c) = (Some(right), strength);
            }
        }
        let mut few_shot = Vec::new();
        for &shots in &settings.shots {
            let mut accuracies = Vec::new();
            for draw in 0..settings.draws {
                let mut random = Random::keyed(settings.seed, &format!("{shots} shots, draw {draw}"));
                let drawn = draw_shots(samples, classes, shots, &mut random);
                let (train, test) = split(samples, |index| drawn[index]);
                accuracies.push(fit_and_test(&train, &test, c)? as f64 / test.len().max(1) as f64);
            }
            few_shot.push(FewShot { shots, accuracy: mean(&accuracies), deviation: deviation(&accuracies) });
        }
        let cross_validated = Estimate::share(best.unwrap_or(0), samples.len());
        Some(Self { c, cross_validated, few_shot })
    }
}

fn hits(train: &[Sample], test: &[Sample], width: usize, classes: usize, c: f64) -> usize {
    let model = Logistic::fit(train, width, classes, c);
    test.iter().filter(|(row, class)| model.predict(row) == *class).count()
}

/// The fold of each sample: every class is dealt out evenly, in random order.
fn folds(samples: &[Sample], classes: usize, settings: &ProbeSettings) -> Vec<usize> {
    let mut random = Random::keyed(settings.seed, "folds");
    let mut folds = vec![0; samples.len()];
    let mut next = 0;
    for class in 0..classes {
        let mut members = members(samples, class);
        random.shuffle(&mut members);
        for index in members {
            folds[index] = next % settings.folds.max(1);
            next += 1;
        }
    }
    folds
}

/// Marks up to `shots` random samples of each class.
fn draw_shots(samples: &[Sample], classes: usize, shots: usize, random: &mut Random) -> Vec<bool> {
    let mut drawn = vec![false; samples.len()];
    for class in 0..classes {
        let mut members = members(samples, class);
        random.shuffle(&mut members);
        members.iter().take(shots).for_each(|&index| drawn[index] = true);
    }
    drawn
}

fn members(samples: &[Sample], class: usize) -> Vec<usize> {
    (0..samples.len()).filter(|&index| samples[index].1 == class).collect()
}

/// The samples that `belongs` accepts, and the others.
fn split<'a>(samples: &[Sample<'a>], belongs: impl Fn(usize) -> bool) -> (Vec<Sample<'a>>, Vec<Sample<'a>>) {
    let (inside, outside): (Vec<usize>, Vec<usize>) = (0..samples.len()).partition(|&index| belongs(index));
    let pick = |indices: Vec<usize>| indices.into_iter().map(|index| samples[index]).collect();
    (pick(inside), pick(outside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separable_classes_are_learnt_from_one_shot() {
        let rows: Vec<Vec<f32>> = (0..12)
            .map(|index| {
                let mut row = vec![0.1; 4];
                row[index % 3] = 1.0 + index as f32 * 0.01;
                row
            })
            .collect();
        let samples: Vec<Sample> =
            rows.iter().enumerate().map(|(index, row)| (row.as_slice(), index % 3)).collect();
        let settings = ProbeSettings { shots: vec![1], folds: 3, draws: 2, seed: 1 };
        let probe = Probe::run(&samples, 4, 3, &settings, |_, _| true).unwrap();
        assert_eq!((probe.cross_validated.value, probe.few_shot[0].accuracy), (1.0, 1.0));
        assert!(Probe::run(&samples, 4, 3, &settings, |done, _| done < 2).is_none(), "a probe can be ended");
    }
}
