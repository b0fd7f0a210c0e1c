//! Pillow's `Image.resize` and torchvision's `resize` for RGB, byte for byte, limited to the window that a crop will
//! keep.

use std::ops::Range;

use super::Rgb8;
use super::rgb8::check_dimensions;
use crate::kernels::resample::{self, Backend, CHANNELS, Filter, Taps};
use crate::{Error, Result};

/// How to resample: the numbers 0 to 5 of Pillow's `Image.Resampling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// The input pixel under the output pixel's centre (0).
    Nearest,
    /// A kernel, widened by the scale when the picture shrinks (1 to 5).
    Filter(Filter),
}

impl Resample {
    /// The method Pillow knows by `number`.
    pub fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::Nearest,
            1 => Self::Filter(Filter::Lanczos),
            2 => Self::Filter(Filter::Bilinear),
            3 => Self::Filter(Filter::Bicubic),
            4 => Self::Filter(Filter::Box),
            5 => Self::Filter(Filter::Hamming),
            _ => return None,
        })
    }

    /// Pillow's number for the method.
    pub fn number(self) -> u64 {
        match self {
            Self::Nearest => 0,
            Self::Filter(Filter::Lanczos) => 1,
            Self::Filter(Filter::Bilinear) => 2,
            Self::Filter(Filter::Bicubic) => 3,
            Self::Filter(Filter::Box) => 4,
            Self::Filter(Filter::Hamming) => 5,
        }
    }
}

/// The part of a resized picture that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns of the resized picture.
    pub columns: Range<usize>,
    /// Rows of the resized picture.
    pub rows: Range<usize>,
}

impl Window {
    /// The whole of a picture.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { columns: 0..width, rows: 0..height }
    }
}

/// The `window` of `image` resized to `width` x `height`.
///
/// Equal to resizing the whole and then cropping, at the cost of the window alone. torchvision has neither
/// [`Filter::Box`] nor [`Filter::Hamming`]: these are refused before, by
/// [`Preprocessing::with_backend`](super::Preprocessing::with_backend).
///
/// # Errors
///
/// [`Error::ImageTooLarge`] if the picture between the two passes would be: a tall one whose columns are enlarged first,
/// as torchvision does it. [`Error::ImageDecode`] if there is no memory for it or for the result.
///
/// # Panics
///
/// If a side is 0, or the window is empty or reaches past the resized picture.
pub fn resize(
    backend: Backend,
    image: &Rgb8,
    width: usize,
    height: usize,
    resample: Resample,
    window: &Window,
) -> Result<Rgb8> {
    assert!(!window.columns.is_empty() && window.columns.end <= width, "{window:?} of a width of {width}");
    assert!(!window.rows.is_empty() && window.rows.end <= height, "{window:?} of a height of {height}");
    match resample {
        Resample::Nearest => Ok(nearest(backend, image, width, height, window)),
        Resample::Filter(filter) => filtered(backend, image, width, height, filter, window),
    }
}

/// Two passes with 8-bit samples between them. Columns come first, except with Pillow where the height shrinks by
/// more than twice what the width does (`ImagingResampleInner` in Pillow 13's `Resample.c`).
fn filtered(
    backend: Backend,
    image: &Rgb8,
    width: usize,
    height: usize,
    filter: Filter,
    window: &Window,
) -> Result<Rgb8> {
    let columns = Axis::new(backend, filter, image.width(), width, &window.columns);
    let rows = Axis::new(backend, filter, image.height(), height, &window.rows);
    let lost_columns = image.width() as i64 - width as i64;
    let lost_rows = image.height() as i64 - height as i64;
    let row_len = image.width() * CHANNELS;
    let rows_first = backend == Backend::Pillow && lost_rows > 0 && lost_rows > lost_columns * 2;
    let data = if rows_first {
        columns.horizontal(&rows.vertical(image.data(), row_len, 0)?)?
    } else {
        let needed = rows.needed();
        check_dimensions(window.columns.len() as u64, needed.len() as u64)?;
        let narrowed = columns.horizontal(&image.data()[needed.start * row_len..needed.end * row_len])?;
        rows.vertical(&narrowed, window.columns.len() * CHANNELS, needed.start)?
    };
    Ok(Rgb8::from_parts(window.columns.len(), window.rows.len(), data))
}

