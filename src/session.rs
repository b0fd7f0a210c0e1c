//! The one facade: model, tokenizer, preprocessing and caches behind a handful of verbs.
