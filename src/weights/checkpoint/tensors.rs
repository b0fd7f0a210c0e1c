//! The tensors of a checkpoint by name: each must be taken exactly once.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::kernels::matmul::PackedMatrix;
use crate::weights::container::tensor::Tensor;
use crate::weights::outliers::Outliers;

/// The tensors of a checkpoint, to be taken one by one; a tensor that is left in the end is an error.
#[derive(Clone, Debug)]
pub struct Tensors {
    /// In the order of their bytes; `None` where one was taken.
    slots: Vec<Option<Slot>>,
    index: HashMap<String, usize>,
    outliers: Outliers,
}

/// A tensor of the checkpoint.
#[derive(Clone, Debug)]
pub(in crate::weights) enum Slot {
    Stored(Tensor),
    /// A matrix that was packed as it arrived, and the tensor without its bytes.
    Packed(Tensor, PackedMatrix),
}

/// A weight matrix, as stored or packed.
#[derive(Debug)]
pub enum MatrixTensor {
    Stored(Tensor),
    /// `[columns, in_features]`, with no outlier channels yet.
    Packed(PackedMatrix),
}

impl Tensors {
    /// # Errors
    /// `Malformed` if two have the same name.
    pub fn new(tensors: Vec<Tensor>) -> Result<Self> {
        Self::from_slots(tensors.into_iter().map(Slot::Stored).collect())
    }

    /// # Errors
    /// As [`Tensors::new`].
    pub(in crate::weights) fn from_slots(slots: Vec<Slot>) -> Result<Self> {
        let mut index = HashMap::with_capacity(slots.len());
        for (place, slot) in slots.iter().enumerate() {
            if index.insert(slot.tensor().name.clone(), place).is_some() {
                let reason = format!("the tensor {:?} occurs twice", slot.tensor().name);
                return Err(Error::Malformed { format: "checkpoint", reason });
            }
        }
        Ok(Self { slots: slots.into_iter().map(Some).collect(), index, outliers: Outliers::new() })
    }

    /// Sets the outlier channels that the file lists.
    pub(super) fn with_outliers(self, outliers: Outliers) -> Self {
        Self { outliers, ..self }
    }

    /// The outlier channels that the file lists.
    pub fn outliers(&self) -> &Outliers {
        &self.outliers
    }

    /// Takes the tensor `name` out.
    ///
    /// # Errors
    /// `MissingTensor` if it is not there (any more), or is packed; `TensorShape` if it has another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.take_optional(name, shape)?.ok_or_else(|| missing(name, shape))
    }

    /// Takes the tensor `name` out, if there is one.
    ///
    /// # Errors
    /// `MissingTensor` if it is packed, `TensorShape` if it has another shape.
    pub fn take_optional(&mut self, name: &str, shape: &[usize]) -> Result<Option<Tensor>> {
        match self.take_slot(name, shape)? {
            None => Ok(None),
            Some(Slot::Stored(tensor)) => Ok(Some(tensor)),
            Some(Slot::Packed(..)) => Err(missing(name, shape)),
        }
    }

    /// Takes the matrix `name` out, which may be packed.
    ///
    /// # Errors
    /// `MissingTensor` if it is not there (any more), `TensorShape` if it has another shape.
    pub fn take_matrix(&mut self, name: &str, shape: &[usize]) -> Result<MatrixTensor> {
        match self.take_slot(name, shape)? {
            None => Err(missing(name, shape)),
            Some(Slot::Stored(tensor)) => Ok(MatrixTensor::Stored(tensor)),
            Some(Slot::Packed(_, packed)) => Ok(MatrixTensor::Packed(packed)),
        }
    }

    fn take_slot(&mut self, name: &str, shape: &[usize]) -> Result<Option<Slot>> {
        let Some(slot) = self.index.get(name).and_then(|&place| self.slots[place].take()) else {
            return Ok(None);
        };
        let Tensor { name, shape: found, .. } = slot.tensor();
        if found != shape {
            return Err(Error::TensorShape {
                name: name.clone(),
                found: found.clone(),
                expected: shape.to_vec(),
            });
        }
        Ok(Some(slot))
    }

    /// Checks that every tensor was taken.
    ///
    /// # Errors
    /// `UnknownTensors` if not.
    pub fn finish(self) -> Result<()> {
        let mut left = self.iter();
        match left.next() {
            None => Ok(()),
            Some(first) => Err(Error::UnknownTensors { count: 1 + left.count(), first: first.name.clone() }),
        }
    }

    /// The tensors that are still here, in the order of their bytes; those that are packed have none.
    pub fn iter(&self) -> impl Iterator<Item = &Tensor> {
        self.slots.iter().flatten().map(Slot::tensor)
    }
}

impl Slot {
    fn tensor(&self) -> &Tensor {
        match self {
            Self::Stored(tensor) | Self::Packed(tensor, _) => tensor,
        }
    }
}

fn missing(name: &str, shape: &[usize]) -> Error {
    Error::MissingTensor { name: name.to_owned(), shape: shape.to_vec() }
}
