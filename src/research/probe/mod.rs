//! A linear probe on saved embeddings, compared with zero-shot classification.

mod logistic;
mod study;

use serde::Serialize;

use super::statistics::{Estimate, deviation, mean};
use crate::kernels::random::Random;
use crate::kernels::threads;

pub use logistic::{Logistic, Sample};
pub use study::{ProbeReport, ProbeStudy};

/// Strengths that cross-validation chooses from; unit embeddings want weak regularisation.
const STRENGTHS: [f64; 3] = [1.0, 10.0, 100.0];

/// How to probe.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeSettings {
    /// Pictures of each class to learn from.
    pub shots: Vec<usize>,
    /// Parts of the cross-validation.
    pub folds: usize,
    /// Draws of the k pictures for each k.
    pub draws: usize,
    pub seed: u64,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self { shots: vec![1, 2, 4, 8], folds: 5, draws: 10, seed: 0 }
    }
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

/// A probe under way, in steps: each fits one classifier and tests it.
#[derive(Clone, Debug)]
pub struct ProbeRun {
    /// Labelled rows, and how wide they are.
    rows: Vec<(Vec<f32>, usize)>,
    width: usize,
    classes: usize,
    settings: ProbeSettings,
    /// The fold of each row.
    folds: Vec<usize>,
    /// What each fit of the cross-validation got right, then the accuracy of each draw.
    right: Vec<usize>,
    accuracies: Vec<f64>,
}

impl ProbeRun {
    /// Begins with labelled rows of `width` features, in `classes` classes.
    pub fn new(rows: Vec<(Vec<f32>, usize)>, width: usize, classes: usize, settings: ProbeSettings) -> Self {
        let folds = folds(&samples(&rows), classes, &settings);
        Self { rows, width, classes, settings, folds, right: Vec::new(), accuracies: Vec::new() }
    }

    /// Fits done, and fits in all.
    pub fn progress(&self) -> (usize, usize) {
        let draws = self.settings.shots.len() * self.settings.draws;
        (self.right.len() + self.accuracies.len(), self.validations() + draws)
    }

    /// Does up to `count` fits more, on all threads. The draws wait for the end of the cross-validation, which
    /// chooses their strength.
    pub fn step(&mut self, count: usize) {
        let (done, all) = self.progress();
        let end = if done < self.validations() { self.validations() } else { all };
        let places: Vec<usize> = (done..end.min(done.saturating_add(count))).collect();
        if done < self.validations() {
            let right = threads::side_by_side(&places, |&place| self.validate(place));
            self.right.extend(right);
        } else {
            let c = self.strength().0;
            let accuracies =
                threads::side_by_side(&places, |&place| self.draw(place - self.validations(), c));
            self.accuracies.extend(accuracies);
        }
    }

    /// What the probe reached, once all fits are done.
    pub fn finish(self) -> Probe {
        let (c, right) = self.strength();
        let of_shots = |(&shots, accuracies): (&usize, &[f64])| FewShot {
            shots,
            accuracy: mean(accuracies),
            deviation: deviation(accuracies),
        };
        let draws = self.accuracies.chunks(self.settings.draws.max(1));
        Probe {
            c,
            cross_validated: Estimate::share(right, self.rows.len()),
            few_shot: self.settings.shots.iter().zip(draws).map(of_shots).collect(),
        }
    }

    fn validations(&self) -> usize {
        STRENGTHS.len() * self.settings.folds
    }

    /// The strength that got the most right, the first of equals; and how many that were.
    fn strength(&self) -> (f64, usize) {
        let totals = self.right.chunks(self.settings.folds.max(1)).map(|right| right.iter().sum());
        let better = |best: (f64, usize), next: (f64, usize)| if next.1 > best.1 { next } else { best };
        STRENGTHS.into_iter().zip(totals).reduce(better).unwrap_or((STRENGTHS[0], 0))
    }

    fn validate(&self, place: usize) -> usize {
        let (strength, fold) = (STRENGTHS[place / self.settings.folds], place % self.settings.folds);
        let (test, train) = split(&samples(&self.rows), |index| self.folds[index] == fold);
        hits(&train, &test, self.width, self.classes, strength)
    }

    fn draw(&self, place: usize, c: f64) -> f64 {
        let (shots, draw) = (self.settings.shots[place / self.settings.draws], place % self.settings.draws);
        let mut random = Random::keyed(self.settings.seed, &format!("{shots} shots, draw {draw}"));
        let samples = samples(&self.rows);
        let drawn = draw_shots(&samples, self.classes, shots, &mut random);
        let (train, test) = split(&samples, |index| drawn[index]);
        hits(&train, &test, self.width, self.classes, c) as f64 / test.len().max(1) as f64
    }
}

fn samples(rows: &[(Vec<f32>, usize)]) -> Vec<Sample<'_>> {
    rows.iter().map(|(row, class)| (row.as_slice(), *class)).collect()
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
        let rows: Vec<(Vec<f32>, usize)> = rows.into_iter().zip([0, 1, 2].into_iter().cycle()).collect();
        let settings = ProbeSettings { shots: vec![1], folds: 3, draws: 2, seed: 1 };
        let mut probe = ProbeRun::new(rows, 4, 3, settings);
        assert_eq!(probe.progress(), (0, 11));
        probe.step(4);
        probe.step(100);
        assert_eq!(probe.progress(), (9, 11), "the draws wait for the cross-validation");
        probe.step(100);
        let probe = probe.finish();
        assert_eq!((probe.cross_validated.value, probe.few_shot[0].accuracy), (1.0, 1.0));
    }
}
