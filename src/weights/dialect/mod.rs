//! Dialects: whose names, configs, tokenizers and preprocessing become ours.
//!
//! Each file is one publisher's: `hugging_face`, `open_clip`, `openai` and `clip_cpp`, whose names of tensors
//! are the canonical ones ([`tensor_names`]). [`checkpoint_metadata`] picks the dialect of the files at hand.

pub mod checkpoint_metadata;
pub(super) mod clip_cpp;
mod hugging_face;
mod open_clip;
mod openai;
pub(super) mod parts;
pub mod tensor_names;
mod tokenizer_config;
mod vocabulary;
