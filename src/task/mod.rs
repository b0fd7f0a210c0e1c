//! What a user asks for: zero-shot scores over embeddings.
