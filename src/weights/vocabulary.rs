//! The tokens of a `tokenizer.json` as a plain list, which is all that clip.cpp knows of a tokenizer.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::{Error, Result};

#[derive(Deserialize)]
struct TokenizerJson {
    model: ModelJson,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct ModelJson {
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

/// The tokens in the order of their ids; ids without a token get a name no text contains.
///
/// # Errors
/// `Tokenizer` if the JSON has no vocabulary of that form, `TokenId` if an id is not below `vocab_size`.
pub fn tokens(tokenizer_json: &[u8], vocab_size: usize) -> Result<Vec<String>> {
    let tokenizer: TokenizerJson = serde_json::from_slice(tokenizer_json)
        .map_err(|error| Error::Tokenizer { reason: error.to_string() })?;
    let added = tokenizer.added_tokens.into_iter().map(|token| (token.content, token.id));
    let mut tokens = Vec::new();
    for (token, id) in tokenizer.model.vocab.into_iter().chain(added) {
        let slot = id as usize;
        if slot >= vocab_size {
            return Err(Error::TokenId { id, vocab_size });
        }
        if slot >= tokens.len() {
            tokens.resize(slot + 1, None);
        }
        tokens[slot] = Some(token);
    }
    let name = |(id, token): (usize, Option<String>)| token.unwrap_or_else(|| format!("<|unused {id}|>"));
    Ok(tokens.into_iter().enumerate().map(name).collect())
}
