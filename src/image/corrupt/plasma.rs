//! Clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter, 1982).

use crate::kernels::random::Random;

/// A map `[side, side]` of 0 to 1 that wraps around; `side` is a power of two. Each halving of the distance
/// divides the roughness by `decay`.
pub fn plasma(side: usize, decay: f64, random: &mut Random) -> Vec<f64> {
    let mut map = vec![0.0; side * side];
    let at = |x: usize, y: usize| (y % side) * side + x % side;
    let (mut step, mut wobble) = (side, 100.0);
    while step >= 2 {
        let half = step / 2;
        let mut wobbled = |sum: f64| sum / 4.0 + wobble * random.between(-wobble, wobble);
        for (x, y) in grid(side, step, 0, 0) {
            let corners =
                map[at(x, y)] + map[at(x + step, y)] + map[at(x, y + step)] + map[at(x + step, y + step)];
            map[at(x + half, y + half)] = wobbled(corners);
        }
        for (x, y) in grid(side, step, half, 0).chain(grid(side, step, 0, half)) {
            let ends = map[at(x + half, y)] + map[at(x + side - half, y)];
            let others = map[at(x, y + half)] + map[at(x, y + side - half)];
            map[at(x, y)] = wobbled(ends + others);
        }
        step = half;
        wobble /= decay;
    }
    let low = map.iter().copied().fold(f64::INFINITY, f64::min);
    let high = map.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    map.iter().map(|value| if high > low { (value - low) / (high - low) } else { 0.0 }).collect()
}

/// Every `step`th place from (x, y) on.
fn grid(side: usize, step: usize, x: usize, y: usize) -> impl Iterator<Item = (usize, usize)> {
    (y..side).step_by(step).flat_map(move |y| (x..side).step_by(step).map(move |x| (x, y)))
}
