//! WebP, lossy and lossless, with libwebp's chroma interpolation.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{Format, Stored, check_dimensions, orientation, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::rgba_over_white;
use crate::{Error, Result};

/// Metadata above this size is refused rather than read.
const METADATA_LIMIT: usize = 64 << 20;

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(invalid)?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width.into(), height.into())?;
    decoder.set_memory_limit(METADATA_LIMIT);
    let len =
        decoder.output_buffer_size().ok_or_else(|| undecodable(Format::WebP, "it does not fit in memory"))?;
    let mut samples = vec![0; len];
    if decoder.is_animated() {
        decoder.read_frame(&mut samples).map_err(invalid)?;
    } else {
        decoder.read_image(&mut samples).map_err(invalid)?;
    }
    let data = if decoder.has_alpha() { rgba_over_white(&samples) } else { samples };
    let exif = decoder.exif_metadata().ok().flatten();
    let xmp = decoder.xmp_metadata().ok().flatten();
    let orientation = orientation::find(exif.as_deref(), xmp.as_deref());
    Ok(Stored { image: Rgb8::new(width as usize, height as usize, data)?, orientation })
}

fn invalid(error: DecodingError) -> Error {
    undecodable(Format::WebP, error)
}
