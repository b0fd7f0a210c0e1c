//! Separable resampling of 8-bit RGB with fixed-point weights: the arithmetic of Pillow's `Resample.c`, or that of
//! PyTorch's `UpSampleKernel.cpp`, which torchvision calls, bit for bit.
//!
//! An output sample is `clip8((Σ weight · sample + 2^21) >> 22)` with `weight` in units of 2^-22. PyTorch's are whole
//! multiples of a larger power of two, with which every weight of the axis fits into 16 bits. The sum is one of integers,
//! so every flavour gives the same bits whatever order it adds in. A picture takes two passes, [`horizontal`] and
//! [`vertical`], with 8-bit samples between them.

mod lanes;
mod portable;
mod taps;

pub use taps::{Filter, Taps};

use serde::{Deserialize, Serialize};

use super::threads;

/// Fractional bits of a weight: 32 less 8 of the sample and 2 of headroom, as Pillow has it.
pub const PRECISION_BITS: u32 = 32 - 8 - 2;

/// Whose arithmetic prepares pictures: the backend of an image processor in transformers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Pillow and NumPy: `PilBackend` of transformers, OpenCLIP, OpenAI's code.
    #[default]
    Pillow,
    /// torchvision on 8-bit tensors: `TorchvisionBackend` of transformers.
    Torchvision,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Self; 2] = [Self::Pillow, Self::Torchvision];

    /// Its name in records, files and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pillow => "pillow",
            Self::Torchvision => "torchvision",
        }
    }

    /// The backend called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

/// Fewer rows than this are not worth another thread.
const ROWS_PER_THREAD: usize = 8;

/// Samples of a pixel: red, green, blue, interleaved.
pub const CHANNELS: usize = 3;

/// Resamples rows: `src` is `[rows, src_width, 3]`, `dst` is `[rows, taps.len(), 3]`.
///
/// # Panics
///
/// If a buffer does not match its shape, or the taps were made for another width.
pub fn horizontal(src: &[u8], src_width: usize, taps: &Taps, dst: &mut [u8]) {
    let src_row = src_width * CHANNELS;
    let dst_row = taps.len() * CHANNELS;
    if dst.is_empty() {
        return;
    }
    assert_eq!(taps.input_len(), src_width, "the taps were made for another width");
    assert_eq!(dst.len() % dst_row, 0, "dst is not a whole number of rows");
    assert_eq!(src.len(), dst.len() / dst_row * src_row, "src and dst differ in rows");
    let rows = lanes::Rows::new(taps);
    threads::for_each_piece(dst, dst_row * ROWS_PER_THREAD, 1, |piece, dst| {
        let src = &src[piece * ROWS_PER_THREAD * src_row..];
        let mut planes = [const { Vec::new() }; CHANNELS];
        for (src, dst) in src.chunks_exact(src_row).zip(dst.chunks_exact_mut(dst_row)) {
            match &rows {
                Some(rows) => rows.row(src, &mut planes, dst),
                None => portable::horizontal_row(src, taps, dst),
            }
        }
    });
}

/// Resamples columns: `src` is `[rows, row_len]` and holds the input rows from `first_row` on, `dst` is
/// `[taps.len(), row_len]`, both in samples.
///
/// # Panics
///
/// If a buffer does not match its shape, or a tap needs a row that `src` does not hold.
pub fn vertical(src: &[u8], row_len: usize, first_row: usize, taps: &Taps, dst: &mut [u8]) {
    assert_eq!(dst.len(), taps.len() * row_len, "dst is not [taps, row_len]");
    if dst.is_empty() {
        return;
    }
    threads::for_each_piece(dst, row_len, ROWS_PER_THREAD, |row, dst| {
        let (start, weights) = taps.of(row);
        let start = (start - first_row) * row_len;
        lanes::vertical_row(&src[start..start + weights.len() * row_len], &weights, dst);
    });
}

#[cfg(test)]
mod tests;
