//! What several test programs build their inputs from.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod any_clip;
pub mod conversion;
pub mod gguf;
pub mod goldens;
pub mod open_clip;
pub mod tiny_clip;
