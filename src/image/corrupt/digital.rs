//! Digital corruptions: contrast, elastic, pixelate, JPEG, saturate.

use libjpeg_turbo_rs::{CompressParams, PixelFormat, Subsampling, compress_with_params};

use super::samples::{Edge, Samples};
use super::{Severity, filters, hsv};
use crate::image::resize::{Resample, Window, resize};
use crate::image::{Rgb8, decode};
use crate::kernels::random::Random;
use crate::kernels::resample::{Backend, Filter};
use crate::{Error, Result};

/// Every channel drawn towards its mean.
pub fn contrast(mut samples: Samples, severity: Severity) -> Samples {
    let left = severity.of([0.4, 0.3, 0.2, 0.1, 0.05]);
    let pixels = (samples.width * samples.height) as f64;
    let mut means = [0.0; 3];
    for colour in samples.colours_mut() {
        means.iter_mut().zip(colour).for_each(|(sum, value)| *sum += *value);
    }
    let means = means.map(|sum| sum / pixels);
    for colour in samples.colours_mut() {
        *colour = std::array::from_fn(|channel| (colour[channel] - means[channel]) * left + means[channel]);
    }
    samples
}

/// Colours that fade, or glare.
pub fn saturate(mut samples: Samples, severity: Severity) -> Samples {
    let (times, more) = severity.of([(0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2)]);
    for colour in samples.colours_mut() {
        let [hue, saturation, value] = hsv::from_rgb(*colour);
        *colour = hsv::to_rgb([hue, (saturation * times + more).clamp(0.0, 1.0), value]);
    }
    samples
}

/// Fewer, larger pixels: Pillow's box filter there and back.
pub fn pixelate(image: &Rgb8, severity: Severity) -> Result<Rgb8> {
    let share = severity.of([0.6, 0.5, 0.4, 0.3, 0.25]);
    let (width, height) = (image.width(), image.height());
    let side = |length: usize| ((length as f64 * share) as usize).max(1);
    let resized = |image: &Rgb8, width, height| {
        resize(
            Backend::Pillow,
            image,
            width,
            height,
            Resample::Filter(Filter::Box),
            &Window::whole(width, height),
        )
    };
    resized(&resized(image, side(width), side(height))?, width, height)
}

/// Through a JPEG of low quality, with halved colours as Pillow writes it.
pub fn jpeg_compression(image: &Rgb8, severity: Severity) -> Result<Rgb8> {
    let quality = severity.of([25, 18, 15, 10, 7]);
    let (width, height) = (image.width(), image.height());
    // The baseline encoder alone: the general one would bring every other mode of JPEG into the browser's build.
    let params =
        CompressParams::new(image.data(), width, height, PixelFormat::Rgb, quality, Subsampling::S420);
    let encoded = compress_with_params(&params);
    let encoded = encoded.map_err(|error| Error::ImageDecode { reason: format!("JPEG: {error}") })?;
    Ok(decode(&encoded)?.image)
}

/// The reference's lengths are shares of this many pixels.
const ELASTIC_SIDE: f64 = 244.0;
/// The Gaussian that smooths elastic's displacement field is cut off after this many standard deviations.
const ELASTIC_REACH: f64 = 3.0;

/// A random affine change, then a smooth random displacement (Simard, Steinkraus and Platt, 2003).
pub fn elastic_transform(samples: &Samples, severity: Severity, random: &mut Random) -> Samples {
    let (strength, sigma, slant) = severity.of([
        (2.0, 0.7, 0.1),
        (2.0, 0.08, 0.2),
        (0.05, 0.01, 0.02),
        (0.07, 0.01, 0.02),
        (0.12, 0.01, 0.02),
    ]);
    let [strength, sigma, slant] = [strength, sigma, slant].map(|share| share * ELASTIC_SIDE);
    let slanted = slanted(samples, slant, random);
    let mut field = || {
        let rough = samples.layer(|| random.between(-1.0, 1.0));
        filters::gaussian(&rough, sigma, Edge::Reflect, ELASTIC_REACH).map(|value| value * strength)
    };
    let (right, down) = (field(), field());
    slanted.warped(Edge::Reflect, |x, y| (x as f64 + right.pixel(x, y)[0], y as f64 + down.pixel(x, y)[0]))
}

/// Moves three corners of the middle square by up to `slant` pixels, and the picture with them.
fn slanted(samples: &Samples, slant: f64, random: &mut Random) -> Samples {
    let (middle_x, middle_y) = ((samples.width / 2) as f64, (samples.height / 2) as f64);
    let square = (samples.width.min(samples.height) / 3).max(1) as f64;
    let moved = [(); 3].map(|()| (random.between(-slant, slant), random.between(-slant, slant)));
    let corner =
        |(x, y): (f64, f64), index: usize| (x * square + moved[index].0, y * square + moved[index].1);
    // Around the middle: where right-bottom, right-top and left-top went.
    let (a, b, c) = (corner((1.0, 1.0), 0), corner((1.0, -1.0), 1), corner((-1.0, -1.0), 2));
    let down = ((a.0 - b.0) / (2.0 * square), (a.1 - b.1) / (2.0 * square));
    let right = ((b.0 - c.0) / (2.0 * square), (b.1 - c.1) / (2.0 * square));
    let origin = ((a.0 + c.0) / 2.0, (a.1 + c.1) / 2.0);
    let determinant = right.0 * down.1 - right.1 * down.0;
    if determinant.abs() < 1e-6 {
        return samples.clone();
    }
    samples.warped(Edge::Mirror, |x, y| {
        let (x, y) = (x as f64 - middle_x - origin.0, y as f64 - middle_y - origin.1);
        let across = (x * down.1 - y * down.0) / determinant;
        let along = (y * right.0 - x * right.1) / determinant;
        (middle_x + across, middle_y + along)
    })
}
