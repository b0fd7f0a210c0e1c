//! Checkpoints in and out: formats, names, configs, types, and what happens when a file is damaged.

#[path = "../support/mod.rs"]
mod support;

mod arrivals;
mod checkpoint_metadata;
mod clip_cpp;
mod config;
mod damaged_gguf;
mod dtypes;
mod gguf;
mod hub;
mod hugging_face;
mod loader;
mod names;
mod open_clip;
mod openai;
mod outliers;
mod pytorch;
mod quantize;
mod stream;
mod timm;
