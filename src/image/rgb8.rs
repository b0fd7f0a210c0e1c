//! The one picture type: 8-bit RGB, interleaved, rows from the top; and how large a picture may be.

use crate::{Error, Result};

/// The largest picture that is decoded: 100 megapixels, 300 MB of RGB. Fuzzing makes do with one, to try more of them.
pub const MAX_PIXELS: u64 = if cfg!(fuzzing) { 1_000_000 } else { 100_000_000 };

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
    /// [`Error::ImageTooLarge`] above [`MAX_PIXELS`].
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
        Ok(Self { width, height, data: rgba_over_white(rgba.to_vec()) })
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

/// RGB of RGBA samples, composited over white, in the memory that the samples had.
pub(super) fn rgba_over_white(mut rgba: Vec<u8>) -> Vec<u8> {
    let pixels = rgba.len() / 4;
    for pixel in 0..pixels {
        let &[red, green, blue, alpha] = rgba[pixel * 4..].first_chunk().expect("a whole pixel");
        rgba[pixel * 3..][..3].copy_from_slice(&over_white([red, green, blue], alpha));
    }
    rgba.truncate(pixels * 3);
    rgba
}

/// RGB of pixels of `N` samples; those of three in the memory that the samples had.
///
/// # Errors
///
/// [`Error::ImageDecode`] if there is no room for the others.
pub(super) fn to_rgb<const N: usize>(
    mut samples: Vec<u8>,
    rgb: impl Fn([u8; N]) -> [u8; 3],
) -> Result<Vec<u8>> {
    let len = samples.len() / N * 3;
    if N == 3 {
        for pixel in samples.chunks_exact_mut(N) {
            let color = rgb(*pixel.first_chunk().expect("a whole pixel"));
            pixel.copy_from_slice(&color);
        }
        return Ok(samples);
    }
    let mut data = Vec::new();
    let no_room =
        |_| Error::ImageDecode { reason: format!("there is not enough memory for its {len} bytes of RGB") };
    data.try_reserve_exact(len).map_err(no_room)?;
    data.extend(samples.as_chunks().0.iter().flat_map(|&pixel| rgb(pixel)));
    Ok(data)
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

/// Refuses a picture without pixels or with more than [`MAX_PIXELS`].
pub(super) fn check_dimensions(width: u64, height: u64) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(Error::ImageShape { width, height, bytes: 0, problem: "a side is 0" });
    }
    if width.checked_mul(height).is_none_or(|pixels| pixels > MAX_PIXELS) {
        return Err(Error::ImageTooLarge { width, height, max_pixels: MAX_PIXELS });
    }
    Ok(())
}
