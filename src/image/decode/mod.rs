//! Encoded bytes to upright RGB, with Pillow's reading of every colour type.
//!
//! The reference is what Hugging Face's Pillow processor makes of
//! `ImageOps.exif_transpose(Image.open(file))`: the EXIF orientation is applied, transparency lies over
//! white, ICC profiles and gamma are ignored, the first frame of an animation is taken. Each format has its
//! own file; all of them check the size before they allocate.

mod bmp;
mod format;
mod gif;
mod jpeg;
mod orientation;
mod packed;
mod png;
mod webp;

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::rgb8::{Rgb8, check_dimensions};
use crate::{Error, Result};

pub use format::Format;

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The pixels, upright.
    pub image: Rgb8,
    /// What the bytes were.
    pub format: Format,
    /// The EXIF orientation that was applied, 1 to 8; 1 where the file names none.
    pub orientation: u8,
}

/// A picture as its file stores it, before the orientation is applied.
struct Stored {
    image: Rgb8,
    orientation: u8,
}

/// Decodes a JPEG, PNG, WebP, GIF or BMP file, whichever it is by its first bytes.
///
/// # Errors
///
/// [`Error::ImageFormat`] for a format that is known but not decoded here, [`Error::ImageDecode`] for bytes
/// that are no image or a damaged one, [`Error::ImageShape`] for one without pixels, [`Error::ImageTooLarge`]
/// above [`MAX_PIXELS`](super::MAX_PIXELS).
pub fn decode(bytes: &[u8]) -> Result<Decoded> {
    let format = Format::of(bytes)?;
    let stored = match format {
        Format::Jpeg => jpeg::decode(bytes),
        Format::Png => png::decode(bytes),
        Format::WebP => webp::decode(bytes),
        Format::Gif => gif::decode(bytes),
        Format::Bmp => bmp::decode(bytes),
    }?;
    let image = orientation::apply(stored.image, stored.orientation)?;
    Ok(Decoded { image, format, orientation: stored.orientation })
}

/// `len` values, or an error where there is no room for them.
fn reserve<T: Clone>(format: Format, len: usize, value: T) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let bytes = len as u64 * size_of::<T>() as u64;
    values
        .try_reserve_exact(len)
        .map_err(|_| undecodable(format, format!("there is not enough memory for its {bytes} bytes")))?;
    values.resize(len, value);
    Ok(values)
}

/// Pictures above this many pixels are decoded one at a time, however many threads there are: each may need three
/// times its RGB for a while.
const LARGE: u64 = 16_000_000;

/// Waits for the turn of a picture of this size, which lasts as long as the answer is kept.
///
/// # Errors
///
/// As [`check_dimensions`].
fn take_turn(width: u64, height: u64) -> Result<Option<MutexGuard<'static, ()>>> {
    static TURN: Mutex<()> = Mutex::new(());
    check_dimensions(width, height)?;
    Ok((width * height > LARGE).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// A decoder's own complaint as ours.
fn undecodable(format: Format, reason: impl Display) -> Error {
    Error::ImageDecode { reason: format!("{format}: {reason}") }
}
