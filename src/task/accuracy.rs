//! Accuracy of zero-shot classification over a labelled set: CLIP_benchmark's keys and values, and per class.

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
    /// `None` for fewer than five classes, as there.
    pub acc5: Option<f64>,
    /// Over the classes that have pictures.
    pub mean_per_class_recall: f64,
    pub intervals: Intervals,
    pub per_class: Vec<ClassAccuracy>,
    /// `[true class][predicted class]`
    pub confusion: Vec<Vec<usize>>,
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
    /// Pictures taken for this class.
    pub predicted: usize,
    pub precision: Option<Estimate>,
    pub recall: Option<Estimate>,
    pub f1: Option<f64>,
}

/// Pictures of one class that were taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Confused {
    pub truth: usize,
    pub predicted: usize,
    pub images: usize,
}

/// CLIP_benchmark gives no acc5 below this many classes.
const ACC5_CLASSES: usize = 5;
/// The longest list of confused pairs.
const MOST_PAIRS: usize = 20;

impl Accuracy {
    /// The measures of `outcomes` over the classes called `labels`.
    ///
    /// # Panics
    /// If an outcome names a class that is not there.
    pub fn of(outcomes: &[Outcome], labels: &[String], bootstrap: &Bootstrap) -> Self {
        let confusion = confusion(outcomes, labels.len());
        let within = |places: usize| outcomes.iter().filter(|outcome| outcome.rank < places).count();
        let acc1 = Estimate::share(diagonal(&confusion), outcomes.len());
        let acc5 = (labels.len() >= ACC5_CLASSES).then(|| Estimate::share(within(5), outcomes.len()));
        let recall = bootstrap.estimate(outcomes.len(), |sample| mean_recall(outcomes, sample, labels.len()));
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
            per_class: per_class(&confusion, labels),
            most_confused: most_confused(&confusion),
            confusion,
        }
    }
}

fn confusion(outcomes: &[Outcome], classes: usize) -> Vec<Vec<usize>> {
    let mut confusion = vec![vec![0; classes]; classes];
    for outcome in outcomes {
        confusion[outcome.truth][outcome.predicted] += 1;
    }
    confusion
}

fn diagonal(confusion: &[Vec<usize>]) -> usize {
    confusion.iter().enumerate().map(|(class, row)| row[class]).sum()
}

/// The mean recall of the classes in a sample of outcomes.
fn mean_recall(outcomes: &[Outcome], sample: &[usize], classes: usize) -> f64 {
    let mut counts = vec![(0usize, 0usize); classes];
    for outcome in sample.iter().map(|&index| outcomes[index]) {
        counts[outcome.truth].0 += usize::from(outcome.predicted == outcome.truth);
        counts[outcome.truth].1 += 1;
    }
    let recalls = counts.iter().filter(|(_, all)| *all > 0).map(|(hits, all)| *hits as f64 / *all as f64);
    let (sum, present) = recalls.fold((0.0, 0usize), |(sum, count), recall| (sum + recall, count + 1));
    sum / present.max(1) as f64
}

fn per_class(confusion: &[Vec<usize>], labels: &[String]) -> Vec<ClassAccuracy> {
    let share = |hits: usize, all: usize| (all > 0).then(|| Estimate::share(hits, all));
    let of_class = |(class, label): (usize, &String)| {
        let hits = confusion[class][class];
        let images = confusion[class].iter().sum();
        let predicted = confusion.iter().map(|row| row[class]).sum();
        let f1 = (images + predicted > 0).then(|| 2.0 * hits as f64 / (images + predicted) as f64);
        let (precision, recall) = (share(hits, predicted), share(hits, images));
        ClassAccuracy { label: label.clone(), images, predicted, precision, recall, f1 }
    };
    labels.iter().enumerate().map(of_class).collect()
}

fn most_confused(confusion: &[Vec<usize>]) -> Vec<Confused> {
    let mut pairs: Vec<Confused> = (confusion.iter().enumerate())
        .flat_map(|(truth, row)| {
            row.iter().enumerate().map(move |(predicted, &images)| Confused { truth, predicted, images })
        })
        .filter(|pair| pair.truth != pair.predicted && pair.images > 0)
        .collect();
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
    }

    #[test]
    fn an_empty_set_knows_that_it_knows_nothing() {
        let accuracy = Accuracy::of(&[], &labels(3), &Bootstrap::default());
        assert_eq!((accuracy.images, accuracy.acc1, accuracy.acc5), (0, 0.0, None));
        assert_eq!(accuracy.intervals.acc1, [0.0, 1.0]);
    }
}
