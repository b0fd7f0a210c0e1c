//! What a file of clip.cpp's converter lacks, made from what it has: the tokenizer from its list of tokens, the
//! preprocessing from its statistics.
//!
//! clip.cpp keeps no merges. CLIP's tokens stand in the order in which its merges made them, though, so that the
//! merge behind a token is the pair that the merges before it leave of the token's characters.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::value::Value;
use crate::error::{Error, Result};

const TOKENIZER: &str = "tokenizer.ggml.tokens";
const END_OF_WORD: &str = "</w>";
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// The pattern of OpenAI's `simple_tokenizer.py`.
const WORDS: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
/// The longest token that is taken apart; CLIP's longest has some tens of characters.
const MAX_TOKEN: usize = 256;

/// A `tokenizer.json` of CLIP's kind with these tokens.
///
/// # Errors
/// `Config` for a list that is not CLIP's: without its special tokens, or with a token that no merge makes.
pub fn tokenizer_json(tokens: &[String]) -> Result<Bytes> {
    let id = |token: &str| {
        let place = tokens.iter().position(|other| other == token);
        place.ok_or_else(|| wrong(format!("has no {token}: it is not CLIP's vocabulary")))
    };
    let (start, end) = (id(START)?, id(END)?);
    let special = |id: usize, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
    };
    let vocabulary: serde_json::Map<String, Json> =
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
                    "has the token {token:?}, which no merge makes of those before it"
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

/// A `preprocessor_config.json` of CLIP's kind for pictures of this size.
///
/// # Errors
/// `Config` if the statistics are not three numbers each.
pub fn preprocessing_json(size: usize, mean: Option<&Value>, std: Option<&Value>) -> Result<Bytes> {
    let colour = |key: &'static str, value: Option<&Value>| match value {
        Some(Value::Array(array)) => match array.to_floats() {
            Some(values) if values.len() == 3 => Ok(values),
            _ => {
                Err(Error::Config { file: FILE, key: key.to_owned(), problem: "is not three numbers".into() })
            }
        },
        _ => Err(Error::Config { file: FILE, key: key.to_owned(), problem: "is missing".into() }),
    };
    let preprocessing = json!({
        "do_resize": true, "size": { "shortest_edge": size }, "resample": 3,
        "do_center_crop": true, "crop_size": { "height": size, "width": size },
        "do_rescale": true, "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": colour("clip.vision.image_mean", mean)?,
        "image_std": colour("clip.vision.image_std", std)?,
    });
    Ok(preprocessing.to_string().into())
}

const FILE: &str = "GGUF metadata";

fn wrong(problem: String) -> Error {
    Error::Config { file: FILE, key: TOKENIZER.to_owned(), problem }
}
