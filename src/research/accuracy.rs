//! Accuracy of zero-shot classification over a labelled set: CLIP_benchmark's keys and values, and per class.

use std::collections::BTreeMap;

use serde::Serialize;

use super::statistics::{Bootstrap, Estimate};

/// One labelled picture's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub truth: usize,
    pub predicted: usize,
    /// Labels that scored above the true one.
    pub rank: usize,
}

/// The measures of a labelled set. Keys as in CLIP_benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    pub images: usize,
    pub acc1: f64,
    /// `None` for fewer than five classes, as in CLIP_benchmark.
    pub acc5: Option<f64>,
    /// Mean recall of the classes that have pictures.
    pub mean_per_class_recall: f64,
    pub intervals: Intervals,
    pub per_class: Vec<ClassAccuracy>,
    /// `[true class][predicted class]`; `None` for more than a thousand classes.
    pub confusion: Option<Vec<Vec<usize>>>,
    /// The confused pairs, most pictures first.
    pub most_confused: Vec<Confused>,
}

/// 95 % intervals: Wilson's for the shares, the bootstrap's for the mean recall.
#[derive(Clone, Debug, Serialize)]
pub struct Intervals {
    pub acc1: [f64; 2],
    pub acc5: Option<[f64; 2]>,
    pub mean_per_class_recall: [f64; 2],
}

/// One class by itself. What would be divided by nothing is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassAccuracy {
    pub label: String,
    /// Pictures of this class.
    pub images: usize,
    /// Pictures predicted as this class.
    pub predicted: usize,
    pub precision: Option<Estimate>,
    pub recall: Option<Estimate>,
    pub f1: Option<f64>,
}

/// Pictures of one class that were mistaken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Confused {
    pub truth: usize,
    pub predicted: usize,
    pub images: usize,
}

/// CLIP_benchmark gives no acc5 below this many classes.
const ACC5_CLASSES: usize = 5;
/// More classes than this have no matrix of confusion: it would be larger than all else together.
const MATRIX_CLASSES: usize = 1000;
/// The longest list of confused pairs.
const MOST_PAIRS: usize = 20;

impl Accuracy {
    /// The measures of `outcomes` over the classes called `labels`.
    ///
    /// # Panics
    /// If an outcome names a class that is not there.
    pub fn of(outcomes: &[Outcome], labels: &[String], bootstrap: &Bootstrap) -> Self {
        let pairs = pairs(outcomes);
        let within = |places: usize| outcomes.iter().filter(|outcome| outcome.rank < places).count();
        let acc1 = Estimate::share(within(1), outcomes.len());
        let acc5 = (labels.len() >= ACC5_CLASSES).then(|| Estimate::share(within(5), outcomes.len()));
        let recall = mean_recall(outcomes, labels.len(), bootstrap);
        Self {
            images: outcomes.len(),
            acc1: acc1.value,
            acc5: acc5.map(|acc5| acc5.value),
            mean_per_class_recall: recall.value,
            intervals: Intervals {
                acc1: acc1.interval(),
                acc5: acc5.map(|acc5| acc5.interval()),
                mean_per_class_recall: recall.interval(),
            },
            per_class: per_class(&pairs, labels),
            confusion: (labels.len() <= MATRIX_CLASSES).then(|| matrix(&pairs, labels.len())),
            most_confused: most_confused(pairs),
        }
    }
}

/// Each pair of true and predicted class that there is, with its pictures; by true class, then by predicted.
fn pairs(outcomes: &[Outcome]) -> Vec<Confused> {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry((outcome.truth, outcome.predicted)).or_default() += 1;
    }
    counts.into_iter().map(|((truth, predicted), images)| Confused { truth, predicted, images }).collect()
}

fn matrix(pairs: &[Confused], classes: usize) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; classes]; classes];
    for pair in pairs {
        matrix[pair.truth][pair.predicted] = pair.images;
    }
    matrix
}

