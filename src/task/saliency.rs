//! Which parts of a picture speak for a label: heatmaps of two kinds, over embeddings that the session makes.
//!
//! **Occlusion** (Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section
//! 4.2): a patch of the picture's mean colour moves over it, and where the label's cosine drops, the answer
//! rests on what is under the patch. It asks the model what it asks for a score, 65 times.
//!
//! **Patches** (Zhou, Loy and Dai, "Extract Free Dense Labels from CLIP", 2022, section 3.2): the tower's
//! own patches, each compared with the label. In the last block a patch attends to itself alone, because
//! what it would gather from the others is about the whole picture: of 300 labels of two drawings side by
//! side, the brightest place lay on the right one for 81 % so, 76 % with the block as it is, and 84 % by
//! occlusion (emoji-clip in f32). It takes one pass, and shows where a thing is, not what the
//! answer would be without it.

use std::str::FromStr;

use serde::Serialize;

use crate::error::Error;
use crate::image::Pixels;
use crate::kernels::lanes::dot;

/// Places of the covering patch along a side.
pub const GRID: usize = 8;

/// How a heatmap comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// How far a label's cosine drops with a part of the picture covered.
    Occlusion,
    /// The cosine of a label with each of the tower's patches.
    Patches,
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "occlusion" => Ok(Self::Occlusion),
            "patches" => Ok(Self::Patches),
            _ => Err(Error::HeatmapMethod { found: word.to_owned() }),
        }
    }
}

/// Pixels `[3, height, width]` with one of `GRID` times `GRID` places, counted row by row, in the mean
/// colour. The patch is two places wide and high, so that no edge between two places hides a thing.
pub fn covered(pixels: &Pixels, place: usize) -> Vec<f32> {
    let (height, width) = (pixels.height, pixels.width);
    let mut data = pixels.data.clone();
    for plane in data.chunks_exact_mut(height * width) {
        let mean = plane.iter().map(|value| f64::from(*value)).sum::<f64>() / plane.len() as f64;
        for row in span(place / GRID, height) {
            plane[row * width..][span(place % GRID, width)].fill(mean as f32);
        }
    }
    data
}

/// Where the patch at `place` of a side begins and ends: half a place before it and half a place after.
fn span(place: usize, length: usize) -> std::ops::Range<usize> {
    let half = |halves: usize| halves * length / (2 * GRID);
    half((2 * place).saturating_sub(1))..half(2 * place + 3).min(length)
}

/// How far a label's cosine drops under each patch, `[covered.len()]`; negative where covering helps it.
/// All embeddings have unit length.
pub fn drops(whole: &[f32], covered: &[Vec<f32>], label: &[f32]) -> Vec<f32> {
    let uncovered = dot(whole, label);
    covered.iter().map(|embedding| uncovered - dot(embedding, label)).collect()
}

/// A label's cosine with each patch, `[patches.len()]`. All embeddings have unit length.
pub fn similarities(patches: &[Vec<f32>], label: &[f32]) -> Vec<f32> {
    patches.iter().map(|patch| dot(patch, label)).collect()
}

/// What is known of each place of (rows, columns) of a picture, row by row, for `side` times `side` places of it: each
/// has what is under its middle.
pub fn square<T: Clone>(places: Vec<T>, (rows, columns): (usize, usize), side: usize) -> Vec<T> {
    if (rows, columns) == (side, side) {
        return places;
    }
    let under = |index: usize, length: usize| (2 * index + 1) * length / (2 * side);
    let place =
        |index: usize| places[under(index / side, rows) * columns + under(index % side, columns)].clone();
    (0..side * side).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_what_is_under_its_middle() {
        assert_eq!(square((0..6).collect(), (1, 6), 2), [1, 4, 1, 4]);
        assert_eq!(square((0..6).collect(), (2, 3), 3), [0, 1, 2, 3, 4, 5, 3, 4, 5]);
        assert_eq!(square((0..4).collect(), (2, 2), 2), [0, 1, 2, 3]);
    }
    use crate::image::Rgb8;

    fn pixels(side: usize) -> Pixels {
        let data = (0..3 * side * side).map(|at| at as f32).collect();
        let rgb = Rgb8::from_rgba(side, side, &vec![0; 4 * side * side]).expect("a square");
        Pixels { data, height: side, width: side, rgb }
    }

    #[test]
    fn every_pixel_is_covered_and_no_patch_leaves_the_picture() {
        for length in [8, 30, 96, 224, 378] {
            let mut seen = vec![0; length];
            (0..GRID).for_each(|place| span(place, length).for_each(|at| seen[at] += 1));
            assert!(seen.iter().all(|times| (1..=3).contains(times)), "{length}: {seen:?}");
        }
    }

    #[test]
    fn a_covered_place_has_the_mean_of_its_channel_and_the_rest_stays() {
        let whole = pixels(16);
        let data = covered(&whole, GRID + 2); // the second row of places, the third column
        for (channel, plane) in data.chunks_exact(256).enumerate() {
            let mean = channel as f32 * 256.0 + 127.5;
            for (at, value) in plane.iter().enumerate() {
                let inside = (1..5).contains(&(at / 16)) && (3..7).contains(&(at % 16));
                assert_eq!(*value, if inside { mean } else { whole.data[channel * 256 + at] });
            }
        }
    }

    #[test]
    fn what_a_label_rests_on_drops_it_and_what_speaks_against_it_lifts_it() {
        let (x, y) = (vec![1.0, 0.0, 0.0, 0.0], vec![0.0, 1.0, 0.0, 0.0]);
        let between = vec![0.6, 0.8, 0.0, 0.0];
        let drops = drops(&between, &[x.clone(), y.clone()], &x);
        assert!(drops[0] < 0.0 && drops[1] > 0.0);
        assert_eq!(similarities(&[x.clone(), y], &x), [1.0, 0.0]);
    }

    #[test]
    fn a_method_that_does_not_exist_is_refused_by_its_name() {
        assert_eq!("patches".parse::<Method>().ok(), Some(Method::Patches));
        let error = "gradient".parse::<Method>().expect_err("not a method");
        assert_eq!((error.code(), error.to_string().contains("\"gradient\"")), ("heatmap-method", true));
    }
}
