//! CLIP zero-shot image classification: the same bits natively and in every browser.
//!
//! The modules form layers, and each uses only the layers below it:
//!
//! 0. [`error`]: one enum, a variant per way to fail.
//! 1. [`kernels`]: arithmetic on slices; knows no model, no file, no image. [`lfs_pointer`]: what stands in place of a
//!    file.
//! 2. [`weights`], [`text`], [`image`]: checkpoints, prompts and pictures in and out.
//! 3. [`model`]: the two towers.
//! 4. [`task`]: zero-shot scores and heatmaps.
//! 5. [`session`]: the one facade over model, tokenizer, preprocessing and caches. [`research`]: what is measured of
//!    data sets.
//! 6. `web` and the command line: the boundaries. Nobody imports them.

#![deny(unsafe_code)] // a file that needs some says so in its first lines, and what for

pub mod error;
pub mod image;
pub mod kernels;
pub mod lfs_pointer;
pub mod model;
pub mod research;
pub mod session;
pub mod task;
pub mod text;
#[cfg(target_arch = "wasm32")]
mod web;
pub mod weights;

pub use error::{Error, Result};
