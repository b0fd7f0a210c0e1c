//! The block formats: the sizes of blocks and rows ([`dtype`]), decoding, encoding, and the conversion of a stored matrix
//! to what kernels read ([`repack`]).
//!
//! Layouts are ggml's (`ggml-common.h`, `block_q4_0` to `block_q6_K`). Both directions work on plain bytes at
//! any alignment, row by row, and give the same bits on every machine, which candle's own block types do not
//! promise. Only the encoder of q6_k is candle's.

mod decode;
pub mod dtype;
mod encode;
pub mod repack;

pub use decode::{PIECE, decode, first_non_finite};
pub use encode::encode;

/// Where the f16 scale of a q6_k block lies: after the low bits, the high bits and the inner scales.
const Q6K_SCALE: usize = 128 + 64 + 16;
