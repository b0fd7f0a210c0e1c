//! The effect of other words: a class under other names, and another set of labels.

use serde::Serialize;

use super::comparison::Moved;
use super::embedding_set::EmbeddingSet;
use super::labels::{Labels, answers, logits, truths};
use super::logits::best;
use super::statistics::{Estimate, mcnemar_exact};

/// A class under one of its names, with the other classes unchanged.
#[derive(Clone, Debug, Serialize)]
pub struct Naming {
    pub name: String,
    /// Top-1 accuracy over all labelled pictures.
    pub acc1: Estimate,
    /// Recall of the class; `None` if it has no pictures.
    pub recall: Option<Estimate>,
    /// Pictures that are predicted as the class.
    pub predicted: usize,
    /// Pictures whose answer is another class than under the first name.
    pub moved: Vec<Moved>,
    /// McNemar's exact p of the difference from the first name.
    pub p: f64,
}

/// Measures `set` with the class at `class` of `labels` under its own name and under each of `others`.
///
/// Pictures belong to the class by the label that `labels` has for it.
///
/// # Panics
/// If there is no label at `class`.
pub fn namings(set: &EmbeddingSet, labels: &Labels, class: usize, others: &Labels) -> Vec<Naming> {
    let (logits, alternatives) = (logits(set, labels), self::logits(set, others));
    let truths = truths(set, labels.names);
    let first: Vec<usize> = logits.rows().map(best).collect();
    let renamed = |other: usize| -> Vec<usize> {
        let answer = |(row, alternatives): (&[f32], &[f32])| {
            let mut row = row.to_vec();
            row[class] = alternatives[other];
            best(&row)
        };
        logits.rows().zip(alternatives.rows()).map(answer).collect()
    };
    let naming = |name: &String, answers: Vec<usize>| {
        let known =
            || truths.iter().zip(&first).zip(&answers).filter_map(|((t, a), b)| Some(((*t)?, *a, *b)));
        let count = |wanted: &dyn Fn(usize, usize, usize) -> bool| {
            known().filter(|&(truth, before, now)| wanted(truth, before, now)).count()
        };
        let own = count(&|truth, _, _| truth == class);
        let found = count(&|truth, _, now| truth == class && now == class);
        let lost = count(&|truth, before, now| before == truth && now != truth);
        let won = count(&|truth, before, now| before != truth && now == truth);
        Naming {
            name: name.clone(),
            acc1: Estimate::share(count(&|truth, _, now| now == truth), known().count()),
            recall: (own > 0).then(|| Estimate::share(found, own)),
            predicted: answers.iter().filter(|answer| **answer == class).count(),
            moved: moved(set, (&first, labels.names), (&answers, labels.names)),
            p: mcnemar_exact(lost, won),
        }
    };
    let mut namings = vec![naming(&labels.names[class], first.clone())];
    namings.extend(others.names.iter().enumerate().map(|(other, name)| naming(name, renamed(other))));
    namings
}

/// What another set of labels changes.
#[derive(Clone, Debug, Serialize)]
pub struct LabelSets {
    pub second: Vec<String>,
    /// Every label of either set, in their order, and how many pictures it gets in each.
    pub counts: Vec<LabelCount>,
    pub moved: Vec<Moved>,
}

/// How many pictures a label is the best of; `None` in a set that does not have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    pub label: String,
    pub first: Option<usize>,
    pub second: Option<usize>,
}

impl LabelSets {
    /// Asks the pictures of `set` with either set of labels.
    pub fn of(set: &EmbeddingSet, first: &Labels, second: &Labels) -> Self {
        let (before, now) = (answers(set, first), answers(set, second));
        let count = |answers: &[usize], labels: &Labels, label: &String| {
            let place = labels.names.iter().position(|name| name == label)?;
            Some(answers.iter().filter(|answer| **answer == place).count())
        };
        let added = second.names.iter().filter(|name| !first.names.contains(name));
        let counts = first.names.iter().chain(added).map(|label| LabelCount {
            label: label.clone(),
            first: count(&before, first, label),
            second: count(&now, second, label),
        });
        Self {
            second: second.names.to_vec(),
            counts: counts.collect(),
            moved: moved(set, (&before, first.names), (&now, second.names)),
        }
    }
}

/// The pictures whose two answers have other names.
fn moved(set: &EmbeddingSet, first: (&[usize], &[String]), second: (&[usize], &[String])) -> Vec<Moved> {
    let answers = first.0.iter().map(|at| &first.1[*at]).zip(second.0.iter().map(|at| &second.1[*at]));
    let moved = set.pictures().iter().zip(answers).filter(|(_, (first, second))| first != second);
    let moved = moved.map(|(picture, (first, second))| Moved {
        image: picture.name.clone(),
        first: first.clone(),
        second: second.clone(),
    });
    moved.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::research::embedding_set::Picture;

    const X: [f32; 4] = [1.0, 0.0, 0.0, 0.0];
    const Y: [f32; 4] = [0.0, 1.0, 0.0, 0.0];
    const Z: [f32; 4] = [0.0, 0.0, 1.0, 0.0];

    fn set() -> EmbeddingSet {
        let mut set = EmbeddingSet::new(4);
        for (name, label, embedding) in [("1", "x", X), ("2", "y", Y), ("3", "y", [0.0, 0.6, 0.8, 0.0])] {
            set.push(
                Picture { name: name.into(), label: Some(label.into()), ..Picture::default() },
                &embedding,
            )
            .unwrap();
        }
        set
    }

    fn with<T>(names: &[(&str, [f32; 4])], measure: impl FnOnce(&Labels) -> T) -> T {
        let embeddings: Vec<Vec<f32>> = names.iter().map(|(_, embedding)| embedding.to_vec()).collect();
        let names: Vec<String> = names.iter().map(|(name, _)| (*name).to_owned()).collect();
        measure(&Labels { names: &names, embeddings: &embeddings, logit_scale: 10.0 })
    }

    #[test]
    fn another_name_for_a_class_moves_pictures_but_not_by_being_another_word() {
        let namings = with(&[("x", X), ("y", Y)], |labels| {
            with(&[("why", Y), ("zed", Z)], |others| namings(&set(), labels, 1, others))
        });
        let names: Vec<&str> = namings.iter().map(|naming| naming.name.as_str()).collect();
        assert_eq!(names, ["y", "why", "zed"]);
        assert_eq!((namings[1].acc1.value, namings[1].moved.len()), (1.0, 0));
        assert_eq!((namings[2].recall.unwrap().value, namings[2].predicted), (0.5, 1));
        assert_eq!(namings[2].moved[0].image, "2");
    }

    #[test]
    fn a_set_with_one_label_more_shows_where_its_pictures_came_from() {
        let sets = with(&[("x", X), ("y", Y)], |first| {
            with(&[("y", Y), ("z", Z)], |second| LabelSets::of(&set(), first, second))
        });
        let count = |label: &str, first, second| LabelCount { label: label.into(), first, second };
        // The first picture is as far from both, and goes to the first of them.
        assert_eq!(
            sets.counts,
            [count("x", Some(1), None), count("y", Some(2), Some(2)), count("z", None, Some(1))]
        );
        assert!(sets.moved.iter().any(|moved| moved.image == "3" && moved.second == "z"));
    }
}
