//! Containers: bytes to named tensors and back, whatever the names mean.

pub mod gguf;
pub mod pytorch;
pub mod safetensors;
pub mod tensor;
