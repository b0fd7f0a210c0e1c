//! The image-embedding association test: whether one group of pictures is more similar to some texts than another
//! group is.
//!
//! It compares groups that the user names. It infers nothing about what, or who, is in a picture, and a
//! difference it finds says nothing of its cause.

use serde::Serialize;

use super::bias::{REARRANGEMENTS, SMALL_GROUP};
use super::embedding_set::EmbeddingSet;
use super::statistics::{Bootstrap, Estimate, Permutation, association_effect, permutation_test};
use crate::kernels::lanes::dot;
use crate::kernels::random::Random;

/// Whether one group of pictures lies nearer to one set of attributes than another does.
#[derive(Clone, Debug, Serialize)]
pub struct Association {
    /// Mean association of each target: its mean cosine with the first attributes less that with the second.
    pub first: Estimate,
    pub second: Estimate,
    /// In deviations of all associations; positive where the first target is nearer to the first attributes.
    pub effect: Option<f64>,
    #[serde(flatten)]
    pub test: Option<Permutation>,
    /// A target has fewer than [`SMALL_GROUP`] pictures.
    pub small: bool,
}

impl Association {
    /// The test of two groups of `set`, by their labels, and two sets of texts, whose embeddings these are; `None`
    /// where a group has no picture.
    pub fn of(
        set: &EmbeddingSet,
        targets: [&str; 2],
        attributes: [&[Vec<f32>]; 2],
        bootstrap: &Bootstrap,
    ) -> Option<Self> {
        let units = set.units();
        let targets = targets.map(|group| {
            let pictures = set.pictures().iter().zip(&units);
            let members = pictures.filter(|(picture, _)| picture.label.as_deref() == Some(group));
            members.map(|(_, unit)| unit.as_slice()).collect::<Vec<_>>()
        });
        let attributes = attributes.map(|texts| texts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let is_whole = targets.iter().all(|members| !members.is_empty());
        is_whole
            .then(|| Self::of_units([&targets[0], &targets[1]], [&attributes[0], &attributes[1]], bootstrap))
    }

    /// The image-embedding association test (Steed and Caliskan, 2021) of unit embeddings: two targets of
    /// pictures, two sets of attributes, which may be pictures or texts.
    fn of_units(targets: [&[&[f32]]; 2], attributes: [&[&[f32]]; 2], bootstrap: &Bootstrap) -> Self {
        let nearness = |picture: &[f32], attributes: &[&[f32]]| {
            let sum: f64 = attributes.iter().map(|attribute| f64::from(dot(picture, attribute))).sum();
            sum / attributes.len().max(1) as f64
        };
        let associations = |pictures: &[&[f32]]| -> Vec<f64> {
            let one = |picture: &&[f32]| nearness(picture, attributes[0]) - nearness(picture, attributes[1]);
            pictures.iter().map(one).collect()
        };
        let [first, second] = targets.map(associations);
        let mut random = Random::keyed(bootstrap.seed, "association");
        Self {
            first: bootstrap.mean(&first),
            second: bootstrap.mean(&second),
            effect: association_effect(&first, &second),
            test: permutation_test(&first, &second, REARRANGEMENTS, &mut random),
            small: first.len().min(second.len()) < SMALL_GROUP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_association_points_to_the_nearer_attributes() {
        let (x, y) = ([1.0f32, 0.0, 0.0, 0.0], [0.0f32, 1.0, 0.0, 0.0]);
        let tilted: [f32; 4] = [0.9, 0.1, 0.0, 0.0];
        let test = Association::of_units([&[&x, &tilted], &[&y, &y]], [&[&x], &[&y]], &Bootstrap::default());
        assert!(test.effect.unwrap() > 1.0 && test.first.value > 0.7 && test.second.value < -0.9);
        assert!(test.small);
    }
}
