//! Data sets: lists of pictures and labels in tables, and the pictures of webdataset's archives.

pub mod table;
#[cfg(feature = "archives")]
pub mod webdataset;
