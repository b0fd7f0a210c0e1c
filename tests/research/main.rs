//! What is measured of embeddings, against the libraries that measure the same.

mod relabelling;
mod statistics;
