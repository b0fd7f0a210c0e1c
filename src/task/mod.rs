//! What a user asks for, over embeddings that the session makes.

pub mod accuracy;
pub mod zero_shot;
