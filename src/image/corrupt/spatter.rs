//! Spatter: drops of water on the lens, or mud.

use super::samples::{Edge, Samples};
use super::{Severity, filters};
use crate::kernels::random::Random;

/// What a severity of spatter is.
#[derive(Clone, Copy)]
struct Splash {
    mean: f64,
    deviation: f64,
    sigma: f64,
    threshold: f64,
    /// How bright water is, or how soft the rim of mud.
    amount: f64,
    mud: bool,
}

const SPLASHES: [Splash; 5] = [
    Splash { mean: 0.65, deviation: 0.3, sigma: 4.0, threshold: 0.69, amount: 0.6, mud: false },
    Splash { mean: 0.65, deviation: 0.3, sigma: 3.0, threshold: 0.68, amount: 0.6, mud: false },
    Splash { mean: 0.65, deviation: 0.3, sigma: 2.0, threshold: 0.68, amount: 0.5, mud: false },
    Splash { mean: 0.65, deviation: 0.3, sigma: 1.0, threshold: 0.65, amount: 1.5, mud: true },
    Splash { mean: 0.67, deviation: 0.4, sigma: 1.0, threshold: 0.65, amount: 1.5, mud: true },
];
const REACH: f64 = 4.0;
const WATER: [f64; 3] = [175.0 / 255.0, 238.0 / 255.0, 238.0 / 255.0];
const MUD: [f64; 3] = [63.0 / 255.0, 42.0 / 255.0, 20.0 / 255.0];
/// Mud thinner than this is not seen.
const MUD_SEEN: f64 = 0.8;

/// Water in the mild severities, mud in the worst two.
pub fn spatter(mut samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let splash = severity.of(SPLASHES);
    let liquid = samples.layer(|| splash.mean + splash.deviation * random.normal());
    let liquid = filters::gaussian(&liquid, splash.sigma, Edge::Clamp, REACH);
    let liquid = liquid.map(|value| if value < splash.threshold { 0.0 } else { value });
    if splash.mud {
        let mud = liquid.map(|value| if value > splash.threshold { 1.0 } else { 0.0 });
        let mud = filters::gaussian(&mud, splash.amount, Edge::Clamp, REACH);
        for (colour, &mud) in samples.colours_mut().zip(&mud.data) {
            let mud = if mud < MUD_SEEN { 0.0 } else { mud };
            *colour = std::array::from_fn(|channel| colour[channel] * (1.0 - mud) + MUD[channel] * mud);
        }
        return samples;
    }
    let levels = liquid.map(|value| libm::floor(value * 255.0).min(255.0));
    let mut light = lit_rims(&levels);
    light.data.iter_mut().zip(&levels.data).for_each(|(light, level)| *light *= level);
    let brightest = light.data.iter().copied().fold(0.0, f64::max);
    let scale = if brightest > 0.0 { splash.amount / brightest } else { 0.0 };
    for (colour, light) in samples.colours_mut().zip(&light.data) {
        *colour = std::array::from_fn(|channel| colour[channel] + light * scale * WATER[channel]);
    }
    samples
}

/// How light falls on drops: distance to their rims, equalised, and embossed from one side. Levels.
fn lit_rims(levels: &Samples) -> Samples {
    const BOX: [f64; 9] = [1.0 / 9.0; 9];
    const EMBOSS: [f64; 9] = [-2.0, -1.0, 0.0, -1.0, 1.0, 1.0, 0.0, 1.0, 2.0];
    let far = distances(&edges(levels), levels);
    let far = filters::correlate(&far, &BOX, 3).map(libm::floor);
    let lit = filters::correlate(&equalised(far), &EMBOSS, 3).map(|value| value.clamp(0.0, 255.0));
    filters::correlate(&lit, &BOX, 3).map(libm::rint)
}

