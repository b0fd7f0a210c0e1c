//! A stored tensor: a name, a shape, an element type, and a slice of the file's bytes.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::kernels::threads;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::blocks::{self, PIECE};

/// Fewer pieces than this are not worth another thread.
const PIECES_PER_THREAD: usize = 8;

/// A tensor as its checkpoint stores it. Cloning is cheap: the bytes are shared.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub name: String,
    /// Row-major, outermost axis first, as PyTorch prints it.
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    /// Exactly the bytes of `shape` in `dtype`, at any alignment.
    pub data: Bytes,
}

impl Tensor {
    /// A tensor over `data`. A scalar (`[]`) becomes `[1]`.
    ///
    /// # Errors
    /// `Malformed` if it is empty, if a row is no whole number of blocks, or if the shape does not take
    /// exactly these bytes.
    pub fn new(name: String, mut shape: Vec<usize>, dtype: Dtype, data: Bytes) -> Result<Self> {
        if shape.is_empty() {
            shape.push(1);
        }
        match dtype.bytes_of(&shape) {
            Some(needed) if needed == data.len() && needed > 0 => Ok(Self { name, shape, dtype, data }),
            _ => Err(Error::Malformed {
                format: "checkpoint",
                reason: format!(
                    "tensor {name:?} of shape {shape:?} in {dtype} cannot take {} bytes",
                    data.len()
                ),
            }),
        }
    }

    /// How many values there are.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many values the innermost axis has.
    pub fn row_len(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// How many rows of [`Tensor::row_len`] values there are.
    pub fn rows(&self) -> usize {
        self.shape.iter().rev().skip(1).product()
    }

    /// The bytes of rows `first..first + count`, as stored.
    ///
    /// # Panics
    /// If there are not that many rows.
    pub fn row_bytes(&self, first: usize, count: usize) -> &[u8] {
        let stride = self.row_len() / self.dtype.block_len() * self.dtype.block_bytes();
        &self.data[first * stride..(first + count) * stride]
    }

    /// Every value as f32.
    ///
    /// # Errors
    /// `NonFiniteWeight` for the first value that is NaN or infinite.
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        self.check_finite()?;
        let mut values = vec![0.0; self.elements()];
        let piece = PIECE / self.dtype.block_len() * self.dtype.block_bytes();
        threads::for_each_piece(&mut values, PIECE, PIECES_PER_THREAD, |index, out| {
            let bytes = &self.data[index * piece..];
            blocks::decode(self.dtype, &bytes[..bytes.len().min(piece)], out);
        });
        Ok(values)
    }

    /// Consecutive rows from `first` on as f32, as many as `out` holds. Whether they are finite is not looked
    /// at.
    ///
    /// # Panics
    /// If `out` is no whole number of rows, or the tensor has not that many.
    pub fn rows_f32(&self, first: usize, out: &mut [f32]) {
        assert!(
            out.len().is_multiple_of(self.row_len()),
            "{} values for rows of {}",
            out.len(),
            self.row_len()
        );
        blocks::decode(self.dtype, self.row_bytes(first, out.len() / self.row_len()), out);
    }

    /// Whether every value is a finite number; for quantized types the scales say so.
    ///
    /// # Errors
    /// `NonFiniteWeight` for the first that is not.
    pub fn check_finite(&self) -> Result<()> {
        match blocks::first_non_finite(self.dtype, &self.data) {
            None => Ok(()),
            Some(index) => Err(Error::NonFiniteWeight { name: self.name.clone(), index }),
        }
    }
}
