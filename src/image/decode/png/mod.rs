//! PNG of every colour type; 16-bit samples and transparent colours are read as Pillow does.

mod chunks;
mod inflate;
mod rows;

use std::fmt::Display;

use super::{Format, Stored, orientation, packed, reserve, take_turn, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::{over_white, rgba_over_white, to_rgb};
use crate::{Error, Result};
use chunks::{Chunks, Header};
use rows::Samples;

/// What the samples of a pixel are.
#[derive(Clone, Copy, PartialEq)]
enum Color {
    Grey,
    Rgb,
    Indexed,
    GreyAlpha,
    Rgba,
}

impl Color {
    fn of(header: Header) -> Result<Self> {
        Ok(match (header.color, header.depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Self::Grey,
            (2, 8 | 16) => Self::Rgb,
            (3, 1 | 2 | 4 | 8) => Self::Indexed,
            (4, 8 | 16) => Self::GreyAlpha,
            (6, 8 | 16) => Self::Rgba,
            (color, depth) => {
                return Err(damaged(format!("colour type {color} with {depth} bits is not valid")));
            }
        })
    }

    /// Samples of a pixel.
    fn channels(self) -> usize {
        match self {
            Self::Grey | Self::Indexed => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let chunks = Chunks::read(bytes)?;
    let header = chunks.header.ok_or_else(|| damaged("it has no header"))?;
    let _turn = take_turn(header.width.into(), header.height.into())?;
    let color = Color::of(header)?;
    let (samples, last_piece) = Samples::read(header, color.channels(), &chunks.pixels)?;
    chunks.check_after(last_piece)?;
    let data = rgb_over_white(samples, color, header, &chunks)?;
    let image = Rgb8::new(header.width as usize, header.height as usize, data)?;
    Ok(Stored { image, orientation: orientation_of(&chunks) })
}

/// RGB over white.
fn rgb_over_white(samples: Samples, color: Color, header: Header, chunks: &Chunks) -> Result<Vec<u8>> {
    let transparent = chunks.transparency;
    match color {
        Color::Rgba => Ok(rgba_over_white(samples.data)),
        Color::Rgb => match transparent.and_then(low_bytes) {
            Some(key) => to_rgb(samples.data, |rgb| keyed(rgb, key)),
            None => Ok(samples.data),
        },
        Color::GreyAlpha => to_rgb(samples.data, |[level, alpha]| over_white([level; 3], alpha)),
        Color::Grey => {
            let key = transparent.and_then(low_bytes).map(|[key]| match header.depth {
                1 => [u8::from(transparent.is_some_and(|key| key[..2] != [0, 0])) * 255; 3],
                _ => [key; 3],
            });
            let scale = 255 / (0xff >> (8 - samples.bits)) as u8;
            to_rgb(unpacked(samples)?, |[sample]| {
                let level = [sample * scale; 3];
                key.map_or(level, |key| keyed(level, key))
            })
        }
        Color::Indexed => {
            let colors = palette(chunks);
            to_rgb(unpacked(samples)?, |[index]| colors[usize::from(index)])
        }
    }
}

/// A transparent colour as Pillow compares it, which is by the low byte of each number even where samples are
/// deeper. The file has two bytes for each.
fn low_bytes<const N: usize>(transparent: &[u8]) -> Option<[u8; N]> {
    let numbers = transparent.as_chunks::<2>().0.first_chunk::<N>()?;
    Some(numbers.map(|[_, low]| low))
}

/// White where the colour is the transparent one.
fn keyed(color: [u8; 3], key: [u8; 3]) -> [u8; 3] {
    if color == key { [255; 3] } else { color }
}

/// A byte for each sample.
fn unpacked(samples: Samples) -> Result<Vec<u8>> {
    match samples.bits {
        8 => Ok(samples.data),
        bits => packed::unpack(Format::Png, &samples.data, bits, samples.row_len, samples.width),
    }
}

/// The colour of every index, over white; black where the file names none.
fn palette(chunks: &Chunks) -> Box<[[u8; 3]; 256]> {
    let named = chunks.palette.as_chunks().0;
    let mut alphas = chunks.transparency.unwrap_or_default();
    // Where one index alone is transparent, Pillow takes a last newline for the end of a line.
    if let [rest @ .., b'\n'] = alphas
        && rest.iter().filter(|&&alpha| alpha == 0).count() == 1
        && rest.iter().all(|alpha| [0, 255].contains(alpha))
    {
        alphas = rest;
    }
    Box::new(std::array::from_fn(|index| {
        let color = named.get(index).copied().unwrap_or([0; 3]);
        over_white(color, alphas.get(index).copied().unwrap_or(255))
    }))
}

/// The orientation in an `eXIf` chunk, in the text that ImageMagick writes instead, or in XMP.
fn orientation_of(chunks: &Chunks) -> u8 {
    let raw_profile = chunks.raw_profile.as_deref().and_then(from_hexadecimal);
    orientation::find(chunks.exif.or(raw_profile.as_deref()), chunks.xmp.as_deref())
}

/// EXIF as hexadecimal text, below three lines of heading.
fn from_hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let lines = text.split(|&byte| byte == b'\n').skip(3);
    let digits = lines.flatten().filter(|byte| !byte.is_ascii_whitespace());
    let digits: Option<Vec<u32>> = digits.map(|&digit| char::from(digit).to_digit(16)).collect();
    Some(digits?.as_chunks().0.iter().map(|&[high, low]| (high << 4 | low) as u8).collect())
}

fn damaged(reason: impl Display) -> Error {
    undecodable(Format::Png, reason)
}
