//! PNG of every colour type, with the high byte of 16-bit samples.

use std::io::Cursor;

use ::png::{ColorType, Decoder, DecodingError, Info, Transformations};

use super::{Format, Stored, check_dimensions, orientation, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::drop_alpha;
use crate::{Error, Result};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let mut decoder = Decoder::new(Cursor::new(bytes));
    let header = decoder.read_header_info().map_err(invalid)?;
    check_dimensions(header.width.into(), header.height.into())?;
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(invalid)?;
    let len =
        reader.output_buffer_size().ok_or_else(|| undecodable(Format::Png, "it does not fit in memory"))?;
    let mut samples = vec![0; len];
    let frame = reader.next_frame(&mut samples).map_err(invalid)?;
    samples.truncate(frame.buffer_size());
    // Metadata may follow the pixels; damage behind the pixels harms no one.
    let _ = reader.finish();
    let data = match frame.color_type {
        ColorType::Grayscale => samples.iter().flat_map(|&level| [level; 3]).collect(),
        ColorType::GrayscaleAlpha => samples.chunks_exact(2).flat_map(|pixel| [pixel[0]; 3]).collect(),
        ColorType::Rgb => samples,
        ColorType::Rgba => drop_alpha(&samples),
        ColorType::Indexed => return Err(undecodable(Format::Png, "the palette was not applied")),
    };
    let image = Rgb8::new(frame.width as usize, frame.height as usize, data)?;
    Ok(Stored { image, orientation: orientation_of(reader.info()) })
}

/// The orientation in an `eXIf` chunk, in the text chunk ImageMagick writes instead, or in XMP.
fn orientation_of(info: &Info) -> u8 {
    let profile = || raw_profile(info);
    let exif = info.exif_metadata.as_deref().map(<[u8]>::to_vec).or_else(profile);
    let xmp = info.utf8_text.iter().find(|text| text.keyword == "XML:com.adobe.xmp");
    let xmp = xmp.and_then(|text| text.get_text().ok());
    orientation::find(exif.as_deref(), xmp.as_deref().map(str::as_bytes))
}

/// EXIF as hexadecimal text, below three lines of heading.
fn raw_profile(info: &Info) -> Option<Vec<u8>> {
    const KEYWORD: &str = "Raw profile type exif";
    let plain = info.uncompressed_latin1_text.iter().find(|text| text.keyword == KEYWORD);
    let text = match plain {
        Some(plain) => plain.text.clone(),
        None => info.compressed_latin1_text.iter().find(|text| text.keyword == KEYWORD)?.get_text().ok()?,
    };
    let digits: Vec<u32> =
        text.lines().skip(3).flat_map(str::chars).filter_map(|digit| digit.to_digit(16)).collect();
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

fn invalid(error: DecodingError) -> Error {
    undecodable(Format::Png, error)
}
