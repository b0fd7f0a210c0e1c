//! What a user asks for, over embeddings that the session makes.

pub mod accuracy;
pub mod bias;
pub mod calibration;
pub mod comparison;
pub mod dataset;
pub mod evaluation;
pub mod kept;
pub mod logits;
pub mod pca;
pub mod probe;
pub mod robustness;
pub mod saliency;
pub mod sample;
pub mod statistics;
pub mod words;
pub mod zero_shot;
