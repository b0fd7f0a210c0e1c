//! Weather: snow, frost, fog, brightness. Spatter has its own file.

use super::plasma::plasma;
use super::samples::{Samples, luma};
use super::{Severity, filters, hsv};
use crate::kernels::random::Random;

/// What a severity of snow is.
#[derive(Clone, Copy)]
struct Snowfall {
    mean: f64,
    deviation: f64,
    zoom: f64,
    threshold: f64,
    /// Radius and sigma of the trail.
    trail: (f64, f64),
    /// The share of the picture that stays as it is.
    kept: f64,
}

const SNOWFALLS: [Snowfall; 5] = [
    Snowfall { mean: 0.1, deviation: 0.3, zoom: 3.0, threshold: 0.5, trail: (10.0, 4.0), kept: 0.8 },
    Snowfall { mean: 0.2, deviation: 0.3, zoom: 2.0, threshold: 0.5, trail: (12.0, 4.0), kept: 0.7 },
    Snowfall { mean: 0.55, deviation: 0.3, zoom: 4.0, threshold: 0.9, trail: (12.0, 8.0), kept: 0.7 },
    Snowfall { mean: 0.55, deviation: 0.3, zoom: 4.5, threshold: 0.85, trail: (12.0, 8.0), kept: 0.65 },
    Snowfall { mean: 0.55, deviation: 0.3, zoom: 2.5, threshold: 0.85, trail: (12.0, 12.0), kept: 0.55 },
];

/// Streaks of white, from two sides, over a picture that turns pale.
pub fn snow(mut samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let snowfall = severity.of(SNOWFALLS);
    let flakes = samples.layer(|| snowfall.mean + snowfall.deviation * random.normal());
    let level = |value: f64| libm::floor(value.clamp(0.0, 1.0) * 255.0) / 255.0;
    let flakes = filters::zoomed(&flakes, snowfall.zoom)
        .map(|value| if value < snowfall.threshold { 0.0 } else { level(value) });
    let (radius, sigma) = snowfall.trail;
    let flakes = filters::motion(&flakes, radius, sigma, random.between(-135.0, -45.0));
    let turned = flakes.data.iter().rev();
    for ((colour, here), there) in samples.colours_mut().zip(&flakes.data).zip(turned) {
        let pale = luma(*colour) * 1.5 + 0.5;
        *colour = colour
            .map(|value| snowfall.kept * value + (1.0 - snowfall.kept) * value.max(pale) + here + there);
    }
    samples
}

/// Ice over the picture.
///
/// The reference lays photographs of frost over it, with these shares. Here the frost is drawn: the crests
/// of two cloud maps, as crystals branch, in a bluish white.
pub fn frost(mut samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let (picture, ice) = severity.of([(1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)]);
    let side = map_side(&samples);
    let (coarse, fine) = (plasma(side, 1.6, random), plasma(side, 1.25, random));
    let crest = |value: f64| 1.0 - (2.0 * value - 1.0).abs();
    for y in 0..samples.height {
        for x in 0..samples.width {
            let (coarse, fine) = (crest(coarse[y * side + x]), crest(fine[y * side + x]));
            let white = 0.25 + 0.75 * coarse * coarse * (0.4 + 0.6 * fine);
            for (value, tint) in samples.pixel_mut(x, y).iter_mut().zip([0.86, 0.95, 1.0]) {
                *value = picture * *value + ice * white * tint;
            }
        }
    }
    samples
}

/// A bank of clouds before the picture.
pub fn fog(mut samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let (thickness, decay) = severity.of([(1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)]);
    let brightest = samples.data.iter().copied().fold(0.0, f64::max);
    let side = map_side(&samples);
    let clouds = plasma(side, decay, random);
    for y in 0..samples.height {
        for x in 0..samples.width {
            let cloud = thickness * clouds[y * side + x];
            let dimmed = |value: f64| (value + cloud) * brightest / (brightest + thickness);
            samples.pixel_mut(x, y).iter_mut().for_each(|value| *value = dimmed(*value));
        }
    }
    samples
}

/// The side of a cloud map that covers the picture: 256 for 224 pixels, as in the reference.
fn map_side(samples: &Samples) -> usize {
    samples.width.max(samples.height).next_power_of_two()
}

/// More light: the value of hue, saturation and value rises.
pub fn brightness(mut samples: Samples, severity: Severity) -> Samples {
    let more = severity.of([0.1, 0.2, 0.3, 0.4, 0.5]);
    for colour in samples.colours_mut() {
        let [hue, saturation, value] = hsv::from_rgb(*colour);
        *colour = hsv::to_rgb([hue, saturation, (value + more).clamp(0.0, 1.0)]);
    }
    samples
}
