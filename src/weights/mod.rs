//! Checkpoints in and out: Hugging Face folders, GGUF files, quantization.
