//! Blur: defocus, glass, motion, zoom, gaussian.

use super::Severity;
use super::filters;
use super::samples::{Edge, Samples};
use crate::kernels::random::Random;

/// SciPy cuts a Gaussian off after this many deviations.
const REACH: f64 = 4.0;

/// A Gaussian.
pub fn gaussian(samples: &Samples, severity: Severity) -> Samples {
    filters::gaussian(samples, severity.of([1.0, 2.0, 3.0, 4.0, 6.0]), Edge::Clamp, REACH)
}

/// A disk whose rim is softened.
pub fn defocus(samples: &Samples, severity: Severity) -> Samples {
    let (radius, softening) = severity.of([(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)]);
    let half: isize = if radius <= 8 { 8 } else { radius };
    let side = 2 * half as usize + 1;
    let inside = |index: usize| {
        let (x, y) = ((index % side) as isize - half, (index / side) as isize - half);
        f64::from(u8::from(x * x + y * y <= radius * radius))
    };
    let disk: Vec<f64> = (0..side * side).map(inside).collect();
    let sum: f64 = disk.iter().sum();
    let disk = disk.iter().map(|value| value / sum).collect();
    let disk = Samples { width: side, height: side, depth: 1, data: disk };
    // OpenCV's Gaussian of a given side: 3 pixels, or 5 for the largest disk.
    let reach = if radius <= 8 { 1.0 } else { 2.0 };
    let soft = filters::gaussian(&disk, softening, Edge::Mirror, reach / softening);
    filters::correlate(samples, &soft.data, side)
}

/// Pixels taken from near by, between two Gaussians.
///
/// The reference means to swap two pixels, but both sides of its swap are views of the same array, so that
/// the first is overwritten and the second stays. ImageNet-C was made so, and so it is here.
pub fn glass(samples: &Samples, severity: Severity, random: &mut Random) -> Samples {
    let (sigma, reach, rounds) =
        severity.of([(0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]);
    let blurred = filters::gaussian(samples, sigma, Edge::Clamp, REACH);
    let mut glass = blurred.map(|value| libm::floor(value.clamp(0.0, 1.0) * 255.0) / 255.0);
    for _ in 0..rounds {
        for y in (reach + 1..=glass.height.saturating_sub(reach)).rev() {
            for x in (reach + 1..=glass.width.saturating_sub(reach)).rev() {
                let (from_x, from_y) =
                    (x - reach + random.below(2 * reach), y - reach + random.below(2 * reach));
                if x < glass.width && y < glass.height {
                    let from = (from_y * glass.width + from_x) * glass.depth;
                    let to = (y * glass.width + x) * glass.depth;
                    glass.data.copy_within(from..from + glass.depth, to);
                }
            }
        }
    }
    filters::gaussian(&glass, sigma, Edge::Clamp, REACH)
}

/// A trail at `angle` degrees.
pub fn motion(samples: &Samples, severity: Severity, angle: f64) -> Samples {
    let (radius, sigma) = severity.of([(10.0, 3.0), (15.0, 5.0), (15.0, 8.0), (15.0, 12.0), (20.0, 15.0)]);
    filters::motion(samples, radius, sigma, angle)
}

/// The mean of the picture and its middle ever larger.
pub fn zoom(samples: &Samples, severity: Severity) -> Samples {
    // (steps, distance of two of them): the lengths of the reference's `np.arange`.
    let (steps, distance) = severity.of([(12, 0.01), (16, 0.01), (11, 0.02), (13, 0.02), (11, 0.03)]);
    let mut sum = samples.clone();
    for step in 0..steps {
        let larger = filters::zoomed(samples, 1.0 + f64::from(step) * distance);
        sum.data.iter_mut().zip(&larger.data).for_each(|(sum, value)| *sum += value);
    }
    sum.map(|sum| sum / f64::from(steps + 1))
}
