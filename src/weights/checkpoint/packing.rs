//! Matrices on their way into execution order: each is packed as soon as it is whole, on another thread where there is
//! one, so that reading and packing take the time of the longer of them, and no file lies in memory beside its panels.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::error::Result;
use crate::kernels::matmul::PackedMatrix;
use crate::kernels::threads::{self, Pending};
use crate::weights::checkpoint::tensors::{Slot, Tensors};
use crate::weights::container::tensor::Tensor;
use crate::weights::quantize::blocks::repack;

/// How many bytes of matrices other threads may have at hand; what comes while they have more is packed at once.
const MOST_UNDER_WAY: usize = 8 << 20;

/// The tensors of a file, in the order of their arrival.
#[derive(Default)]
pub struct Packing {
    slots: Vec<Slot>,
    /// Matrices that came before the threads, by their places.
    early: Vec<usize>,
    /// What other threads have at hand, first come first.
    under_way: VecDeque<UnderWay>,
    /// Bytes as stored of all that.
    bytes: usize,
}

struct UnderWay {
    place: usize,
    bytes: usize,
    slot: Pending<Result<Slot>>,
}

impl Packing {
    /// Takes the next tensor.
    ///
    /// # Errors
    /// `NonFiniteWeight`, of this one or one before it.
    pub fn add(&mut self, tensor: Tensor) -> Result<()> {
        let (place, is_matrix) = (self.slots.len(), is_of_a_block(&tensor));
        self.slots.push(Slot::Stored(tensor));
        if is_matrix {
            self.early.push(place);
        }
        if !threads::are_on_their_way() {
            self.start_all()?;
        }
        Ok(())
    }

    fn start_all(&mut self) -> Result<()> {
        for place in std::mem::take(&mut self.early) {
            while self.under_way.front().is_some_and(|first| first.slot.is_done()) {
                self.settle_first()?;
            }
            let Slot::Stored(tensor) = &mut self.slots[place] else { continue };
            let tensor = Tensor { data: std::mem::take(&mut tensor.data), ..tensor.clone() };
            let bytes = tensor.data.len();
            if self.bytes + bytes > MOST_UNDER_WAY {
                self.slots[place] = packed(tensor)?;
            } else {
                self.bytes += bytes;
                self.under_way.push_back(UnderWay { place, bytes, slot: threads::start(|| packed(tensor)) });
            }
        }
        Ok(())
    }

    /// All tensors.
    ///
    /// # Errors
    /// `NonFiniteWeight`, and `Malformed` if two have the same name.
    pub fn finish(mut self) -> Result<Tensors> {
        self.start_all()?;
        while !self.under_way.is_empty() {
            self.settle_first()?;
        }
        Tensors::from_slots(self.slots)
    }

    /// Waits for what has been under way for longest.
    fn settle_first(&mut self) -> Result<()> {
        if let Some(UnderWay { place, bytes, slot }) = self.under_way.pop_front() {
            self.bytes -= bytes;
            self.slots[place] = slot.wait()?;
        }
        Ok(())
    }
}

/// Whether a tensor is a matrix of a block, which only products read.
fn is_of_a_block(tensor: &Tensor) -> bool {
    let is_within = [".blk.", ".blocks."].iter().any(|blocks| tensor.name.contains(blocks));
    is_within && tensor.name.ends_with(".weight") && tensor.shape.len() == 2
}

fn packed(tensor: Tensor) -> Result<Slot> {
    Ok(match pack(&tensor)? {
        None => Slot::Stored(tensor),
        Some(matrix) => Slot::Packed(Tensor { data: Bytes::new(), ..tensor }, matrix),
    })
}

/// The matrix `[columns, in_features]` of a tensor in blocks, with no outlier channels yet; nothing for one of floats.
///
/// # Errors
/// `NonFiniteWeight`.
pub fn pack(tensor: &Tensor) -> Result<Option<PackedMatrix>> {
    let packed = repack::pack(tensor.dtype, tensor.rows(), tensor.row_len(), &tensor.data);
    if packed.as_ref().is_none_or(|packed| !packed.is_finite()) {
        tensor.check_finite()?;
    }
    Ok(packed)
}
