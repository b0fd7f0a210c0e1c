//! The image filters used by the corruptions, each following the library that the reference calls.

use super::samples::{Edge, Samples};

/// The weights of one output: the first input, and a weight for each from there on.
struct Window {
    first: usize,
    weights: Vec<f64>,
}

/// A Gaussian along both axes, as SciPy's `gaussian_filter`: cut off after `reach` deviations.
pub fn gaussian(samples: &Samples, sigma: f64, edge: Edge, reach: f64) -> Samples {
    let radius = (reach * sigma + 0.5) as isize;
    let weight = |at: isize| libm::exp(-0.5 * (at * at) as f64 / (sigma * sigma));
    let kernel: Vec<f64> = (-radius..=radius).map(weight).collect();
    let sum: f64 = kernel.iter().sum();
    let kernel: Vec<f64> = kernel.iter().map(|weight| weight / sum).collect();
    let rows = windows(&kernel, samples.height, edge);
    let columns = windows(&kernel, samples.width, edge);
    let tall = along(&samples.data, &rows, samples.width * samples.depth);
    Samples { data: along(&tall, &columns, samples.depth), ..*samples }
}

/// What each of `length` outputs takes from the inputs; weights beyond the edge are added where it folds
/// them.
fn windows(kernel: &[f64], length: usize, edge: Edge) -> Vec<Window> {
    let radius = (kernel.len() / 2) as isize;
    let window = |at: usize| {
        let reached = |index: usize| edge.fold(at as isize - radius + index as isize, length);
        let first = (0..kernel.len()).map(reached).min().unwrap_or(0);
        let last = (0..kernel.len()).map(reached).max().unwrap_or(0);
        let mut weights = vec![0.0; last - first + 1];
        kernel.iter().enumerate().for_each(|(index, weight)| weights[reached(index) - first] += weight);
        Window { first, weights }
    };
    (0..length).map(window).collect()
}

/// Applies windows along the middle axis of `[outer, windows, inner]`.
fn along(data: &[f64], windows: &[Window], inner: usize) -> Vec<f64> {
    let mut result = vec![0.0; data.len()];
    let line = windows.len() * inner;
    for (data, result) in data.chunks_exact(line).zip(result.chunks_exact_mut(line)) {
        for (window, out) in windows.iter().zip(result.chunks_exact_mut(inner)) {
            let inputs = data[window.first * inner..].chunks_exact(inner);
            for (weight, input) in window.weights.iter().zip(inputs) {
                out.iter_mut().zip(input).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
    result
}

/// A square kernel of odd side, as OpenCV's `filter2D` applies it: mirrored at the edge, not turned.
pub fn correlate(samples: &Samples, kernel: &[f64], side: usize) -> Samples {
    let radius = (side / 2) as isize;
    let mut result = samples.zeros();
    for (index, &weight) in kernel.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
        let (right, down) = ((index % side) as isize - radius, (index / side) as isize - radius);
        add_shifted(&mut result, samples, weight, (right, down), Edge::Mirror);
    }
    result
}

/// Adds `weight` times the samples that lie `right` and `down` of each pixel.
fn add_shifted(
    result: &mut Samples,
    samples: &Samples,
    weight: f64,
    (right, down): (isize, isize),
    edge: Edge,
) {
    let (width, depth) = (samples.width, samples.depth);
    let columns: Vec<usize> = (0..width).map(|x| edge.fold(x as isize + right, width) * depth).collect();
    for (y, out) in result.data.chunks_exact_mut(width * depth).enumerate() {
        let row = edge.fold(y as isize + down, samples.height);
        let row = &samples.data[row * width * depth..][..width * depth];
        for (out, &column) in out.chunks_exact_mut(depth).zip(&columns) {
            out.iter_mut().zip(&row[column..]).for_each(|(out, value)| *out += weight * value);
        }
    }
}

/// ImageMagick's `MotionBlurImage`: half a Gaussian, trailing at `angle` degrees, in whole pixels and
/// levels.
pub fn motion(samples: &Samples, radius: f64, sigma: f64, angle: f64) -> Samples {
    let length = 2 * radius as usize + 1;
    let weight = |at: usize| libm::exp(-((at * at) as f64) / (2.0 * sigma * sigma));
    let sum: f64 = (0..length).map(weight).sum();
    let radians = angle.to_radians();
    let (right, down) = (libm::cos(radians), libm::sin(radians));
    let mut result = samples.zeros();
    for at in 0..length {
        let step = |along: f64| libm::ceil(at as f64 * along - 0.5) as isize;
        add_shifted(&mut result, samples, weight(at) / sum, (step(right), step(down)), Edge::Clamp);
    }
    result.map(|value| libm::rint(value * 255.0) / 255.0)
}

/// The middle of the picture, enlarged to the whole of it by SciPy's `zoom` of order 1.
pub fn zoomed(samples: &Samples, factor: f64) -> Samples {
    let axis = |length: usize| {
        let cut = libm::ceil(length as f64 / factor) as usize;
        let enlarged = libm::rint(cut as f64 * factor) as usize;
        let step = if enlarged > 1 { (cut - 1) as f64 / (enlarged - 1) as f64 } else { 0.0 };
        let first = ((length - cut) / 2) as f64;
        let trimmed = (enlarged.saturating_sub(length) / 2) as f64;
        move |at: usize| first + (trimmed + at as f64) * step
    };
    let (column, row) = (axis(samples.width), axis(samples.height));
    samples.warped(Edge::Clamp, |x, y| (column(x), row(y)))
}
