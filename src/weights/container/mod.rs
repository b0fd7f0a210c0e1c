//! Containers: bytes to named tensors and back, whatever the names mean.

pub mod gguf;
pub(super) mod pytorch;
pub(super) mod safetensors;
pub mod tensor;
