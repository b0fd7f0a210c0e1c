//! BMP of 1 to 32 bits a pixel, packed or run-length encoded.
//!
//! Read here and not by a crate because none agrees with Pillow in 16-bit and run-length encoded files, which
//! are lossless and so have one right answer.

mod header;
mod rle;

use std::borrow::Cow;

use super::{Format, Stored, packed, reserve, take_turn, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::{over_white, to_rgb};
use crate::{Error, Result};
use header::{Compression, Header, Mask};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let header = Header::read(bytes)?;
    let _turn = take_turn(header.width as u64, header.height as u64)?;
    let pixels = bytes.get(header.pixels..).unwrap_or_default();
    let color = |[index]: [u8; 1]| header.palette[usize::from(index)];
    let mut data = match (header.compression, header.bits) {
        (Compression::Rle4 | Compression::Rle8, _) => to_rgb(rle::indices(&header, bytes)?, color)?,
        (_, bits @ (1 | 4 | 8)) => {
            let rows = packed_rows(&header, pixels)?;
            to_rgb(packed::unpack(Format::Bmp, &rows, bits as usize, stride(&header), header.width)?, color)?
        }
        _ => masked_to_rgb(&header, &packed_rows(&header, pixels)?)?,
    };
    if !header.top_down {
        flip(&mut data, header.width * 3);
    }
    Ok(Stored { image: Rgb8::new(header.width, header.height, data)?, orientation: 1 })
}

/// Turns rows from the bottom into rows from the top.
fn flip(data: &mut [u8], row_len: usize) {
    let (upper, lower) = data.split_at_mut(data.len() / row_len / 2 * row_len);
    for (upper, lower) in upper.chunks_exact_mut(row_len).zip(lower.chunks_exact_mut(row_len).rev()) {
        upper.swap_with_slice(lower);
    }
}

/// Bytes of a packed row: whole groups of four.
fn stride(header: &Header) -> usize {
    (header.width * header.bits as usize).div_ceil(32) * 4
}

/// The rows as the file has them; the padding of the last one may be missing.
fn packed_rows<'a>(header: &Header, pixels: &'a [u8]) -> Result<Cow<'a, [u8]>> {
    let whole = stride(header) * header.height;
    let padding = stride(header) - (header.width * header.bits as usize).div_ceil(8);
    match pixels.get(..whole) {
        Some(rows) => Ok(Cow::Borrowed(rows)),
        None if pixels.len() >= whole - padding => {
            let mut rows = reserve(Format::Bmp, whole, 0)?;
            rows[..pixels.len()].copy_from_slice(pixels);
            Ok(Cow::Owned(rows))
        }
        None => Err(truncated(header.pixels, whole - padding, pixels.len())),
    }
}

fn truncated(offset: usize, needed: usize, found: usize) -> Error {
    undecodable(
        Format::Bmp,
        format!("truncated: {needed} bytes are needed at offset {offset}, there are {found}"),
    )
}

/// Takes red, green, blue and alpha out of pixels of 2 to 4 bytes.
fn masked_to_rgb(header: &Header, rows: &[u8]) -> Result<Vec<u8>> {
    let mut data = reserve(Format::Bmp, header.width * header.height * 3, 0)?;
    let mut out = data.as_chunks_mut().0.iter_mut();
    let len = header.bits as usize / 8;
    for row in rows.chunks_exact(stride(header)) {
        for pixel in row[..header.width * len].chunks_exact(len) {
            let value = pixel.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
            let rgb = header.rgb.map(|mask| mask.of(value));
            let alpha = header.alpha.map_or(255, |mask| mask.of(value));
            *out.next().expect("as many pixels as the header says") = over_white(rgb, alpha);
        }
    }
    Ok(data)
}

impl Mask {
    /// The masked part of a pixel, scaled to 8 bits and rounded down.
    fn of(self, pixel: u32) -> u8 {
        let max = u64::from(self.0 >> self.0.trailing_zeros().min(31));
        let value = u64::from((pixel & self.0) >> self.0.trailing_zeros().min(31));
        (value * 255).checked_div(max).unwrap_or(0) as u8
    }
}
