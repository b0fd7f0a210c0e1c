//! The two towers of CLIP and SigLIP, from pixels and token ids to embeddings.
//!
//! [`candle_core::Tensor`] is what goes in and comes out. Inside a tower the fused operations of
//! [`crate::kernels`] work on slices of a [`workspace`] that is kept from one pass to the next: a
//! block of small tensors would allocate and clear some eight of them a layer.

mod attention_pool;
pub mod block;
pub mod clip;
mod convolutional;
pub mod image_tower;
pub mod linear;
mod mlp;
mod pixels;
pub mod positions;
mod prompt_rows;
pub mod prompt_tree;
pub mod text;
pub mod vision;
mod weight_matrix;
pub mod workspace;

pub use clip::Clip;
pub use prompt_rows::PromptRows;
pub use prompt_tree::PromptTree;
