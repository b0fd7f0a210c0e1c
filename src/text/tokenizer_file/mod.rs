//! `tokenizer.json` as Hugging Face writes it: read once, checked, and turned into a pipeline.
//!
//! The library's own reader goes through a tree of JSON values, which takes twice as long, and trusts the
//! file: a merge longer than every token or a template that names an unknown token makes it panic, and a
//! panic in WebAssembly cannot be caught. So the file is read here, and only what has been checked reaches the library.

mod charsmap;
mod merges;
mod model;
mod special_tokens;
mod steps;

use std::collections::HashMap;

use serde::Deserialize;
use tokenizers::{AddedToken, TokenizerBuilder, TokenizerImpl};

use model::{Kind, Model, TokenModel, Vocabulary};
use special_tokens::PostProcessor;
pub(super) use special_tokens::SpecialTokens;
use steps::{NormalizerStep, Nothing, PreTokenizerStep};

use crate::{Error, Result};

/// The library's pipeline up to the ids; the special tokens around them are added by [`super::Tokenizer`].
pub(super) type Pipeline = TokenizerImpl<TokenModel, NormalizerStep, PreTokenizerStep, Nothing, Nothing>;

/// What a `tokenizer.json` holds, ready to use.
pub(super) struct TokenizerFile {
    pub pipeline: Pipeline,
    pub special: SpecialTokens,
    /// The padding id, if the file states or implies one.
    pub padding: Option<u32>,
    /// Ids are `0..vocab_size`, without a gap.
    pub vocab_size: usize,
}

/// What the file does not say of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// The text is used as the file's own normalizer leaves it.
    AsItIs,
    /// The text is lower-cased first.
    Lowered,
}

/// Reads and checks a `tokenizer.json`.
///
/// # Errors
/// [`Error::Tokenizer`] says what cannot be used.
pub(super) fn read(json: &[u8], case: Case) -> Result<TokenizerFile> {
    let file: FileJson = serde_json::from_slice(json).map_err(|error| fail(error.to_string()))?;
    let mut normalizer = file.normalizer;
    if case == Case::Lowered {
        let normalizers = std::iter::once(NormalizerStep::Lowercase).chain(normalizer).collect();
        normalizer = Some(NormalizerStep::Sequence { normalizers });
    }
    if file.truncation.is_some_and(|truncation| truncation.direction == Direction::Left) {
        return Err(fail("`truncation` cuts texts at the beginning, but here they are cut at the end"));
    }
    if case == Case::Lowered
        && file.padding.as_ref().is_some_and(|padding| padding.direction == Direction::Left)
    {
        return Err(fail("`padding` pads texts at the beginning, but here they are padded at the end"));
    }
    let vocab_size = count_ids(&file.model.vocab, &file.added_tokens)?;
    let special = file.post_processor.map_or(Ok(SpecialTokens::default()), PostProcessor::special_tokens)?;
    if let Some(id) = special.before.iter().chain(&special.after).find(|&&id| id as usize >= vocab_size) {
        return Err(fail(format!("special token id {id} is not among the {vocab_size} tokens")));
    }
    let kind = file.model.kind();
    let mut pipeline: Pipeline = TokenizerBuilder::new()
        .with_model(file.model.build()?)
        .with_normalizer(normalizer)
        .with_pre_tokenizer(file.pre_tokenizer)
        .build()
        .map_err(|error| fail(error.to_string()))?;
    add_tokens(&mut pipeline, file.added_tokens)?;
    // Of files that do not say, SigLIP's SentencePiece fills up with the end token, though it has a `<pad>`;
    // Gemma's byte pairs, which its second version has, with `<pad>`.
    let implied = match kind {
        Kind::Unigram => special.after.last().copied(),
        Kind::BytePairs => pipeline.token_to_id("<pad>"),
    };
    let padding = file.padding.map(|padding| padding.pad_id).or(implied);
    if let Some(id) = padding.filter(|&id| id as usize >= vocab_size) {
        return Err(fail(format!("padding token id {id} is not among the {vocab_size} tokens")));
    }
    Ok(TokenizerFile { pipeline, special, padding, vocab_size })
}

fn fail(reason: impl Into<String>) -> Error {
    Error::Tokenizer { reason: reason.into() }
}

#[derive(Deserialize)]
struct FileJson {
    #[serde(default)]
    added_tokens: Vec<AddedTokenJson>,
    normalizer: Option<NormalizerStep>,
    pre_tokenizer: Option<PreTokenizerStep>,
    post_processor: Option<PostProcessor>,
    padding: Option<PaddingJson>,
    truncation: Option<TruncationJson>,
    model: Model,
}

#[derive(Deserialize)]
struct PaddingJson {
    pad_id: u32,
    #[serde(default)]
    direction: Direction,
}

#[derive(Deserialize)]
struct TruncationJson {
    #[serde(default)]
    direction: Direction,
}

/// At which end texts are cut or filled up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Direction {
    Left,
    #[default]
    Right,
}

#[derive(Deserialize)]
struct AddedTokenJson {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

/// Counts the ids, which must be `0..n`, each with one token.
fn count_ids(vocab: &Vocabulary, added: &[AddedTokenJson]) -> Result<usize> {
    let added = added.iter().map(|entry| (entry.token.content.as_str(), entry.id));
    let mut tokens: HashMap<&str, u32> = HashMap::with_capacity(vocab.len());
    tokens.extend(added);
    tokens.extend(vocab.entries());
    let mut seen = vec![false; tokens.len()];
    for (token, id) in &tokens {
        match seen.get_mut(*id as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                let ids = tokens.len();
                return Err(fail(format!(
                    "token {token:?} has id {id}, expected each id from 0 up to, but not including, {ids} exactly once"
                )));
            }
        }
    }
    Ok(tokens.len())
}

/// Adds the tokens that are found in a text before any merge, and checks that they got the file's ids.
fn add_tokens(pipeline: &mut Pipeline, entries: Vec<AddedTokenJson>) -> Result<()> {
    let ids: Vec<(String, u32)> =
        entries.iter().map(|entry| (entry.token.content.clone(), entry.id)).collect();
    pipeline
        .add_tokens(entries.into_iter().map(|entry| entry.token))
        .map_err(|error| fail(error.to_string()))?;
    for (token, id) in ids {
        let found = pipeline.token_to_id(&token);
        if found != Some(id) {
            return Err(fail(format!("added token {token:?} has id {id}, the vocabulary has {found:?}")));
        }
    }
    Ok(())
}
