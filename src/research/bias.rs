//! Whether groups of pictures are answered alike: scores per group, and tests of their differences.
//!
//! It compares groups that the user names. It infers nothing about what, or who, is in a picture, and a
//! difference it finds says nothing of its cause.

use serde::Serialize;

use super::embedding_set::EmbeddingSet;
use super::labels::{Labels, logits, truths};
use super::logits::best;
use super::statistics::numerics;
use super::statistics::{Bootstrap, Estimate, Permutation, cohens_d, holm, permutation_test};
use crate::kernels::random::Random;
use crate::kernels::threads;

/// Groups of fewer pictures get no verdict.
pub const SMALL_GROUP: usize = 20;
/// Adjusted p below this counts as a finding.
const LEVEL: f64 = 0.05;
/// Rearrangements of a permutation test.
pub(super) const REARRANGEMENTS: usize = 10_000;

/// Scores of groups of pictures, and the differences between the groups.
#[derive(Clone, Debug, Serialize)]
pub struct Bias {
    pub groups: Vec<Group>,
    /// One for each label and each pair of groups.
    pub differences: Vec<Difference>,
}

/// A group of pictures and how the labels score on them.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub group: String,
    pub images: usize,
    /// Fewer than [`SMALL_GROUP`] pictures.
    pub small: bool,
    pub labels: Vec<GroupLabel>,
}

/// How a label scores on a group's pictures.
#[derive(Clone, Debug, Serialize)]
pub struct GroupLabel {
    pub label: String,
    /// Mean probability under softmax, with the bootstrap's interval.
    pub score: Estimate,
    /// How often it is the best label, with Wilson's interval.
    pub top1: Estimate,
}

/// The difference between two groups for one label.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub label: String,
    pub first: String,
    pub second: String,
    /// Test of the difference of the mean scores, first minus second.
    #[serde(flatten)]
    pub test: Permutation,
    /// The p value after Holm's correction for all tests of the report.
    pub p_adjusted: f64,
    /// Cohen's d.
    pub effect: Option<f64>,
    pub verdict: Verdict,
}

/// What may be said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Different,
    NoEvidence,
    TooFewPictures,
}

impl Bias {
    /// Measures the pictures of `set`, whose labels are the groups.
    pub fn of(set: &EmbeddingSet, labels: &Labels, bootstrap: &Bootstrap) -> Self {
        BiasRun::of(set, labels, bootstrap).whole()
    }
}

/// A measurement of bias under way, in steps: each a label's score in one group, or in two beside each other.
#[derive(Clone, Debug)]
pub struct BiasRun {
    labels: Vec<String>,
    groups: Vec<String>,
    bootstrap: Bootstrap,
    /// `[group][label]`: the probability for each picture.
    scores: Vec<Vec<Vec<f64>>>,
    /// `[group][label]`: pictures whose best label it is.
    best: Vec<Vec<usize>>,
    pairs: Vec<(usize, usize)>,
    measured: Vec<GroupLabel>,
    tests: Vec<Option<Difference>>,
}

impl BiasRun {
    /// Begins with the pictures of `set`, whose labels are the groups.
    pub fn of(set: &EmbeddingSet, labels: &Labels, bootstrap: &Bootstrap) -> Self {
        let groups = set.classes();
        let logits = logits(set, labels);
        let grouped = logits.rows().zip(truths(set, &groups)).filter_map(|(row, group)| Some((row, group?)));
        Self::new(grouped, labels.names, &groups, bootstrap)
    }

