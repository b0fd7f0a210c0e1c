//! JPEG, equal to libjpeg-turbo's default decoder: accurate integer IDCT and triangle-filtered chroma.

use libjpeg_turbo_rs::{ComponentInfo, DecodeLimits, DecodeWarning, Decoder, JpegError, PixelFormat};

use super::{Format, MAX_PIXELS, Stored, check_dimensions, orientation, undecodable};
use crate::Result;
use crate::image::Rgb8;
use crate::image::rgb8::to_rgb;

/// More scans than any encoder writes: each one costs a pass over the picture.
const MAX_SCANS: usize = 256;

/// Decodes as Pillow does: damaged entropy data is decoded as far as it makes sense, missing data is an
/// error.
pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let limits = DecodeLimits { max_pixels: MAX_PIXELS, max_scans: MAX_SCANS, ..DecodeLimits::default() };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(invalid)?;
    let header = decoder.header();
    check_dimensions(header.width() as u64, header.height() as u64)?;
    let stored_as = match header.components.len() {
        1 => PixelFormat::Grayscale,
        3 => PixelFormat::Rgb,
        4 if is_common_sampling(&header.components) => PixelFormat::Cmyk,
        4 => {
            return Err(undecodable(
                Format::Jpeg,
                "its four components are sampled in a way that is not known",
            ));
        }
        other => return Err(undecodable(Format::Jpeg, format!("{other} components, expected 1, 3 or 4"))),
    };
    if header.precision != 8 {
        return Err(undecodable(Format::Jpeg, format!("{} bits a sample, expected 8", header.precision)));
    }
    decoder.set_output_format(stored_as);
    decoder.set_block_smoothing(true);
    decoder.set_lenient(true);
    let decoded = decoder.decode_image().map_err(invalid)?;
    if let Some(warning) = decoded.warnings.iter().find(|warning| is_fatal(warning)) {
        return Err(undecodable(Format::Jpeg, warning));
    }
    let data = match stored_as {
        PixelFormat::Grayscale => to_rgb(&decoded.data, |[level]| [level; 3]),
        PixelFormat::Cmyk => to_rgb(&decoded.data, inverted_cmyk_to_rgb),
        _ => decoded.data,
    };
    let orientation = orientation::find(decoded.exif_data.as_deref(), decoded.xmp_data.as_deref());
    Ok(Stored { image: Rgb8::new(decoded.width, decoded.height, data)?, orientation })
}

/// Whether the first and the last of four components have all samples, and the others as many or half.
///
/// The decoder indexes past its planes where they have anything else, which no encoder writes.
fn is_common_sampling(components: &[ComponentInfo]) -> bool {
    let factors = |component: &ComponentInfo| (component.horizontal_sampling, component.vertical_sampling);
    let [first, second, third, last] = components else { return false };
    let (horizontal, vertical) = factors(first);
    let fits = |component| {
        let (h, v) = factors(component);
        (h == 1 || h == horizontal) && (v == 1 || v == vertical)
    };
    horizontal <= 2 && vertical <= 2 && factors(last) == factors(first) && fits(second) && fits(third)
}

/// Whether part of the picture is missing, so that the decoder filled it with grey.
fn is_fatal(warning: &DecodeWarning) -> bool {
    matches!(warning, DecodeWarning::TruncatedData { .. } | DecodeWarning::UnsupportedRecovered { .. })
}

/// Pillow takes every four-component JPEG for Adobe's inverted CMYK, and multiplies by the black that is
/// left.
fn inverted_cmyk_to_rgb([cyan, magenta, yellow, white]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|level| left_of_black(255 - level, white))
}

/// `white - ink * white / 255`, rounded as Pillow's `cmyk2rgb` rounds.
fn left_of_black(ink: u8, white: u8) -> u8 {
    let product = u32::from(ink) * u32::from(white) + 128;
    white - (((product >> 8) + product) >> 8) as u8
}

fn invalid(error: JpegError) -> crate::Error {
    undecodable(Format::Jpeg, error)
}
