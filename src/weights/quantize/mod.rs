//! Quantization: the block formats (`blocks`), which tensor gets which of them (`tensor_types`), and the
//! conversion of an open checkpoint ([`quantize()`]) or of published weights while they arrive ([`stream`]).

pub(crate) mod balanced;
pub(crate) mod blocks;
mod data_writer;
mod file;
mod outlier_weights;
mod row_converter;
pub mod sizes;
pub mod stream;
mod tensor_types;

pub use file::{Summary, quantize, rewrite};
pub use outlier_weights::outlier_weights_name;
pub use tensor_types::planned_dtype;
