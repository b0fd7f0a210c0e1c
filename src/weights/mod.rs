//! Checkpoints in and out: Hugging Face folders, GGUF files, quantization.
//!
//! Whatever a checkpoint's own form, it becomes a [`Checkpoint`]: a config, the tokenizer and preprocessing
//! files as they came, a record of where all that is from, and tensors under the names of clip.cpp's GGUF
//! files ([`names`]).

mod blocks;
mod body;
pub mod checkpoint;
mod companions;
pub mod config;
pub mod dtype;
#[cfg(not(target_arch = "wasm32"))]
mod folder;
pub mod gguf;
mod hashed;
pub mod hub;
mod hugging_face;
mod loader;
pub mod names;
mod open_clip;
mod openai;
mod packing;
mod parts;
mod pytorch;
pub mod quantize;
mod record;
mod rows;
mod safetensors;
pub mod sizes;
pub mod stream;
pub mod tensor;
mod tensors;
mod tokenizer_config;
mod vocabulary;
mod wide;

pub use checkpoint::{Checkpoint, HuggingFaceFiles, hexadecimal};
pub use companions::{CompanionFiles, Companions};
pub use config::{Activation, ClipConfig, EndToken, Family, FastVitConfig, TowerConfig};
pub use dtype::Dtype;
pub use hashed::Hashed;
pub use loader::Loader;
pub use packing::pack;
pub use quantize::{Summary, quantize, rewrite};
pub use record::{Measure, Record, Source};
pub use stream::{Converter, Ending};
pub use tensor::Tensor;
pub use tensors::{Matrix, Tensors};
pub use wide::wide_name;
