//! Learned positions for another grid of patches than the one that they were learned on, as SigLIP 2's NaFlex has it.
//!
//! PyTorch's `interpolate` with `mode="bilinear", antialias=True` (`UpSampleKernel.cpp`): along rows first, then along
//! columns, each sample a mean of its neighbours under a triangle, which is as wide as a step where there are fewer
//! samples than before.

/// Positions `[side * side, width]`, row by row, as `[rows * columns, width]`.
pub fn resized(positions: &[f32], side: usize, (rows, columns): (usize, usize), width: usize) -> Vec<f32> {
    let mut wide = Vec::with_capacity(side * columns * width);
    let taps = taps(side, columns);
    for row in positions.chunks_exact(side * width) {
        taps.iter().for_each(|taps| mean(row, width, taps, &mut wide));
    }
    let mut all = Vec::with_capacity(rows * columns * width);
    for taps in self::taps(side, rows) {
        mean(&wide, columns * width, &taps, &mut all);
    }
    all
}

/// What a sample is made of: the first of its neighbours, and the weight of each from there on.
type Taps = (usize, Vec<f32>);

/// The neighbours of each of `output` samples among `input` ones.
fn taps(input: usize, output: usize) -> Vec<Taps> {
    let step = input as f32 / output as f32;
    let reach = step.max(1.0);
    let of_sample = |index: usize| {
        let middle = step * (index as f32 + 0.5);
        let first = (middle - reach + 0.5).max(0.0) as usize;
        let end = ((middle + reach + 0.5) as usize).min(input);
        let weight = |neighbour: usize| {
            let distance = (neighbour as f32 - middle + 0.5) / reach;
            (1.0 - distance.abs()).max(0.0)
        };
        let weights: Vec<f32> = (first..end).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        (first, weights.into_iter().map(|weight| weight / sum).collect())
    };
    (0..output).map(of_sample).collect()
}

/// Adds the weighted mean of some of `rows` `[.., width]` to the end of `to`.
fn mean(rows: &[f32], width: usize, (first, weights): &Taps, to: &mut Vec<f32>) {
    let start = to.len();
    to.resize(start + width, 0.0);
    for (row, weight) in rows.chunks_exact(width).skip(*first).zip(weights) {
        to[start..].iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
    }
}
