//! Loads a model while its file arrives: tensors are read and packed while the rest is on its way.

use crate::error::Result;
use crate::weights::checkpoint::Checkpoint;
use crate::weights::checkpoint::packing::Packing;
use crate::weights::container::gguf::GgufStream;
use crate::weights::dialect::checkpoint_metadata::CheckpointMetadata;
use crate::weights::dialect::clip_cpp;

/// The most bytes that are set aside before any have come.
const MOST_AT_ONCE: u64 = 1 << 30;

/// A GGUF file that is arriving. Neither the whole file nor a whole matrix in its stored form is ever in memory.
#[derive(Default)]
pub struct Loader {
    stream: GgufStream,
    packing: Packing,
}

impl Loader {
    /// A loader for a file of `announced` bytes, or 0 if the size is unknown.
    pub fn new(announced: u64) -> Self {
        grow(announced);
        Self { stream: GgufStream::new(announced), packing: Packing::default() }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// As [`GgufStream::push`], and `NonFiniteWeight`.
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        self.stream.push(chunk)?;
        self.stream.arrived().into_iter().try_for_each(|tensor| self.packing.add(tensor))
    }

    /// What the checkpoint has beside its tensors, once that has come, or what is wrong with it.
    pub fn metadata(&self) -> Option<Result<CheckpointMetadata>> {
        self.stream.metadata().map(clip_cpp::metadata)
    }

    /// The checkpoint of the bytes so far, the matrices of its blocks packed where their type allows.
    ///
    /// # Errors
    /// As [`Checkpoint::from_gguf`], and `NonFiniteWeight`.
    pub fn finish(mut self) -> Result<Checkpoint> {
        let rest = self.stream.finish()?;
        rest.tensors.into_iter().try_for_each(|tensor| self.packing.add(tensor))?;
        Checkpoint::from_parts(&rest.metadata, self.packing.finish()?)
    }
}

/// Lets the memory grow at once to what a file of `announced` bytes will take, its panels an eighth larger. That costs
/// address space alone; growing with each tensor, WebAssembly's shared memory stops all threads a hundred times over.
/// Where so much cannot be had, it grows as it must.
fn grow(announced: u64) {
    let mut room: Vec<u8> = Vec::new();
    if room.try_reserve_exact((announced / 8 * 9).min(MOST_AT_ONCE) as usize).is_ok() {
        std::hint::black_box(&mut room);
    }
}
