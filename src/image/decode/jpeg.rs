//! JPEG, equal to libjpeg-turbo's default decoder: accurate integer IDCT and triangle-filtered chroma.

use libjpeg_turbo_rs::{DecodeLimits, DecodeWarning, Decoder, JpegError, PixelFormat};

use super::{Format, MAX_PIXELS, Stored, check_dimensions, orientation, undecodable};
use crate::Result;
use crate::image::Rgb8;

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
        4 => PixelFormat::Cmyk,
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
        PixelFormat::Grayscale => decoded.data.iter().flat_map(|&level| [level; 3]).collect(),
        PixelFormat::Cmyk => inverted_cmyk_to_rgb(&decoded.data),
        _ => decoded.data,
    };
    let orientation = orientation::find(decoded.exif_data.as_deref(), decoded.xmp_data.as_deref());
    Ok(Stored { image: Rgb8::new(decoded.width, decoded.height, data)?, orientation })
}

/// Whether part of the picture is missing, so that the decoder filled it with grey.
fn is_fatal(warning: &DecodeWarning) -> bool {
    matches!(warning, DecodeWarning::TruncatedData { .. } | DecodeWarning::UnsupportedRecovered { .. })
}

/// Pillow takes every four-component JPEG for Adobe's inverted CMYK, and multiplies by the black that is
/// left.
fn inverted_cmyk_to_rgb(cmyk: &[u8]) -> Vec<u8> {
    let inks = cmyk.chunks_exact(4);
    inks.flat_map(|ink| [ink[0], ink[1], ink[2]].map(|level| left_of_black(255 - level, ink[3]))).collect()
}

/// `white - ink * white / 255`, rounded as Pillow's `cmyk2rgb` rounds.
fn left_of_black(ink: u8, white: u8) -> u8 {
    let product = u32::from(ink) * u32::from(white) + 128;
    white - (((product >> 8) + product) >> 8) as u8
}

fn invalid(error: JpegError) -> crate::Error {
    undecodable(Format::Jpeg, error)
}
