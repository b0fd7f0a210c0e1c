//! Quantization: the block formats (`blocks`), which tensor gets which of them (`plan`), and the conversion of a
//! checkpoint that is open ([`quantize()`]) or of published weights while they arrive ([`stream`]).

pub(crate) mod blocks;
mod body;
mod file;
mod plan;
mod rows;
pub mod sizes;
pub mod stream;
mod wide;

pub use file::{Summary, quantize, rewrite};
pub use plan::planned_dtype;
pub use wide::wide_name;
