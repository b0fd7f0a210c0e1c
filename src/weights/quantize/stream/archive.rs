//! A PyTorch archive that is arriving.

use serde::{Deserialize, Serialize};

use super::tensors::{Published, TensorStream};
use crate::error::Result;
use crate::weights::container::pytorch::{self, Archive, View};
use crate::weights::dialect::tensor_names::{self, TensorMapping};
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::data_writer::DataWriter;

/// An archive, and the storage whose bytes are coming.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ArchiveStream {
    archive: Archive,
    storage: Option<IncomingStorage>,
}

#[derive(Debug, Serialize, Deserialize)]
struct IncomingStorage {
    left: usize,
    to: StorageDestination,
}

#[derive(Debug, Serialize, Deserialize)]
enum StorageDestination {
    Nowhere,
    /// The storage is one tensor.
    Tensor(TensorStream),
    /// Kept until it is complete, because its tensors are views of it.
    Views {
        views: Vec<View>,
        held: Vec<u8>,
    },
}

impl ArchiveStream {
    /// An archive of which [`pytorch::ENTRY`] has come.
    ///
    /// # Errors
    /// None; they are `Archive`'s.
    pub fn begin() -> Result<Self> {
        let mut arrival = Self::default();
        for byte in pytorch::ENTRY {
            arrival.archive.push(byte)?;
        }
        Ok(arrival)
    }

    /// Takes some of the next bytes, at least one; gives how many.
    ///
    /// # Errors
    /// `Malformed` or `TensorType` for what is no checkpoint, and as [`DataWriter::push`].
    pub fn push(&mut self, bytes: &[u8], body: &mut DataWriter, out: &mut Vec<u8>) -> Result<usize> {
        if let Some(storage) = &mut self.storage {
            let taken = storage.left.min(bytes.len());
            storage.left -= taken;
            storage.to.push(&bytes[..taken], storage.left == 0, body, out)?;
            if storage.left == 0 {
                self.storage = None;
            }
            return Ok(taken);
        }
        if self.archive.is_at_end() {
            return Ok(bytes.len());
        }
        for (index, &byte) in bytes.iter().enumerate() {
            if let Some(pytorch::NextStorage { key, bytes }) = self.archive.push(byte)? {
                let to = StorageDestination::of(self.archive.take_views(&key)?, bytes, body)?;
                self.storage = (bytes > 0).then_some(IncomingStorage { left: bytes, to });
                return Ok(index + 1);
            }
        }
        Ok(bytes.len())
    }

    /// Whether every storage has come.
    pub fn is_complete(&self) -> bool {
        self.archive.is_at_end()
    }
}

impl StorageDestination {
    fn of(mut views: Vec<View>, bytes: usize, body: &mut DataWriter) -> Result<Self> {
        match views.as_slice() {
            [] => Ok(Self::Nowhere),
            [view] if view.is_whole() => {
                let view = views.remove(0);
                let dtype = wanted_dtype(&view)?;
                Ok(Self::Tensor(TensorStream::begin(
                    Published::new(view.name, view.shape, dtype, bytes),
                    body,
                )?))
            }
            _ => Ok(Self::Views { views, held: Vec::new() }),
        }
    }

    fn push(&mut self, bytes: &[u8], is_last: bool, body: &mut DataWriter, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Nowhere => {}
            Self::Tensor(arrival) => {
                arrival.push(bytes, body, out)?;
            }
            Self::Views { views, held } => {
                held.extend_from_slice(bytes);
                for view in views.iter().filter(|_| is_last) {
                    let dtype = wanted_dtype(view)?;
                    let rows = pytorch::gathered(view, held)?;
                    let tensor = Published::new(view.name.clone(), view.shape.clone(), dtype, rows.len());
                    TensorStream::begin(tensor, body)?.push(&rows, body, out)?;
                }
            }
        }
        Ok(())
    }
}

/// The type of a tensor's values; `None` for a buffer without information.
fn wanted_dtype(view: &View) -> Result<Option<Dtype>> {
    match tensor_names::mapping(&view.name) {
        TensorMapping::Nowhere => Ok(None),
        _ => view.weights_dtype().map(Some),
    }
}
