//! Checkpoints in and out. Each module uses only those above it here:
//!
//! - `quantize::blocks`: the block formats, by which any tensor is read.
//! - [`container`]: bytes to named tensors and back; knows no CLIP.
//! - [`config`] and [`record`](Record): what a model is, and where it is from, whatever the file calls it.
//! - [`dialect`]: whose names, configs and preprocessing become ours.
//! - [`hub`]: which files of a repository make a model.
//! - [`checkpoint`]: open, load while it arrives, tensors taken exactly once.
//! - [`quantize`](mod@quantize): which tensor gets which type, and the conversion of a checkpoint or a stream.
//!
//! Whatever a checkpoint's own form, it becomes a [`Checkpoint`]: a config, the tokenizer and preprocessing
//! files as they came, a record of where all that is from, and tensors under the names of clip.cpp's GGUF
//! files ([`tensor_names`]).

pub mod checkpoint;
pub mod config;
pub mod container;
pub mod dialect;
mod hashed;
pub mod hub;
pub(crate) mod instead;
mod outliers;
pub mod quantize;
mod record;

pub use checkpoint::{Checkpoint, Loader, MatrixTensor, Tensors, pack};
pub use config::{
    Activation, ClipConfig, ConvolutionalConfig, EfficientNetConfig, EndToken, FastVitConfig, ModelFamily,
    TowerConfig,
};
pub use container::gguf;
pub use container::tensor::Tensor;
pub use dialect::checkpoint_metadata::{CheckpointMetadata, HuggingFaceFiles, MetadataFiles};
pub use dialect::tensor_names;
pub(crate) use dialect::tensor_names::is_kept_in_floats;
pub use hashed::{Hashed, hexadecimal};
pub use outliers::Outliers;
pub(crate) use quantize::balanced::{mean_after_relu6, pack_balanced};
pub use quantize::blocks::dtype::Dtype;
pub use quantize::stream::{Converter, Ending};
pub use quantize::{Summary, outlier_weights_name, quantize, rewrite, sizes};
pub use record::{Measure, Record, Source};
