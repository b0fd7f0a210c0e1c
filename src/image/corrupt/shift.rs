//! Shifts that ImageNet-C does not have: occlusion, crop, rotation, scale, translation, grey. The five
//! severities of each are ours.

use super::Severity;
use super::samples::{Edge, Samples, luma};
use crate::Result;
use crate::image::Rgb8;
use crate::image::resize::{Resample, Window, resize};
use crate::kernels::random::Random;
use crate::kernels::resample::{Backend, Filter};

const MIDDLE_GREY: f64 = 0.5;

/// A grey square over part of the picture, its side this share of the shorter one.
pub fn occlusion(mut samples: Samples, severity: Severity, random: &mut Random) -> Samples {
    let share = severity.of([0.2, 0.3, 0.4, 0.5, 0.6]);
    let side = ((samples.width.min(samples.height) as f64 * share) as usize).max(1);
    let left = random.below(samples.width - side + 1);
    let top = random.below(samples.height - side + 1);
    for y in top..top + side {
        for x in left..left + side {
            samples.pixel_mut(x, y).fill(MIDDLE_GREY);
        }
    }
    samples
}

/// A window of this share of both sides, somewhere, brought back to full size.
pub fn crop(image: &Rgb8, severity: Severity, random: &mut Random) -> Result<Rgb8> {
    let share = severity.of([0.9, 0.8, 0.7, 0.6, 0.5]);
    let side = |length: usize| ((length as f64 * share) as usize).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    let left = random.below(image.width() - width + 1);
    let top = random.below(image.height() - height + 1);
    let rows = image.data().chunks_exact(image.width() * 3).skip(top).take(height);
    let data = rows.flat_map(|row| &row[left * 3..(left + width) * 3]).copied().collect();
    let window = Rgb8::from_parts(width, height, data);
    let whole = Window::whole(image.width(), image.height());
    resize(Backend::Pillow, &window, image.width(), image.height(), Resample::Filter(Filter::Bicubic), &whole)
}

/// A turn by this many degrees, to either side; the edge pixels fill what it uncovers.
pub fn rotation(samples: &Samples, severity: Severity, random: &mut Random) -> Samples {
    let degrees: f64 = severity.of([10.0, 20.0, 30.0, 45.0, 90.0]);
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    let (sine, cosine) = (libm::sin(degrees.to_radians()) * sign, libm::cos(degrees.to_radians()));
    let (middle_x, middle_y) = ((samples.width - 1) as f64 / 2.0, (samples.height - 1) as f64 / 2.0);
    samples.warped(Edge::Clamp, |x, y| {
        let (x, y) = (x as f64 - middle_x, y as f64 - middle_y);
        (middle_x + cosine * x + sine * y, middle_y - sine * x + cosine * y)
    })
}

/// The whole picture at this share of its size, in the middle; its edge pixels fill the rest.
pub fn scale(samples: &Samples, severity: Severity) -> Samples {
    let share = severity.of([0.8, 0.65, 0.5, 0.35, 0.25]);
    let (middle_x, middle_y) = ((samples.width - 1) as f64 / 2.0, (samples.height - 1) as f64 / 2.0);
    samples.warped(Edge::Clamp, |x, y| {
        (middle_x + (x as f64 - middle_x) / share, middle_y + (y as f64 - middle_y) / share)
    })
}

/// Moved by this share of its side in a random direction; the edge pixels fill what it uncovers.
pub fn translation(samples: &Samples, severity: Severity, random: &mut Random) -> Samples {
    let share = severity.of([0.1, 0.2, 0.3, 0.4, 0.5]);
    let angle = random.between(0.0, std::f64::consts::TAU);
    let right = share * samples.width as f64 * libm::cos(angle);
    let down = share * samples.height as f64 * libm::sin(angle);
    samples.warped(Edge::Clamp, |x, y| (x as f64 - right, y as f64 - down))
}

/// This share of the way to grey.
pub fn grey(mut samples: Samples, severity: Severity) -> Samples {
    let share = severity.of([0.2, 0.4, 0.6, 0.8, 1.0]);
    for colour in samples.colours_mut() {
        let grey = luma(*colour);
        *colour = colour.map(|value| value + (grey - value) * share);
    }
    samples
}
