//! Containers: convert between the bytes of files and named tensors, whatever the names mean.

pub mod gguf;
pub(super) mod pytorch;
pub(super) mod safetensors;
pub mod tensor;
