//! The first frame of a GIF, on its screen.

use std::io::Cursor;
use std::num::NonZeroU64;

use ::gif::{ColorOutput, DecodeOptions, DecodingError, Frame, MemoryLimit};

use super::{Format, MAX_PIXELS, Stored, check_dimensions, undecodable};
use crate::image::Rgb8;
use crate::{Error, Result};

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::new(MAX_PIXELS).unwrap_or(NonZeroU64::MIN)));
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(invalid)?;
    let screen = (usize::from(decoder.width()), usize::from(decoder.height()));
    check_dimensions(screen.0 as u64, screen.1 as u64)?;
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let no_frame = || undecodable(Format::Gif, "it has no frame");
    let frame = decoder.read_next_frame().map_err(invalid)?.ok_or_else(no_frame)?;
    let palette = frame.palette.as_deref().or(global.as_deref());
    let image = on_screen(frame, palette, screen)?;
    Ok(Stored { image, orientation: 1 })
}

/// The frame in its place, over white. As in Pillow, the screen grows to hold it, and what it leaves bare has
/// the transparent colour, else the first of the palette; without a palette the indices are grey levels.
fn on_screen(frame: &Frame, palette: Option<&[u8]>, screen: (usize, usize)) -> Result<Rgb8> {
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    let (width, height) = (screen.0.max(left + frame_width), screen.1.max(top + frame_height));
    check_dimensions(width as u64, height as u64)?;
    let color = |index: u8| match palette {
        _ if frame.transparent == Some(index) => [255; 3],
        Some(palette) => {
            palette.get(usize::from(index) * 3..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; 3])
        }
        None => [index; 3],
    };
    let mut data = color(frame.transparent.unwrap_or(0)).repeat(width * height);
    if frame_width > 0 {
        let rows = data.chunks_exact_mut(width * 3).skip(top);
        for (row, indices) in rows.zip(frame.buffer.chunks_exact(frame_width)) {
            for (pixel, &index) in row[left * 3..].chunks_exact_mut(3).zip(indices) {
                pixel.copy_from_slice(&color(index));
            }
        }
    }
    Rgb8::new(width, height, data)
}

fn invalid(error: DecodingError) -> Error {
    undecodable(Format::Gif, error)
}