/// The mean recall of the classes that a sample of the outcomes has.
fn mean_recall(outcomes: &[Outcome], classes: usize, bootstrap: &Bootstrap) -> Estimate {
    let judged: Vec<(usize, bool)> =
        outcomes.iter().map(|outcome| (outcome.truth, outcome.predicted == outcome.truth)).collect();
    let mut counts = vec![(0u32, 0u32); classes];
    bootstrap.estimate(judged.len(), |sample| {
        counts.fill((0, 0));
        for &index in sample {
            let (truth, hit) = judged[index];
            counts[truth].0 += u32::from(hit);
            counts[truth].1 += 1;
        }
        let recalls =
            counts.iter().filter(|(_, all)| *all > 0).map(|&(hits, all)| f64::from(hits) / f64::from(all));
        let (sum, present) = recalls.fold((0.0, 0usize), |(sum, count), recall| (sum + recall, count + 1));
        sum / present.max(1) as f64
    })
}

fn per_class(pairs: &[Confused], labels: &[String]) -> Vec<ClassAccuracy> {
    // Of each class: pictures that are it, that are predicted as it, and both.
    let mut counts = vec![[0; 3]; labels.len()];
    for pair in pairs {
        counts[pair.truth][0] += pair.images;
        counts[pair.predicted][1] += pair.images;
        counts[pair.truth][2] += if pair.truth == pair.predicted { pair.images } else { 0 };
    }
    let share = |hits: usize, all: usize| (all > 0).then(|| Estimate::share(hits, all));
    let of_class = |(label, &[images, predicted, hits]): (&String, &[usize; 3])| {
        let f1 = (images + predicted > 0).then(|| 2.0 * hits as f64 / (images + predicted) as f64);
        let (precision, recall) = (share(hits, predicted), share(hits, images));
        ClassAccuracy { label: label.clone(), images, predicted, precision, recall, f1 }
    };
    labels.iter().zip(&counts).map(of_class).collect()
}

fn most_confused(mut pairs: Vec<Confused>) -> Vec<Confused> {
    pairs.retain(|pair| pair.truth != pair.predicted);
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.images));
    pairs.truncate(MOST_PAIRS);
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("class {index}")).collect()
    }

    #[test]
    fn measures_count_hits_near_hits_and_recall_by_class() {
        let outcome = |truth, predicted, rank| Outcome { truth, predicted, rank };
        let outcomes = [outcome(0, 0, 0), outcome(0, 1, 4), outcome(0, 1, 5), outcome(2, 2, 0)];
        let accuracy = Accuracy::of(&outcomes, &labels(7), &Bootstrap::default());
        assert_eq!((accuracy.images, accuracy.acc1, accuracy.acc5), (4, 0.5, Some(0.75)));
        assert!((accuracy.mean_per_class_recall - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
        assert_eq!(accuracy.most_confused, [Confused { truth: 0, predicted: 1, images: 2 }]);
        assert_eq!(accuracy.per_class[3].recall, None, "a class without pictures has no recall");
        assert_eq!(accuracy.confusion.unwrap()[0], [1, 2, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn ten_thousand_classes_have_all_measures_but_a_matrix() {
        let outcomes = [Outcome { truth: 9_999, predicted: 3, rank: 1 }];
        let accuracy = Accuracy::of(&outcomes, &labels(10_000), &Bootstrap::default());
        assert_eq!((accuracy.confusion, accuracy.acc5), (None, Some(1.0)));
        assert_eq!(accuracy.most_confused[0], Confused { truth: 9_999, predicted: 3, images: 1 });
    }

    #[test]
    fn an_empty_set_knows_that_it_knows_nothing() {
        let accuracy = Accuracy::of(&[], &labels(3), &Bootstrap::default());
        assert_eq!((accuracy.images, accuracy.acc1, accuracy.acc5), (0, 0.0, None));
        assert_eq!(accuracy.intervals.acc1, [0.0, 1.0]);
    }
}