/// Canny's edges (1986) with the thresholds 50 and 150, as OpenCV finds them with sums of absolute slopes.
fn edges(levels: &Samples) -> Vec<bool> {
    let (width, height) = (levels.width as isize, levels.height as isize);
    let at =
        |x: isize, y: isize| levels.pixel(x.clamp(0, width - 1) as usize, y.clamp(0, height - 1) as usize)[0];
    let slope = |x: isize, y: isize| {
        let across = |y: isize| at(x + 1, y) - at(x - 1, y);
        let down = |x: isize| at(x, y + 1) - at(x, y - 1);
        (across(y - 1) + 2.0 * across(y) + across(y + 1), down(x - 1) + 2.0 * down(x) + down(x + 1))
    };
    let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let slopes: Vec<(f64, f64)> = places().map(|(x, y)| slope(x, y)).collect();
    let steepness = |x: isize, y: isize| {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        if inside { slopes[(y * width + x) as usize] } else { (0.0, 0.0) }
    };
    let size = |x: isize, y: isize| steepness(x, y).0.abs() + steepness(x, y).1.abs();
    let is_crest = |x: isize, y: isize| {
        let ((across, down), here) = (steepness(x, y), size(x, y));
        const TAN_22: f64 = 0.414_213_562_373_095_03;
        if down.abs() < across.abs() * TAN_22 {
            here > size(x - 1, y) && here >= size(x + 1, y)
        } else if down.abs() > across.abs() / TAN_22 {
            here > size(x, y - 1) && here >= size(x, y + 1)
        } else {
            let side = if (across < 0.0) == (down < 0.0) { 1 } else { -1 };
            here > size(x - side, y - 1) && here > size(x + side, y + 1)
        }
    };
    let crests: Vec<bool> = places().map(|(x, y)| size(x, y) > 50.0 && is_crest(x, y)).collect();
    let mut open: Vec<(isize, isize)> =
        places().filter(|&(x, y)| crests[(y * width + x) as usize] && size(x, y) > 150.0).collect();
    let mut edges = vec![false; crests.len()];
    while let Some((x, y)) = open.pop() {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        if !inside || edges[(y * width + x) as usize] || !crests[(y * width + x) as usize] {
            continue;
        }
        edges[(y * width + x) as usize] = true;
        open.extend((-1..=1).flat_map(|down| (-1..=1).map(move |right| (x + right, y + down))));
    }
    edges
}

/// The distance of each pixel to the nearest edge, up to 20: OpenCV's chamfer of 5 x 5 (Borgefors, 1986).
fn distances(edges: &[bool], shape: &Samples) -> Samples {
    const FARTHEST: f64 = 20.0;
    const STEPS: [(isize, isize, f64); 8] = [
        (-1, 0, 1.0),
        (-1, -1, 1.4),
        (0, -1, 1.0),
        (1, -1, 1.4),
        (-2, -1, 2.1969),
        (-1, -2, 2.1969),
        (1, -2, 2.1969),
        (2, -1, 2.1969),
    ];
    let (width, height) = (shape.width as isize, shape.height as isize);
    let mut far: Vec<f64> = edges.iter().map(|&edge| if edge { 0.0 } else { FARTHEST }).collect();
    let mut relax = |index: isize, sign: isize| {
        let (x, y) = (index % width, index / width);
        for (right, down, length) in STEPS {
            let (x, y) = (x + sign * right, y + sign * down);
            if (0..width).contains(&x) && (0..height).contains(&y) {
                far[index as usize] = far[index as usize].min(far[(y * width + x) as usize] + length);
            }
        }
    };
    (0..width * height).for_each(|index| relax(index, 1));
    (0..width * height).rev().for_each(|index| relax(index, -1));
    Samples { data: far, ..*shape }
}

/// Whole levels, spread so that all are about as frequent: OpenCV's `equalizeHist`.
fn equalised(levels: Samples) -> Samples {
    let mut counts = [0usize; 256];
    levels.data.iter().for_each(|&level| counts[level as usize] += 1);
    let first = counts.iter().position(|count| *count > 0).unwrap_or(0);
    let others = levels.data.len() - counts[first];
    if others == 0 {
        return levels;
    }
    let mut table = [0.0; 256];
    let mut sum = 0;
    for level in first + 1..256 {
        sum += counts[level];
        table[level] = libm::rint(sum as f64 * 255.0 / others as f64);
    }
    levels.map(|level| table[level as usize])
}