    fn new<'a>(
        rows: impl Iterator<Item = (&'a [f32], usize)>,
        labels: &[String],
        groups: &[String],
        bootstrap: &Bootstrap,
    ) -> Self {
        let mut scores = vec![vec![Vec::new(); labels.len()]; groups.len()];
        let mut best_of = vec![vec![0; labels.len()]; groups.len()];
        for (row, group) in rows {
            best_of[group][best(row)] += 1;
            scores[group]
                .iter_mut()
                .zip(probabilities(row))
                .for_each(|(scores, probability)| scores.push(probability));
        }
        let count = groups.len();
        let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
        Self {
            labels: labels.to_vec(),
            groups: groups.to_vec(),
            bootstrap: *bootstrap,
            scores,
            best: best_of,
            pairs: pairs.collect(),
            measured: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// Steps done, and steps in all.
    pub fn progress(&self) -> (usize, usize) {
        let all = (self.groups.len() + self.pairs.len()) * self.labels.len();
        (self.measured.len() + self.tests.len(), all)
    }

    /// Does up to `count` steps more, on all threads.
    pub fn step(&mut self, count: usize) {
        let labels = self.labels.len().max(1);
        let left = self.groups.len() * self.labels.len() - self.measured.len();
        let places: Vec<usize> = (self.measured.len()..).take(count.min(left)).collect();
        let measured = threads::side_by_side(&places, |&place| self.of_group(place / labels, place % labels));
        self.measured.extend(measured);
        let left = self.pairs.len() * self.labels.len() - self.tests.len();
        let places: Vec<usize> = (self.tests.len()..).take((count - places.len()).min(left)).collect();
        let tests =
            threads::side_by_side(&places, |&place| self.of_pair(self.pairs[place / labels], place % labels));
        self.tests.extend(tests);
    }

    /// The result, once all steps are done.
    pub fn finish(self) -> Bias {
        let mut measured = self.measured.into_iter();
        let mut group = |(group, scores): (String, &Vec<Vec<f64>>)| {
            let images = scores.first().map_or(0, Vec::len);
            let labels = measured.by_ref().take(scores.len()).collect();
            Group { group, images, small: images < SMALL_GROUP, labels }
        };
        let groups = self.groups.into_iter().zip(&self.scores).map(&mut group).collect();
        let mut differences: Vec<Difference> = self.tests.into_iter().flatten().collect();
        judge(&mut differences);
        Bias { groups, differences }
    }

    fn whole(mut self) -> Bias {
        self.step(self.progress().1);
        self.finish()
    }

    fn of_group(&self, group: usize, label: usize) -> GroupLabel {
        let scores = &self.scores[group][label];
        GroupLabel {
            label: self.labels[label].clone(),
            score: self.bootstrap.mean(scores),
            top1: Estimate::share(self.best[group][label], scores.len()),
        }
    }

    /// `None` where a group has no pictures.
    fn of_pair(&self, (first, second): (usize, usize), label: usize) -> Option<Difference> {
        let (a, b) = (&self.scores[first][label], &self.scores[second][label]);
        let [first, second, name] = [&self.groups[first], &self.groups[second], &self.labels[label]];
        let mut random = Random::keyed(self.bootstrap.seed, &format!("{first} {second} {name}"));
        let small = a.len().min(b.len()) < SMALL_GROUP;
        Some(Difference {
            label: name.clone(),
            first: first.clone(),
            second: second.clone(),
            test: permutation_test(a, b, REARRANGEMENTS, &mut random)?,
            p_adjusted: 1.0,
            effect: cohens_d(a, b),
            verdict: if small { Verdict::TooFewPictures } else { Verdict::NoEvidence },
        })
    }
}

/// Corrects all p values together and says what they allow.
fn judge(differences: &mut [Difference]) {
    let p_values: Vec<f64> = differences.iter().map(|difference| difference.test.p).collect();
    for (difference, adjusted) in differences.iter_mut().zip(holm(&p_values)) {
        difference.p_adjusted = adjusted;
        if difference.verdict == Verdict::NoEvidence && adjusted < LEVEL {
            difference.verdict = Verdict::Different;
        }
    }
}

/// The probabilities of a row under softmax.
fn probabilities(row: &[f32]) -> Vec<f64> {
    let mut probabilities: Vec<f64> = row.iter().copied().map(f64::from).collect();
    numerics::softmax(&mut probabilities);
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::research::logits::Logits;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Two labels; pictures of the second group prefer the second by `gap`.
    fn logits(each: usize, gap: f32) -> (Logits, Vec<usize>) {
        let row = |index: usize| [0.01 * (index % 7) as f32, if index < each { 0.0 } else { gap }];
        let membership = (0..2 * each).map(|index| usize::from(index >= each)).collect();
        (Logits::new(2, (0..2 * each).flat_map(row).collect()), membership)
    }

    fn measure(each: usize, gap: f32) -> Bias {
        let (logits, membership) = logits(each, gap);
        let (labels, groups) = (names(&["x", "y"]), names(&["a", "b"]));
        BiasRun::new(logits.rows().zip(membership), &labels, &groups, &Bootstrap::default()).whole()
    }

    #[test]
    fn a_clear_difference_is_found_and_none_is_not() {
        let found = measure(30, 2.0);
        assert!(found.differences.iter().all(|difference| difference.verdict == Verdict::Different));
        assert_eq!(found.groups[1].labels[1].top1.value, 1.0);
        assert!(
            measure(28, 0.0).differences.iter().all(|difference| difference.verdict == Verdict::NoEvidence)
        );
    }

    #[test]
    fn small_groups_get_no_verdict_however_clear() {
        let small = measure(SMALL_GROUP - 1, 5.0);
        assert!(small.groups[0].small && small.differences[0].p_adjusted < LEVEL);
        assert!(small.differences.iter().all(|difference| difference.verdict == Verdict::TooFewPictures));
    }
}
