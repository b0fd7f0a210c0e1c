//! PNG of every colour type, with Pillow's reading of deep samples and of transparent colours.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Decoder, DecodingError, Info, OutputInfo, Transformations};

use super::{Format, Stored, check_dimensions, orientation, packed, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::{over_white, rgba_over_white, to_rgb};
use crate::{Error, Result};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let mut decoder = Decoder::new(Cursor::new(bytes));
    let header = decoder.read_header_info().map_err(invalid)?;
    check_dimensions(header.width.into(), header.height.into())?;
    let deep_grey = (header.color_type, header.bit_depth) == (ColorType::Grayscale, BitDepth::Sixteen);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(if deep_grey {
        Transformations::IDENTITY
    } else {
        Transformations::STRIP_16
    });
    let mut reader = decoder.read_info().map_err(invalid)?;
    let len =
        reader.output_buffer_size().ok_or_else(|| undecodable(Format::Png, "it does not fit in memory"))?;
    let mut samples = vec![0; len];
    let frame = reader.next_frame(&mut samples).map_err(invalid)?;
    samples.truncate(frame.buffer_size());
    // Metadata may follow the pixels; damage behind the pixels harms no one.
    let _ = reader.finish();
    let data = rgb_over_white(samples, &frame, reader.info());
    let image = Rgb8::new(frame.width as usize, frame.height as usize, data)?;
    Ok(Stored { image, orientation: orientation_of(reader.info()) })
}

/// RGB over white.
fn rgb_over_white(samples: Vec<u8>, frame: &OutputInfo, info: &Info) -> Vec<u8> {
    let transparent = info.trns.as_deref();
    match frame.color_type {
        ColorType::Rgba => rgba_over_white(&samples),
        ColorType::Rgb => match transparent.and_then(low_bytes) {
            Some(key) => to_rgb(&samples, |rgb| keyed(rgb, key)),
            None => samples,
        },
        ColorType::GrayscaleAlpha => to_rgb(&samples, |[level, alpha]| over_white([level; 3], alpha)),
        ColorType::Grayscale => {
            let key = transparent.and_then(low_bytes).map(|[key]| match frame.bit_depth {
                BitDepth::One => [key.min(1) * 255; 3],
                _ => [key; 3],
            });
            let rgb = |[level]: [u8; 1]| key.map_or([level; 3], |key| keyed([level; 3], key));
            to_rgb(&levels(samples, frame), rgb)
        }
        ColorType::Indexed => {
            let colors = palette(info);
            to_rgb(&unpacked(samples, frame), |[index]| colors[usize::from(index)])
        }
    }
}

/// A transparent colour as Pillow compares it, which is by the low byte of each number even where samples are
/// deeper. The decoder hands out two bytes a number where samples are deep and one elsewhere.
fn low_bytes<const N: usize>(transparent: &[u8]) -> Option<[u8; N]> {
    match transparent.as_chunks::<2>().0.first_chunk::<N>() {
        Some(numbers) => Some(numbers.map(|[_, low]| low)),
        None => transparent.first_chunk().copied(),
    }
}

/// White where the colour is the transparent one.
fn keyed(color: [u8; 3], key: [u8; 3]) -> [u8; 3] {
    if color == key { [255; 3] } else { color }
}

/// A byte for each sample of a byte or less.
fn unpacked(samples: Vec<u8>, frame: &OutputInfo) -> Vec<u8> {
    match frame.bit_depth {
        BitDepth::Eight => samples,
        bits => packed::unpack(&samples, bits as usize, frame.line_size, frame.width as usize),
    }
}

/// Grey levels of 8 bits. Those of 16 are not scaled but cut off at 255, as Pillow's `I;16` is.
fn levels(samples: Vec<u8>, frame: &OutputInfo) -> Vec<u8> {
    let scale = match frame.bit_depth {
        BitDepth::One => 255,
        BitDepth::Two => 85,
        BitDepth::Four => 17,
        BitDepth::Eight => 1,
        BitDepth::Sixteen => {
            let deep = samples.as_chunks().0.iter();
            return deep.map(|&level| u16::from_be_bytes(level).min(255) as u8).collect();
        }
    };
    let mut levels = unpacked(samples, frame);
    levels.iter_mut().for_each(|level| *level *= scale);
    levels
}

/// The colour of every index, over white; black where the file names none.
fn palette(info: &Info) -> Box<[[u8; 3]; 256]> {
    let mut colors = Box::new([[0; 3]; 256]);
    let named = info.palette.as_deref().unwrap_or_default().as_chunks().0;
    let alphas = info.trns.as_deref().unwrap_or_default().iter().chain(std::iter::repeat(&255));
    for ((color, &named), &alpha) in colors.iter_mut().zip(named).zip(alphas) {
        *color = over_white(named, alpha);
    }
    colors
}

/// The orientation in an `eXIf` chunk, in the text chunk ImageMagick writes instead, or in XMP.
fn orientation_of(info: &Info) -> u8 {
    let exif = info.exif_metadata.as_deref().map(<[u8]>::to_vec).or_else(|| raw_profile(info));
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
    let lines = text.lines().skip(3);
    let digits: Vec<u32> = lines.flat_map(str::chars).filter_map(|digit| digit.to_digit(16)).collect();
    Some(digits.as_chunks().0.iter().map(|&[high, low]| (high << 4 | low) as u8).collect())
}

fn invalid(error: DecodingError) -> Error {
    undecodable(Format::Png, error)
}
