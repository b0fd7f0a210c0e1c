//! BMP of 1 to 32 bits a pixel, packed or run-length encoded.
//!
//! Read here and not by a crate because none agrees with Pillow in 16-bit and run-length encoded files, which
//! are lossless and so have one right answer.

mod header;
mod rle;

use super::{Format, Stored, check_dimensions, packed, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::over_white;
use crate::{Error, Result};
use header::{Compression, Header, Mask};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let header = Header::read(bytes)?;
    check_dimensions(header.width as u64, header.height as u64)?;
    let pixels = bytes.get(header.pixels..).unwrap_or_default();
    let indexed = |rows: &[u8], stride: usize, bits: usize| indexed_to_rgb(&header, rows, stride, bits);
    let data = match (header.compression, header.bits) {
        (Compression::Rle4 | Compression::Rle8, _) => {
            indexed(&rle::indices(&header, pixels), header.width, 8)
        }
        (_, bits @ (1 | 4 | 8)) => indexed(packed_rows(&header, pixels)?, stride(&header), bits as usize),
        _ => masked_to_rgb(&header, packed_rows(&header, pixels)?),
    };
    Ok(Stored { image: Rgb8::new(header.width, header.height, data)?, orientation: 1 })
}

/// Bytes of a packed row: whole groups of four.
fn stride(header: &Header) -> usize {
    (header.width * header.bits as usize).div_ceil(32) * 4
}

/// The rows as the file has them.
fn packed_rows<'a>(header: &Header, pixels: &'a [u8]) -> Result<&'a [u8]> {
    let needed = stride(header) * header.height;
    pixels.get(..needed).ok_or_else(|| truncated(header.pixels, needed, pixels.len()))
}

fn truncated(offset: usize, needed: usize, found: usize) -> Error {
    undecodable(
        Format::Bmp,
        format!("truncated: {needed} bytes are needed at offset {offset}, there are {found}"),
    )
}

/// Row `y` from the top lies here in the file's order.
fn stored_row(header: &Header, y: usize) -> usize {
    if header.top_down { y } else { header.height - 1 - y }
}

/// Looks palette indices of `bits` bits up.
fn indexed_to_rgb(header: &Header, rows: &[u8], stride: usize, bits: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(header.width * header.height * 3);
    for y in 0..header.height {
        let row = &rows[stored_row(header, y) * stride..][..stride];
        let indices = packed::samples(row, bits).take(header.width);
        data.extend(indices.flat_map(|index| header.palette[usize::from(index)]));
    }
    data
}

/// Takes red, green, blue and alpha out of pixels of 2 to 4 bytes.
fn masked_to_rgb(header: &Header, rows: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(header.width * header.height * 3);
    let len = header.bits as usize / 8;
    for y in 0..header.height {
        let row = &rows[stored_row(header, y) * stride(header)..][..header.width * len];
        for pixel in row.chunks_exact(len) {
            let value = pixel.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
            let rgb = header.rgb.map(|mask| mask.of(value));
            let alpha = header.alpha.map_or(255, |mask| mask.of(value));
            data.extend_from_slice(&over_white(rgb, alpha));
        }
    }
    data
}

impl Mask {
    /// The masked part of a pixel, scaled to 8 bits and rounded down.
    fn of(self, pixel: u32) -> u8 {
        let max = u64::from(self.0 >> self.0.trailing_zeros().min(31));
        let value = u64::from((pixel & self.0) >> self.0.trailing_zeros().min(31));
        (value * 255).checked_div(max).unwrap_or(0) as u8
    }
}
