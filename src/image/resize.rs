//! Pillow's `Image.resize` for RGB, byte for byte, limited to the window that a crop will keep.

use std::ops::Range;

use super::Rgb8;
use crate::kernels::resample::{self, CHANNELS, Filter, Taps};

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
/// Equal to resizing the whole and then cropping, at the cost of the window alone.
///
/// # Panics
///
/// If a side is 0, or the window is empty or reaches past the resized picture.
pub fn resize(image: &Rgb8, width: usize, height: usize, resample: Resample, window: &Window) -> Rgb8 {
    assert!(!window.columns.is_empty() && window.columns.end <= width, "{window:?} of a width of {width}");
    assert!(!window.rows.is_empty() && window.rows.end <= height, "{window:?} of a height of {height}");
    match resample {
        Resample::Nearest => nearest(image, width, height, window),
        Resample::Filter(filter) => filtered(image, width, height, filter, window),
    }
}

/// Two passes, columns first, over the rows that the second needs. A side that keeps its length needs no
/// pass.
fn filtered(image: &Rgb8, width: usize, height: usize, filter: Filter, window: &Window) -> Rgb8 {
    let rows = Taps::new(filter, image.height(), height, window.rows.clone());
    let needed = if height == image.height() { window.rows.clone() } else { rows.input_range() };
    let row_len = window.columns.len() * CHANNELS;
    let narrowed = if width == image.width() {
        crop(image, window.columns.clone(), needed.clone())
    } else {
        let columns = Taps::new(filter, image.width(), width, window.columns.clone());
        let src_row = image.width() * CHANNELS;
        let mut narrowed = vec![0; needed.len() * row_len];
        let src = &image.data()[needed.start * src_row..needed.end * src_row];
        resample::horizontal(src, image.width(), &columns, &mut narrowed);
        narrowed
    };
    if height == image.height() {
        return Rgb8::from_parts(window.columns.len(), window.rows.len(), narrowed);
    }
    let mut data = vec![0; window.rows.len() * row_len];
    resample::vertical(&narrowed, row_len, needed.start, &rows, &mut data);
    Rgb8::from_parts(window.columns.len(), window.rows.len(), data)
}

/// Pillow's nearest neighbour: the position is a running sum of steps (`ImagingScaleAffine` in `Geometry.c`).
fn nearest(image: &Rgb8, width: usize, height: usize, window: &Window) -> Rgb8 {
    let columns = nearest_positions(image.width(), width, &window.columns);
    let rows = nearest_positions(image.height(), height, &window.rows);
    let mut data = Vec::with_capacity(rows.len() * columns.len() * CHANNELS);
    for &row in &rows {
        let row = &image.data()[row * image.width() * CHANNELS..][..image.width() * CHANNELS];
        for &column in &columns {
            data.extend_from_slice(&row[column * CHANNELS..][..CHANNELS]);
        }
    }
    Rgb8::from_parts(columns.len(), rows.len(), data)
}

fn nearest_positions(input: usize, output: usize, window: &Range<usize>) -> Vec<usize> {
    let step = input as f64 / output as f64;
    let positions = std::iter::successors(Some(step * 0.5), |position| Some(position + step));
    positions
        .skip(window.start)
        .take(window.len())
        .map(|position| (position as usize).min(input - 1))
        .collect()
}

/// The samples of a rectangle.
fn crop(image: &Rgb8, columns: Range<usize>, rows: Range<usize>) -> Vec<u8> {
    let row_len = image.width() * CHANNELS;
    let kept = columns.start * CHANNELS..columns.end * CHANNELS;
    let image_rows = image.data()[rows.start * row_len..rows.end * row_len].chunks_exact(row_len);
    image_rows.flat_map(|row| &row[kept.clone()]).copied().collect()
}
