//! BMP of 1 to 32 bits a pixel, run-length encoded or not.

use zune_bmp::zune_core::bytestream::ZCursor;
use zune_bmp::zune_core::colorspace::ColorSpace;
use zune_bmp::zune_core::options::DecoderOptions;
use zune_bmp::{BmpDecoder, BmpDecoderErrors};

use super::{Format, MAX_PIXELS, Stored, check_dimensions, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::drop_alpha;
use crate::{Error, Result};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let side = MAX_PIXELS as usize;
    let options = DecoderOptions::default().set_max_width(side).set_max_height(side);
    let mut decoder = BmpDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(invalid)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| undecodable(Format::Bmp, "it has no size"))?;
    check_dimensions(width as u64, height as u64)?;
    let samples = decoder.decode().map_err(invalid)?;
    let data = match decoder.colorspace() {
        Some(ColorSpace::RGB) => samples,
        Some(ColorSpace::RGBA) => drop_alpha(&samples),
        Some(ColorSpace::Luma) => samples.iter().flat_map(|&level| [level; 3]).collect(),
        other => return Err(undecodable(Format::Bmp, format!("unexpected colour space {other:?}"))),
    };
    Ok(Stored { image: Rgb8::new(width, height, data)?, orientation: 1 })
}

fn invalid(error: BmpDecoderErrors) -> Error {
    undecodable(Format::Bmp, format!("{error:?}"))
}
