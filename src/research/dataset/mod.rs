//! Data sets: tables of pictures and labels, and the pictures in WebDataset archives.

pub mod table;
#[cfg(feature = "archives")]
pub mod webdataset;
