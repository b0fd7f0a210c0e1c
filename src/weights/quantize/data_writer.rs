//! Writes the tensor data of a GGUF file, one tensor after the other, in chunks of any size.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::tensor_types::Plan;
use crate::error::{Error, Result};
use crate::weights::container::gguf::TensorLayout;
use crate::weights::container::gguf::write::padding;
use crate::weights::outliers::Outliers;
use crate::weights::quantize::balanced::MeanInputs;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::outlier_weights::{self, OutlierWeights};
use crate::weights::quantize::row_converter::RowConverter;

/// The data so far, without its bytes, which are handed over as they are made.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::weights) struct DataWriter {
    plan: Plan,
    layouts: Vec<TensorLayout>,
    names: HashSet<String>,
    outlier_weights: OutlierWeights,
    mean_inputs: MeanInputs,
    /// The tensor whose rows are coming.
    current: Option<Current>,
    /// Bytes given away, with the padding between tensors.
    written: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Current {
    rows: RowConverter,
    /// Bytes that are still to come.
    left: u64,
    is_norm: bool,
    tells_mean_inputs: bool,
    has_outliers: bool,
}

impl DataWriter {
    pub fn new(plan: Plan) -> Self {
        let (layouts, names) = (Vec::new(), HashSet::new());
        let (outlier_weights, mean_inputs) = (OutlierWeights::default(), MeanInputs::default());
        Self { plan, layouts, names, outlier_weights, mean_inputs, current: None, written: 0 }
    }

    /// How many bytes have been made.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Takes the outlier channels that the checkpoint lists.
    pub fn list(&mut self, outliers: &Outliers) {
        self.outlier_weights.list(outliers);
    }

    /// The outlier channels of a file of these tensors, as far as the norms are known.
    pub fn outliers(&self, layouts: &[TensorLayout]) -> Outliers {
        self.outlier_weights.outliers(layouts)
    }

    /// Tells the gain or bias of a norm ahead of its place.
    pub fn learn(&mut self, name: &str, values: &[f32]) {
        self.outlier_weights.learn(name, values);
    }

    /// What stands beside a tensor of this type, as far as the norms are known.
    ///
    /// # Errors
    /// As [`TensorLayout::new`].
    pub fn companion(&self, layout: &TensorLayout) -> Result<Option<TensorLayout>> {
        match (self.plan, rows_of(&layout.shape)) {
            (Plan::Quantize(_), (rows, row_len)) if layout.dtype.is_quantized() => {
                self.outlier_weights.layout(&layout.name, rows, row_len)
            }
            _ => Ok(None),
        }
    }

    /// Begins the next tensor. A scalar's shape is `[1]`. The weights of outlier channels are collected
    /// unless `has_outliers` says that the checkpoint brings them.
    ///
    /// # Errors
    /// `Malformed` if one of this name has been, or if the shape does not fit the type it has or gets.
    pub fn begin(
        &mut self,
        name: String,
        shape: Vec<usize>,
        stored: Dtype,
        has_outliers: bool,
    ) -> Result<()> {
        if !self.names.insert(name.clone()) {
            let reason = format!("the tensor {name:?} occurs twice");
            return Err(Error::Malformed { format: "checkpoint", reason });
        }
        let left = stored.bytes_of(&shape).filter(|&bytes| bytes > 0).ok_or_else(|| Error::Malformed {
            format: "checkpoint",
            reason: format!("tensor {name:?} cannot have shape {shape:?} in {stored}"),
        })?;
        let (rows, row_len) = rows_of(&shape);
        let dtype = self.plan.dtype(&name, &shape, stored);
        let layout = TensorLayout::new(name, shape, dtype)?;
        let collects = matches!(self.plan, Plan::Quantize(_)) && layout.dtype.is_quantized() && !has_outliers;
        let converter = RowConverter::new(layout.name.clone(), row_len, stored, layout.dtype);
        self.current = Some(Current {
            rows: converter.balanced_by(self.mean_inputs.of(&layout.name, row_len)),
            left: left as u64,
            tells_mean_inputs: MeanInputs::wants(&layout.name),
            is_norm: outlier_weights::is_norm(&layout.name, &layout.shape),
            has_outliers: collects && self.outlier_weights.begin(&layout.name, rows, row_len),
        });
        self.layouts.push(layout);
        Ok(())
    }

    /// Takes the next bytes of the tensor begun last, as many as it lacks, and appends what they make to `out`.
    /// Gives how many were taken.
    ///
    /// # Errors
    /// `NonFiniteWeight` or `WeightRange` for a value that cannot be stored.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        let Some(current) = &mut self.current else { return Ok(0) };
        let bytes = &bytes[..usize::try_from(current.left).map_or(bytes.len(), |left| left.min(bytes.len()))];
        current.left -= bytes.len() as u64;
        let (start, outlier_weights, mean_inputs) =
            (out.len(), &mut self.outlier_weights, &mut self.mean_inputs);
        let (is_last, name) = (current.left == 0, self.layouts.last().map_or("", |layout| &layout.name));
        let (is_norm, has_outliers) = (current.is_norm, current.has_outliers);
        let tells_mean_inputs = current.tells_mean_inputs;
        current.rows.push(bytes, out, &mut |values| {
            if tells_mean_inputs {
                mean_inputs.learn(name, values);
            } else if is_norm {
                outlier_weights.learn(name, values);
            } else if has_outliers {
                outlier_weights.collect(values);
            }
        })?;
        if is_last {
            let len = self.layouts.last().map_or(0, |layout| layout.len);
            out.resize(out.len() + padding(len), 0);
            self.current = None;
        }
        self.written += (out.len() - start) as u64;
        Ok(bytes.len())
    }

    /// Whether the tensor begun last is complete.
    pub fn is_between_tensors(&self) -> bool {
        self.current.is_none()
    }

    /// Appends the weights of outlier channels, which end the data. Gives the layouts of all tensors in the order
    /// of their bytes, and the outlier channels.
    ///
    /// # Errors
    /// As [`TensorLayout::new`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(Vec<TensorLayout>, Outliers)> {
        let mut layouts = std::mem::take(&mut self.layouts);
        for (layout, data) in self.outlier_weights.finish()? {
            out.extend_from_slice(&data);
            out.resize(out.len() + padding(layout.len), 0);
            layouts.push(layout);
        }
        let outliers = self.outlier_weights.outliers(&layouts);
        Ok((layouts, outliers))
    }
}

/// How many rows a shape has, and how many values each.
fn rows_of(shape: &[usize]) -> (usize, usize) {
    let row_len = shape.last().copied().unwrap_or(1);
    (shape.iter().rev().skip(1).product(), row_len)
}