/// Samples for a pass to fill.
fn blank(len: usize) -> Result<Vec<u8>> {
    let mut samples = Vec::new();
    let no_room = |_| Error::ImageDecode {
        reason: format!("there is not enough memory for resizing it ({len} bytes)"),
    };
    samples.try_reserve_exact(len).map_err(no_room)?;
    samples.resize(len, 0);
    Ok(samples)
}

/// One direction of a resize.
struct Axis {
    /// Length before.
    input: usize,
    /// Wanted part of the result.
    window: Range<usize>,
    /// `None` where the length stays as it is: the pass is left out.
    taps: Option<Taps>,
}

impl Axis {
    fn new(backend: Backend, filter: Filter, input: usize, output: usize, window: &Range<usize>) -> Self {
        let taps = (input != output).then(|| Taps::new(backend, filter, input, output, window.clone()));
        Self { input, window: window.clone(), taps }
    }

    /// The part of the input that the window is made of.
    fn needed(&self) -> Range<usize> {
        self.taps.as_ref().map_or(self.window.clone(), Taps::input_range)
    }

    /// `[rows, input, 3]` to `[rows, window, 3]`.
    fn horizontal(&self, src: &[u8]) -> Result<Vec<u8>> {
        let src_row = self.input * CHANNELS;
        Ok(match &self.taps {
            Some(taps) => {
                let mut dst = blank(src.len() / src_row * self.window.len() * CHANNELS)?;
                resample::horizontal(src, self.input, taps, &mut dst);
                dst
            }
            None => {
                let kept = self.window.start * CHANNELS..self.window.end * CHANNELS;
                src.chunks_exact(src_row).flat_map(|row| &row[kept.clone()]).copied().collect()
            }
        })
    }

    /// `[rows, row_len]` to `[window, row_len]`; `src` holds the rows from `first_row` on.
    fn vertical(&self, src: &[u8], row_len: usize, first_row: usize) -> Result<Vec<u8>> {
        Ok(match &self.taps {
            Some(taps) => {
                let mut dst = blank(self.window.len() * row_len)?;
                resample::vertical(src, row_len, first_row, taps, &mut dst);
                dst
            }
            None => src[(self.window.start - first_row) * row_len..][..self.window.len() * row_len].to_vec(),
        })
    }
}

/// The nearest neighbour.
fn nearest(backend: Backend, image: &Rgb8, width: usize, height: usize, window: &Window) -> Rgb8 {
    let positions = match backend {
        Backend::Pillow => pillow_positions,
        Backend::Torchvision => torch_positions,
    };
    let columns = positions(image.width(), width, &window.columns);
    let rows = positions(image.height(), height, &window.rows);
    let mut data = Vec::with_capacity(rows.len() * columns.len() * CHANNELS);
    for &row in &rows {
        let row = &image.data()[row * image.width() * CHANNELS..][..image.width() * CHANNELS];
        for &column in &columns {
            data.extend_from_slice(&row[column * CHANNELS..][..CHANNELS]);
        }
    }
    Rgb8::from_parts(columns.len(), rows.len(), data)
}

/// Pillow's: a running sum of steps (`ImagingScaleAffine` in `Geometry.c`).
fn pillow_positions(input: usize, output: usize, window: &Range<usize>) -> Vec<usize> {
    let step = input as f64 / output as f64;
    let positions = std::iter::successors(Some(step * 0.5), |position| Some(position + step));
    positions
        .skip(window.start)
        .take(window.len())
        .map(|position| (position as usize).min(input - 1))
        .collect()
}

/// PyTorch's `nearest-exact`, which transformers asks torchvision for: the middle of the output less half a pixel,
/// rounded once to single precision, as with AVX2, and half a pixel more.
fn torch_positions(input: usize, output: usize, window: &Range<usize>) -> Vec<usize> {
    let scale = f64::from(input as f32 / output as f32);
    let position = |output: usize| ((output as f64 + 0.5) * scale - 0.5) as f32 + 0.5;
    window.clone().map(|output| (position(output) as usize).min(input - 1)).collect()
}
