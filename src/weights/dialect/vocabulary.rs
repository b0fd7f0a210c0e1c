//! The tokens of a tokenizer as a plain list, which is all that clip.cpp knows of it and a `vocab.json` says, and the
//! tokenizer such a list belongs to.
//!
//! Neither keeps the merges. CLIP's tokens stand in the order in which its merges made them, though, so that the
//! merge behind a token is the pair that the merges before it leave of the token's characters.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};

const END_OF_WORD: &str = "</w>";
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// The pattern of OpenAI's `simple_tokenizer.py`.
const WORDS: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
/// The longest token that is taken apart; CLIP's longest has some tens of characters.
const MAX_TOKEN: usize = 256;

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
    listed(tokenizer.model.vocab.into_iter().chain(added), vocab_size)
}

/// The text of a `tokenizer.json`: as it is, or made where `json` is a `vocab.json`, which has the ids of the tokens
/// alone.
///
/// # Errors
/// `Tokenizer` for a vocabulary that is not CLIP's, `TokenId` if an id is not below `vocab_size`.
pub fn completed(json: Bytes, vocab_size: usize) -> Result<Bytes> {
    match serde_json::from_slice::<HashMap<String, u32>>(&json) {
        Ok(vocabulary) => from_tokens(&listed(vocabulary.into_iter(), vocab_size)?),
        Err(_) => Ok(json),
    }
}

/// Tokens in the order of their ids.
fn listed(vocabulary: impl Iterator<Item = (String, u32)>, vocab_size: usize) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    for (token, id) in vocabulary {
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

/// A `tokenizer.json` of CLIP's kind with these tokens.
///
/// # Errors
/// `Tokenizer` for a list that is not CLIP's: without its special tokens, or with a token that no merge makes.
pub fn from_tokens(tokens: &[String]) -> Result<Bytes> {
    let id = |token: &str| {
        let place = tokens.iter().position(|other| other == token);
        place.ok_or_else(|| wrong(format!("has no {token}: it is not CLIP's vocabulary")))
    };
    let (start, end) = (id(START)?, id(END)?);
    let special = |id: usize, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
    };
    let vocabulary: serde_json::Map<String, Value> =
        tokens.iter().enumerate().map(|(id, token)| (token.clone(), id.into())).collect();
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [special(start, START), special(end, END)],
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "NFC" },
            { "type": "Replace", "pattern": { "Regex": r"\s+" }, "content": " " },
            { "type": "Lowercase" },
        ] },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "Split", "pattern": { "Regex": WORDS }, "behavior": "Removed", "invert": true },
            { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
        ] },
        "post_processor": { "type": "RobertaProcessing", "sep": [END, end], "cls": [START, start],
                            "trim_offsets": false, "add_prefix_space": false },
        "decoder": { "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true },
        "model": { "type": "BPE", "dropout": null, "unk_token": END, "continuing_subword_prefix": "",
                   "end_of_word_suffix": END_OF_WORD, "fuse_unk": false, "byte_fallback": false,
                   "ignore_merges": false, "vocab": vocabulary, "merges": merges(tokens)? },
    });
    Ok(tokenizer.to_string().into())
}

/// The merges, in order.
fn merges(tokens: &[String]) -> Result<Vec<[&str; 2]>> {
    let mut ranks: HashMap<(&str, &str), usize> = HashMap::new();
    let mut merges = Vec::new();
    for token in tokens.iter().filter(|token| ![START, END].contains(&token.as_str())) {
        if token.len() > MAX_TOKEN {
            return Err(wrong(format!("has a token of {} bytes", token.len())));
        }
        match symbols(token, &ranks)[..] {
            [_] => {}
            [left, right] => {
                ranks.insert((left, right), merges.len());
                merges.push([left, right]);
            }
            _ => {
                return Err(wrong(format!(
                    "has the token {token:?}, which no merge makes from the tokens before it"
                )));
            }
        }
    }
    Ok(merges)
}

/// What the merges so far leave of a token's characters, of which the last has the end of the word.
fn symbols<'a>(token: &'a str, ranks: &HashMap<(&'a str, &'a str), usize>) -> Vec<&'a str> {
    let word = token.strip_suffix(END_OF_WORD).unwrap_or(token);
    let mut starts: Vec<usize> = word.char_indices().map(|(start, _)| start).collect();
    loop {
        let part = |index: usize| {
            let end = starts.get(index + 1).copied().unwrap_or(token.len());
            &token[starts[index]..end]
        };
        let pairs =
            (1..starts.len()).filter_map(|index| Some((*ranks.get(&(part(index - 1), part(index)))?, index)));
        match pairs.min() {
            Some((_, index)) => {
                starts.remove(index);
            }
            None => return (0..starts.len()).map(part).collect(),
        }
    }
}

fn wrong(problem: String) -> Error {
    Error::Tokenizer { reason: format!("the list of tokens {problem}") }
}
