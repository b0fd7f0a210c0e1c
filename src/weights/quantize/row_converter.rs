//! Converts one tensor from one element type to another; its bytes may arrive in chunks of any size.

use half::f16;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::{balanced, blocks};

/// About how many values are unpacked at a time: 256 KiB of f32.
const VALUES_IN_FLIGHT: usize = 1 << 16;

/// The rows of a tensor on their way; all that is held is the row whose end has not come.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::weights) struct RowConverter {
    name: String,
    from: Dtype,
    to: Dtype,
    row_len: usize,
    /// What the inputs of the layer are on average, where its weights are rounded by that.
    means: Option<Vec<f32>>,
    /// Values of the rows that are through.
    done: usize,
    /// The beginning of the next row.
    pending: Vec<u8>,
}

impl RowConverter {
    /// Rows of `row_len` values, which is a whole number of blocks of both types.
    pub fn new(name: String, row_len: usize, from: Dtype, to: Dtype) -> Self {
        Self { name, from, to, row_len, means: None, done: 0, pending: Vec::new() }
    }

    /// Rounds by what the inputs are on average, if the type that rows get is q8_0.
    pub fn balanced_by(self, means: Option<Vec<f32>>) -> Self {
        let means = means.filter(|means| self.to == Dtype::Q8_0 && means.len() == self.row_len);
        Self { means, ..self }
    }

    /// Takes the next bytes, appends what they make of whole rows to `out`, and shows `see` the values of these
    /// rows.
    ///
    /// # Errors
    /// `NonFiniteWeight` or `WeightRange` for a value that cannot be stored.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>, see: &mut dyn FnMut(&[f32])) -> Result<()> {
        let stride = self.row_len / self.from.block_len() * self.from.block_bytes();
        if !self.pending.is_empty() {
            let (head, rest) = bytes.split_at((stride - self.pending.len()).min(bytes.len()));
            self.pending.extend_from_slice(head);
            bytes = rest;
            if self.pending.len() < stride {
                return Ok(());
            }
            let row = std::mem::take(&mut self.pending);
            self.encode(&row, out, see)?;
        }
        let (whole, rest) = bytes.split_at(bytes.len() / stride * stride);
        for rows in whole.chunks(stride * (VALUES_IN_FLIGHT / self.row_len).max(1)) {
            self.encode(rows, out, see)?;
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    /// Whole rows.
    fn encode(&mut self, rows: &[u8], out: &mut Vec<u8>, see: &mut dyn FnMut(&[f32])) -> Result<()> {
        if let Some(index) = blocks::first_non_finite(self.from, rows) {
            return Err(Error::NonFiniteWeight { name: self.name.clone(), index: self.done + index });
        }
        let mut values = vec![0.0; rows.len() / self.from.block_bytes() * self.from.block_len()];
        blocks::decode(self.from, rows, &mut values);
        see(&values);
        if self.from == self.to {
            out.extend_from_slice(rows);
        } else {
            self.check_range(&values)?;
            match &self.means {
                Some(means) => balanced::encode(&values, means, out),
                None => blocks::encode(self.to, &values, out)?,
            }
        }
        self.done += values.len();
        Ok(())
    }

    /// Whether the f16 that the target is made of reaches as far as every value.
    fn check_range(&self, values: &[f32]) -> Result<()> {
        if matches!(self.to, Dtype::F32 | Dtype::Bf16) {
            return Ok(());
        }
        match values.iter().enumerate().find(|(_, value)| value.abs() > f16::MAX.to_f32()) {
            None => Ok(()),
            Some((index, &value)) => Err(Error::WeightRange {
                name: self.name.clone(),
                index: self.done + index,
                value,
                dtype: self.to.name(),
            }),
        }
    }
}
