//! Compares two runs: on the same pictures, or on different pictures with the same labels.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::statistics::{Bootstrap, Estimate, difference_of_shares, mcnemar_exact};

/// What a comparison needs to know of a picture's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub image: String,
    /// SHA-256 of the picture's bytes, if known.
    #[serde(default)]
    pub sha256: Option<String>,
    pub predicted: String,
    /// Labels above the true one; `None` for a picture without label.
    pub rank: Option<usize>,
}

impl Answer {
    fn is_right(&self) -> Option<bool> {
        self.rank.map(|rank| rank == 0)
    }
}

/// Two runs over the same pictures.
#[derive(Clone, Debug, Serialize)]
pub struct Paired {
    /// Pictures with a label that both runs have.
    pub images: usize,
    pub first: Estimate,
    pub second: Estimate,
    pub both_right: usize,
    pub only_first_right: usize,
    pub only_second_right: usize,
    pub both_wrong: usize,
    /// acc1 of the second minus that of the first, with the paired bootstrap's interval.
    pub difference: Estimate,
    /// McNemar's exact p.
    pub p: f64,
    /// Pictures whose answer changed, right or wrong.
    pub moved: Vec<Moved>,
    /// Pictures that only one run has.
    pub unmatched: usize,
    /// Pictures of both runs whose label one of them did not choose from: neither right nor wrong.
    pub without_label: usize,
    /// Pictures of one name whose bytes are not the same in both runs.
    pub other_content: usize,
}

/// A picture with two answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub image: String,
    pub first: String,
    pub second: String,
}

impl Paired {
    /// Compares by the pictures' names.
    pub fn of(first: &[Answer], second: &[Answer], bootstrap: &Bootstrap) -> Self {
        let by_name: HashMap<&str, &Answer> =
            second.iter().map(|answer| (answer.image.as_str(), answer)).collect();
        let pairs: Vec<(&Answer, &Answer)> = (first.iter())
            .filter_map(|answer| Some((answer, *by_name.get(answer.image.as_str())?)))
            .collect();
        let judged: Vec<(bool, bool)> =
            pairs.iter().filter_map(|(a, b)| Some((a.is_right()?, b.is_right()?))).collect();
        let count = |wanted: (bool, bool)| judged.iter().filter(|found| **found == wanted).count();
        let (both_right, both_wrong) = (count((true, true)), count((false, false)));
        let (only_first, only_second) = (count((true, false)), count((false, true)));
        let change = |&(a, b): &(bool, bool)| f64::from(u8::from(b)) - f64::from(u8::from(a));
        let changes: Vec<f64> = judged.iter().map(change).collect();
        let other =
            |(a, b): &&(&Answer, &Answer)| a.sha256.is_some() && b.sha256.is_some() && a.sha256 != b.sha256;
        let moved = pairs.iter().filter(|(a, b)| a.predicted != b.predicted);
        Self {
            images: judged.len(),
            first: Estimate::share(both_right + only_first, judged.len()),
            second: Estimate::share(both_right + only_second, judged.len()),
            both_right,
            only_first_right: only_first,
            only_second_right: only_second,
            both_wrong,
            difference: bootstrap.mean(&changes),
            p: mcnemar_exact(only_first, only_second),
            moved: moved
                .map(|(a, b)| Moved {
                    image: a.image.clone(),
                    first: a.predicted.clone(),
                    second: b.predicted.clone(),
                })
                .collect(),
            without_label: pairs.len() - judged.len(),
            unmatched: first.len() + second.len() - 2 * pairs.len(),
            other_content: pairs.iter().filter(other).count(),
        }
    }
}

/// Accuracies of two sets of pictures with the same labels.
#[derive(Clone, Debug, Serialize)]
pub struct Unpaired {
    pub first: Estimate,
    pub second: Estimate,
    /// acc1 of the second minus that of the first, with Newcombe's interval.
    pub difference: Estimate,
}

impl Unpaired {
    /// Compares the labelled pictures of two sets.
    pub fn of(first: &[Answer], second: &[Answer]) -> Self {
        let count = |answers: &[Answer]| {
            let judged: Vec<bool> = answers.iter().filter_map(Answer::is_right).collect();
            (judged.iter().filter(|right| **right).count(), judged.len())
        };
        let (first, second) = (count(first), count(second));
        Self {
            first: Estimate::share(first.0, first.1),
            second: Estimate::share(second.0, second.1),
            difference: difference_of_shares(second, first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(image: &str, predicted: &str, rank: usize) -> Answer {
        Answer { image: image.into(), sha256: None, predicted: predicted.into(), rank: Some(rank) }
    }

    #[test]
    fn pictures_of_one_name_with_other_bytes_are_counted() {
        let hashed =
            |image: &str, hash: &str| Answer { sha256: Some(hash.into()), ..answer(image, "cat", 0) };
        let first = [hashed("1", "a"), hashed("2", "b"), answer("3", "cat", 0)];
        let second = [hashed("1", "a"), hashed("2", "c"), hashed("3", "d")];
        assert_eq!(Paired::of(&first, &second, &Bootstrap::default()).other_content, 1);
    }

    #[test]
    fn pictures_whose_label_was_not_among_the_choices_are_counted() {
        let first = [answer("1", "cat", 0), answer("2", "car", 0)];
        let second = [answer("1", "cat", 0), Answer { rank: None, ..answer("2", "cat", 0) }];
        let paired = Paired::of(&first, &second, &Bootstrap::default());
        assert_eq!((paired.images, paired.without_label, paired.unmatched), (1, 1, 0));
    }

    #[test]
    fn pictures_are_paired_by_name_whatever_their_order() {
        let first =
            [answer("1", "cat", 0), answer("2", "dog", 1), answer("3", "cat", 0), answer("4", "cat", 0)];
        let second =
            [answer("3", "dog", 1), answer("1", "cat", 0), answer("2", "cow", 0), answer("9", "cow", 0)];
        let paired = Paired::of(&first, &second, &Bootstrap::default());
        assert_eq!(
            (paired.images, paired.both_right, paired.only_first_right, paired.only_second_right),
            (3, 1, 1, 1)
        );
        assert_eq!((paired.difference.value, paired.p, paired.unmatched), (0.0, 1.0, 2));
        assert_eq!(paired.moved.len(), 2);
    }
}
