//! Rotary positions (Su et al., 2021) over the rows and columns of a picture's patches, as Perception Encoder has them.
//!
//! Neighbouring channels of a head are the two coordinates of a point, which is turned by an angle: the patch's place
//! along one axis times a frequency. The first half of a head's channels turns with the column, the second with the row;
//! places begin with 1 (`Rope2D` of perception_models, `core/vision_encoder/rope.py` at 3e352cc). The class token, which
//! would be at 0, is not turned.
//!
//! Sine and cosine are `libm`'s portable ones, computed once, and a turn is four products and two sums, each rounded on
//! its own: the same bits in every build.

use super::threads;

/// What frequencies are powers of.
const BASE: f64 = 10_000.0;
/// Rows that a thread takes at least.
const GRAIN: usize = 16;

/// The turns of a picture's patches.
#[derive(Debug)]
pub struct Rotary {
    head_width: usize,
    /// Cosine and sine of each patch's angles. `[patches, head_width / 2]`
    turns: Vec<[f32; 2]>,
}

impl Rotary {
    /// The turns of `side` times `side` patches in heads of `head_width` channels.
    ///
    /// # Panics
    /// If `head_width` is not a multiple of four: models check theirs at load.
    pub fn of_patches(side: usize, head_width: usize) -> Self {
        assert!(head_width.is_multiple_of(4));
        let count = head_width / 4;
        // In f32, as the reference has them.
        let power = |index: usize| libm::exp(libm::log(BASE) * index as f64 / count as f64) as f32;
        let frequencies: Vec<f32> = (0..count).map(|index| 1.0 / power(index)).collect();
        let turn = |place: usize, frequency: f32| {
            let (sine, cosine) = libm::sincos(f64::from((place + 1) as f32 * frequency));
            [cosine as f32, sine as f32]
        };
        let mut turns = Vec::with_capacity(side * side * head_width / 2);
        for patch in 0..side * side {
            for place in [patch % side, patch / side] {
                turns.extend(frequencies.iter().map(|&frequency| turn(place, frequency)));
            }
        }
        Self { head_width, turns }
    }

    /// Turns the queries and keys of `qkv` `[pictures, 1 + patches, 3 * width]`, each picture's first row being the class
    /// token's.
    ///
    /// # Panics
    /// If the shapes do not fit together: models check theirs at load.
    pub fn apply(&self, qkv: &mut [f32], width: usize) {
        let of_patch = self.head_width / 2;
        let rows = 1 + self.turns.len() / of_patch;
        assert!(width.is_multiple_of(self.head_width) && qkv.len().is_multiple_of(rows * 3 * width));
        threads::for_each_piece(qkv, 3 * width, GRAIN, |row, values| {
            let Some(patch) = (row % rows).checked_sub(1) else { return };
            let turns = &self.turns[patch * of_patch..][..of_patch];
            for head in values[..2 * width].chunks_exact_mut(self.head_width) {
                for ([x, y], [cosine, sine]) in head.as_chunks_mut::<2>().0.iter_mut().zip(turns) {
                    (*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_queries_and_keys_depend_on_how_far_apart_the_patches_are_alone() {
        let (side, width) = (5, 16);
        let mut qkv: Vec<f32> =
            (0..3 * width).map(|channel| (channel * 37 % 23) as f32 / 7.0 - 1.5).collect();
        qkv = qkv.repeat(1 + side * side);
        let class = qkv[..3 * width].to_vec();
        let rotary = Rotary::of_patches(side, 8);
        let mut pictures = qkv.repeat(2);
        rotary.apply(&mut pictures, width);
        rotary.apply(&mut qkv, width);
        assert!(pictures == qkv.repeat(2), "each picture's patches have their own places");
        assert_eq!(qkv[..3 * width], class, "the class token stays");
        let row = |y: usize, x: usize| &qkv[(1 + y * side + x) * 3 * width..][..3 * width];
        assert_eq!(row(2, 3)[2 * width..], class[2 * width..], "values stay");
        let product = |(a, b): (usize, usize), (c, d): (usize, usize)| -> f32 {
            let (query, key) = (&row(a, b)[..8], &row(c, d)[width..][..8]);
            query.iter().zip(key).map(|(query, key)| query * key).sum()
        };
        assert!((product((0, 0), (1, 3)) - product((3, 1), (4, 4))).abs() < 1e-4);
        assert!((product((0, 0), (1, 3)) - product((0, 0), (3, 1))).abs() > 1e-2, "the axes are two");
    }

    #[test]
    fn the_first_angle_of_each_axis_is_the_place_in_radians() {
        let rotary = Rotary::of_patches(3, 8);
        // Of the patch in row 1, column 2: place 3 along the columns, 2 along the rows.
        let turns = &rotary.turns[5 * 4..][..4];
        let expected = [3.0, 0.03, 2.0, 0.02].map(|angle: f64| [angle.cos() as f32, angle.sin() as f32]);
        for (found, expected) in turns.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }
}
