//! Labels and templates in, token ids out.
