//! The tensors that a safetensors header lists, and the one that is arriving.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::weights::container::safetensors;
use crate::weights::dialect::parts;
use crate::weights::dialect::tensor_names::{self, TensorMapping};
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::data_writer::DataWriter;

/// A tensor as the header announces it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Published {
    name: String,
    place: TensorMapping,
    shape: Vec<usize>,
    /// `None` for one that is passed over.
    dtype: Option<Dtype>,
    bytes: usize,
}

impl Published {
    /// A tensor of this many bytes; one without a type is skipped.
    pub fn new(name: String, shape: Vec<usize>, dtype: Option<Dtype>, bytes: usize) -> Self {
        let place = tensor_names::mapping(&name);
        let shape = if shape.is_empty() { vec![1] } else { shape };
        Self { name, place, shape, dtype, bytes }
    }
}

/// The tensors of a whole header, in reverse order of their bytes.
///
/// # Errors
/// As [`safetensors::read`].
pub fn published(header: &[u8]) -> Result<Vec<Published>> {
    let mut tensors = Vec::new();
    for (name, info) in safetensors::announced(header)? {
        let dtype = match tensor_names::mapping(&name) {
            TensorMapping::Nowhere => None,
            _ => Some(safetensors::dtype(&name, info.dtype)?),
        };
        let bytes = info.data_offsets.1 - info.data_offsets.0;
        tensors.push(Published::new(name, info.shape, dtype, bytes));
    }
    tensors.reverse();
    Ok(tensors)
}

/// A tensor whose bytes are coming.
#[derive(Debug, Serialize, Deserialize)]
pub struct TensorStream {
    name: String,
    left: usize,
    to: TensorDestination,
}

#[derive(Debug, Serialize, Deserialize)]
enum TensorDestination {
    Nowhere,
    /// The tensor begun in the writer, and the names, shape and type of those that follow it, in reverse order.
    Written {
        then: Vec<String>,
        shape: Vec<usize>,
        dtype: Dtype,
    },
    /// Kept until it is complete.
    Transposed {
        name: String,
        shape: Vec<usize>,
        dtype: Dtype,
        held: Vec<u8>,
    },
}

impl TensorStream {
    /// Begins a tensor.
    ///
    /// # Errors
    /// As [`DataWriter::begin`] and [`parts`].
    pub fn begin(tensor: Published, body: &mut DataWriter) -> Result<Self> {
        let Published { name, place, shape, dtype, bytes } = tensor;
        let to = match (place, dtype) {
            (TensorMapping::Nowhere, _) | (_, None) => TensorDestination::Nowhere,
            (TensorMapping::Whole(canonical), Some(dtype)) => {
                body.begin(canonical, shape.clone(), dtype, false)?;
                TensorDestination::Written { then: Vec::new(), shape, dtype }
            }
            (TensorMapping::LastAxes(canonical, axes), Some(dtype)) => {
                let shape = parts::last_axes(&name, &shape, axes)?;
                body.begin(canonical, shape.clone(), dtype, false)?;
                TensorDestination::Written { then: Vec::new(), shape, dtype }
            }
            (TensorMapping::FirstAxes(canonical, axes), Some(dtype)) => {
                let shape = parts::first_axes(&name, &shape, axes)?;
                body.begin(canonical, shape.clone(), dtype, false)?;
                TensorDestination::Written { then: Vec::new(), shape, dtype }
            }
            (TensorMapping::Packed(mut then), Some(dtype)) => {
                let shape = parts::part_shape(&name, &shape, then.len())?;
                then.reverse();
                body.begin(then.pop().unwrap_or_default(), shape.clone(), dtype, false)?;
                TensorDestination::Written { then, shape, dtype }
            }
            (TensorMapping::Transposed(canonical), Some(dtype)) => {
                let shape = parts::transposed_shape(&name, &shape)?;
                TensorDestination::Transposed { name: canonical, shape, dtype, held: Vec::new() }
            }
        };
        Ok(Self { name, left: bytes, to })
    }

    /// Takes the next bytes, as many as the tensor lacks; gives how many.
    ///
    /// # Errors
    /// As [`DataWriter::push`].
    pub fn push(&mut self, bytes: &[u8], body: &mut DataWriter, out: &mut Vec<u8>) -> Result<usize> {
        let taken = self.left.min(bytes.len());
        self.left -= taken;
        let mut bytes = &bytes[..taken];
        match &mut self.to {
            TensorDestination::Nowhere => {}
            TensorDestination::Written { then, shape, dtype } => loop {
                bytes = &bytes[body.push(bytes, out)?..];
                if !body.is_between_tensors() {
                    break;
                }
                let Some(next) = then.pop() else { break };
                body.begin(next, shape.clone(), *dtype, false)?;
            },
            TensorDestination::Transposed { name, shape, dtype, held } => {
                held.extend_from_slice(bytes);
                if self.left == 0 {
                    let held = parts::transpose(held, shape, *dtype);
                    body.begin(name.clone(), shape.clone(), *dtype, false)?;
                    body.push(&held, out)?;
                }
            }
        }
        Ok(taken)
    }

    pub fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// What to call it in messages.
    pub fn name(&self) -> &str {
        &self.name
    }
}
