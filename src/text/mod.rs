//! Labels and templates in, token ids out.

pub mod prompts;
pub mod tokenizer;
mod tokenizer_file;

pub use prompts::{MAX_LABEL_CHARS, Template, check_labels};
pub use tokenizer::{Tokenizer, canonicalized};
