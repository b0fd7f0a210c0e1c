//! GGUF files: one self-contained file with metadata and tensors.
//!
//! [`read`] and [`write`](mod@write) handle the container (versions 2 and 3, little-endian; specification:
//! `docs/gguf.md` in the ggml repository) and know nothing of CLIP; `dialect::clip_cpp` interprets CLIP's keys. Written
//! here, because candle's reader sizes allocations by the file's own numbers, and needs the whole file.

pub mod read;
pub mod stream;
pub mod value;
pub mod write;

pub use read::Gguf;
pub use stream::GgufStream;
pub use value::{Array, Value};
pub use write::TensorLayout;

/// The metadata of a file: its keys and values.
pub type Metadata = std::collections::BTreeMap<String, Value>;

/// The first four bytes of every file.
const MAGIC: [u8; 4] = *b"GGUF";

/// The alignment of tensor data where `general.alignment` does not say otherwise.
const DEFAULT_ALIGNMENT: u64 = 32;
