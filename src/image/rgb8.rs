//! The one picture type: 8-bit RGB, interleaved, rows from the top.

use super::decode::check_dimensions;
use crate::{Error, Result};

/// A picture of `[height, width, 3]` samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb8 {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Rgb8 {
    /// A picture from its samples.
    ///
    /// # Errors
    ///
    /// [`Error::ImageShape`] if a side is 0 or `data` is not `width * height * 3` long,
    /// [`Error::ImageTooLarge`] above [`MAX_PIXELS`](super::MAX_PIXELS).
    pub fn new(width: usize, height: usize, data: Vec<u8>) -> Result<Self> {
        check_len(width, height, 3, data.len())?;
        Ok(Self { width, height, data })
    }

    /// A picture from RGBA samples that are not premultiplied, as a canvas gives them, over white like
    /// decoded files.
    ///
    /// # Errors
    ///
    /// As [`Rgb8::new`], with four samples a pixel.
    pub fn from_rgba(width: usize, height: usize, rgba: &[u8]) -> Result<Self> {
        check_len(width, height, 4, rgba.len())?;
        Ok(Self { width, height, data: rgba_over_white(rgba) })
    }

    /// A picture whose shape the caller has made sure of.
    pub(super) fn from_parts(width: usize, height: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), width * height * 3);
        Self { width, height, data }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The samples, `[height, width, 3]`.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The samples, `[height, width, 3]`.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
}

/// RGB of RGBA samples, composited over white.
pub(super) fn rgba_over_white(rgba: &[u8]) -> Vec<u8> {
    to_rgb(rgba, |[red, green, blue, alpha]| over_white([red, green, blue], alpha))
}

/// RGB of pixels of `N` samples.
pub(super) fn to_rgb<const N: usize>(samples: &[u8], rgb: impl Fn([u8; N]) -> [u8; 3]) -> Vec<u8> {
    let pixels = samples.as_chunks().0;
    let mut data = vec![0; pixels.len() * 3];
    for (out, &pixel) in data.as_chunks_mut().0.iter_mut().zip(pixels) {
        *out = rgb(pixel);
    }
    data
}

/// A colour over white, rounded as Pillow's `alpha_composite` rounds: `round((a * c + (255 - a) * 255) /
/// 255)`.
pub(super) fn over_white(rgb: [u8; 3], alpha: u8) -> [u8; 3] {
    rgb.map(|level| {
        let alpha = u32::from(alpha);
        let scaled = u32::from(level) * alpha + 255 * (255 - alpha) + 128;
        ((scaled + (scaled >> 8)) >> 8) as u8
    })
}

fn check_len(width: usize, height: usize, channels: usize, bytes: usize) -> Result<()> {
    check_dimensions(width as u64, height as u64)?;
    if width * height * channels == bytes {
        return Ok(());
    }
    let problem = if channels == 4 { "expected 4 bytes a pixel" } else { "expected 3 bytes a pixel" };
    Err(Error::ImageShape { width: width as u64, height: height as u64, bytes, problem })
}
