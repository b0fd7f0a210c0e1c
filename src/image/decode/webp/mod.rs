//! WebP, lossy and lossless, with libwebp's chroma interpolation.

mod container;

use std::fmt::Display;
use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{Format, Stored, orientation, reserve, take_turn, undecodable};
use crate::image::Rgb8;
use crate::image::rgb8::rgba_over_white;
use crate::{Error, Result};
use container::Container;

/// More pixels than this are refused where transparency is coded apart from the colours: the decoder has ten
/// bytes for each of them.
const MAX_LOSSY_ALPHA: u64 = 64_000_000;

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let container = Container::read(bytes)?;
    let (width, height) = container.canvas;
    let _turn = take_turn(width.into(), height.into())?;
    if container.frame.alpha.is_some() && u64::from(width) * u64::from(height) > MAX_LOSSY_ALPHA {
        return Err(damaged(format!(
            "{width} x {height} pixels with transparency beside lossy colours, expected at most {MAX_LOSSY_ALPHA}"
        )));
    }
    let file = container.frame.to_file()?;
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(damaged)?;
    if decoder.dimensions() != (container.frame.width, container.frame.height) {
        return Err(damaged("the size of its picture does not match its header"));
    }
    let len = decoder.output_buffer_size().ok_or_else(|| damaged("it does not fit in memory"))?;
    let mut samples = reserve(Format::WebP, len, 0)?;
    // The decoder takes as much again at most, and ends the program where that is not there.
    let no_room = |_| damaged(format!("there is not enough memory for twice its {len} bytes"));
    Vec::<u8>::new().try_reserve_exact(len).map_err(no_room)?;
    decoder.read_image(&mut samples).map_err(damaged)?;
    let data = match (decoder.has_alpha(), container.opaque) {
        (true, false) => rgba_over_white(samples),
        (true, true) => without_alpha(samples),
        (false, _) => samples,
    };
    let image = on_canvas(&container, data)?;
    Ok(Stored { image, orientation: orientation::find(container.exif, container.xmp) })
}

/// The colours under the transparency.
fn without_alpha(rgba: Vec<u8>) -> Vec<u8> {
    rgba.into_iter().enumerate().filter(|(index, _)| index % 4 < 3).map(|(_, level)| level).collect()
}

/// A first frame on its canvas, which is transparent: white, or where that is of no account black.
fn on_canvas(container: &Container, frame: Vec<u8>) -> Result<Rgb8> {
    let [width, height, left, top, frame_width] =
        [container.canvas.0, container.canvas.1, container.place.0, container.place.1, container.frame.width]
            .map(|side| side as usize);
    if frame.len() == width * height * 3 {
        return Rgb8::new(width, height, frame);
    }
    let mut data = reserve(Format::WebP, width * height * 3, if container.opaque { 0 } else { 255 })?;
    let rows = data.chunks_exact_mut(width * 3).skip(top);
    for (row, frame) in rows.zip(frame.chunks_exact(frame_width * 3)) {
        row[left * 3..][..frame.len()].copy_from_slice(frame);
    }
    Rgb8::new(width, height, data)
}

fn damaged(reason: impl Display) -> Error {
    undecodable(Format::WebP, reason)
}
