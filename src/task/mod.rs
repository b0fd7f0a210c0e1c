//! Tasks over embeddings: zero-shot scores, and heatmaps.

pub mod saliency;
pub mod zero_shot;
