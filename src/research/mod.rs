//! Research on data sets: what is measured of labelled pictures and their embeddings.
//!
//! Nothing here makes an embedding: what the caller has from a model, or from files, is put into an
//! [`EmbeddingSet`](embedding_set::EmbeddingSet), and labels with their embeddings into [`Labels`](labels::Labels).

pub mod accuracy;
pub mod association;
pub mod bias;
pub mod calibration;
pub mod comparison;
pub mod dataset;
pub mod embedding_set;
pub mod evaluation;
pub mod labels;
pub mod logits;
pub mod pca;
pub mod probe;
pub mod relabelling;
pub mod robustness;
pub mod sample;
pub mod statistics;
