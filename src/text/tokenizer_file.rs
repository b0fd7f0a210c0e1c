//! `tokenizer.json` as Hugging Face writes it: read once, checked, and turned into a pipeline.
//!
//! The library's own reader goes through a tree of JSON values, which takes twice as long, and trusts the
//! file: a merge longer than every token, a pre-tokenizer of length 0 or a template that names an
//! unknown token makes it panic, and a panic in WebAssembly cannot be caught. So the
//! file is read here, and only what has been checked reaches the library.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, de};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::{AddedToken, NormalizerWrapper, PreTokenizerWrapper, TokenizerBuilder};

use super::tokenizer::Pipeline;
use crate::{Error, Result};

/// What a `tokenizer.json` holds, ready to use.
pub(super) struct TokenizerFile {
    pub pipeline: Pipeline,
    pub special: SpecialTokens,
    /// Ids are `0..vocab_size`, without a gap.
    pub vocab_size: usize,
}

/// The ids around every text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SpecialTokens {
    pub before: Vec<u32>,
    pub after: Vec<u32>,
}

impl SpecialTokens {
    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

/// Reads and checks a `tokenizer.json`.
///
/// # Errors
/// [`Error::Tokenizer`] says what cannot be used.
pub(super) fn read(json: &[u8]) -> Result<TokenizerFile> {
    let file: FileJson = serde_json::from_slice(json).map_err(|error| fail(error.to_string()))?;
    check_normalizer(file.normalizer.as_ref())?;
    check_pre_tokenizer(file.pre_tokenizer.as_ref())?;
    let vocab_size = count_ids(&file.model.vocab, &file.added_tokens)?;
    let special = file.post_processor.map_or(Ok(SpecialTokens::default()), special_tokens)?;
    if let Some(id) = special.before.iter().chain(&special.after).find(|&&id| id as usize >= vocab_size) {
        return Err(fail(format!("special token id {id} is not among the {vocab_size} tokens")));
    }
    let mut pipeline: Pipeline = TokenizerBuilder::new()
        .with_model(file.model.build()?)
        .with_normalizer(file.normalizer)
        .with_pre_tokenizer(file.pre_tokenizer)
        .build()
        .map_err(|error| fail(error.to_string()))?;
    add_tokens(&mut pipeline, file.added_tokens)?;
    Ok(TokenizerFile { pipeline, special, vocab_size })
}

fn fail(reason: impl Into<String>) -> Error {
    Error::Tokenizer { reason: reason.into() }
}

#[derive(Deserialize)]
struct FileJson {
    #[serde(default)]
    added_tokens: Vec<AddedTokenJson>,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    post_processor: Option<PostProcessorJson>,
    model: BpeJson,
}

#[derive(Deserialize)]
struct AddedTokenJson {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

/// The kinds of model that are read; another one is an error that names it.
#[derive(Deserialize)]
enum ModelKind {
    #[serde(rename = "BPE")]
    Bpe,
}

#[derive(Deserialize)]
struct BpeJson {
    /// Files from before 2020 leave it out.
    #[serde(rename = "type")]
    _kind: Option<ModelKind>,
    dropout: Option<f32>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    vocab: Vocab,
    merges: Vec<MergeJson>,
}

impl BpeJson {
    fn build(self) -> Result<BPE> {
        self.check()?;
        let merges = self.merges.into_iter().map(|merge| (merge.left, merge.right)).collect();
        let mut builder = BPE::builder()
            .vocab_and_merges(self.vocab, merges)
            .fuse_unk(self.fuse_unk)
            .byte_fallback(self.byte_fallback)
            .ignore_merges(self.ignore_merges);
        if let Some(token) = self.unk_token {
            builder = builder.unk_token(token);
        }
        if let Some(prefix) = self.continuing_subword_prefix {
            builder = builder.continuing_subword_prefix(prefix);
        }
        if let Some(suffix) = self.end_of_word_suffix {
            builder = builder.end_of_word_suffix(suffix);
        }
        builder.build().map_err(|error| fail(error.to_string()))
    }

    /// Checks what the library takes for granted.
    fn check(&self) -> Result<()> {
        if let Some(dropout) = self.dropout.filter(|&dropout| dropout != 0.0) {
            return Err(fail(format!("BPE dropout {dropout} would make the ids random, expected none")));
        }
        if let Some(token) = self.unk_token.as_ref().filter(|&token| !self.vocab.contains_key(token)) {
            return Err(fail(format!("unk_token {token:?} is not in the vocabulary")));
        }
        let prefix = self.continuing_subword_prefix.as_deref().unwrap_or_default();
        let longest = self.vocab.keys().map(String::len).max().unwrap_or_default();
        for merge in &self.merges {
            let tail = merge.right.get(prefix.len()..);
            if tail.is_none_or(|tail| merge.left.len() + tail.len() > longest) {
                let MergeJson { left, right } = merge;
                return Err(fail(format!("the merge of {left:?} and {right:?} is not in the vocabulary")));
            }
        }
        Ok(())
    }
}

/// Two tokens that join: `["a", "b"]`, or `"a b"` in files from before 2024.
struct MergeJson {
    left: String,
    right: String,
}

impl<'de> Deserialize<'de> for MergeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(MergeVisitor)
    }
}

/// Reads either form without a copy in between, as an untagged enum would make.
struct MergeVisitor;

impl<'de> de::Visitor<'de> for MergeVisitor {
    type Value = MergeJson;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a merge of two tokens")
    }

    fn visit_str<E: de::Error>(self, merge: &str) -> std::result::Result<MergeJson, E> {
        match merge.split_once(' ') {
            Some((left, right)) => Ok(MergeJson { left: left.to_owned(), right: right.to_owned() }),
            None => Err(E::invalid_value(de::Unexpected::Str(merge), &self)),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<MergeJson, A::Error> {
        let left = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let right = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
        Ok(MergeJson { left, right })
    }
}

/// Counts the ids, which must be `0..n`, each with one token.
fn count_ids(vocab: &Vocab, added: &[AddedTokenJson]) -> Result<usize> {
    let added = added.iter().map(|entry| (entry.token.content.as_str(), entry.id));
    let mut tokens: HashMap<&str, u32> = added.collect();
    tokens.extend(vocab.iter().map(|(token, &id)| (token.as_str(), id)));
    let mut seen = vec![false; tokens.len()];
    for (token, id) in &tokens {
        match seen.get_mut(*id as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                let ids = tokens.len();
                return Err(fail(format!(
                    "token {token:?} has id {id}, expected the ids 0 to {ids}, {ids} excluded, once each"
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

/// Refuses the normalizer that runs a binary program out of the file.
fn check_normalizer(normalizer: Option<&NormalizerWrapper>) -> Result<()> {
    match normalizer {
        Some(NormalizerWrapper::Precompiled(_)) => Err(fail("the normalizer Precompiled is not supported")),
        Some(NormalizerWrapper::Sequence(steps)) => {
            steps.as_ref().iter().try_for_each(|step| check_normalizer(Some(step)))
        }
        _ => Ok(()),
    }
}

/// Refuses the pre-tokenizer that cuts at fixed lengths: no CLIP uses it, and a length of 0 panics.
fn check_pre_tokenizer(pre_tokenizer: Option<&PreTokenizerWrapper>) -> Result<()> {
    match pre_tokenizer {
        Some(PreTokenizerWrapper::FixedLength(_)) => {
            Err(fail("the pre-tokenizer FixedLength is not supported"))
        }
        Some(PreTokenizerWrapper::Sequence(steps)) => {
            steps.as_ref().iter().try_for_each(|step| check_pre_tokenizer(Some(step)))
        }
        _ => Ok(()),
    }
}

/// The ways to say which special tokens stand around a text.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum PostProcessorJson {
    #[serde(rename = "RobertaProcessing", alias = "BertProcessing")]
    Bracket { cls: (String, u32), sep: (String, u32) },
    #[serde(rename = "TemplateProcessing")]
    Template { single: Vec<PieceJson>, special_tokens: HashMap<String, SpecialTokenJson> },
    #[serde(rename = "Sequence")]
    Sequence { processors: Vec<PostProcessorJson> },
    /// Trims offsets, which nobody reads here.
    #[serde(rename = "ByteLevel")]
    ByteLevel,
}

#[derive(Deserialize)]
enum PieceJson {
    Sequence { id: String },
    SpecialToken { id: String },
}

#[derive(Deserialize)]
struct SpecialTokenJson {
    ids: Vec<u32>,
}

fn special_tokens(processor: PostProcessorJson) -> Result<SpecialTokens> {
    match processor {
        PostProcessorJson::Bracket { cls, sep } => {
            Ok(SpecialTokens { before: vec![cls.1], after: vec![sep.1] })
        }
        PostProcessorJson::Template { single, special_tokens } => template(&single, &special_tokens),
        PostProcessorJson::Sequence { processors } => {
            processors.into_iter().try_fold(SpecialTokens::default(), |inner, processor| {
                let outer = special_tokens(processor)?;
                Ok(SpecialTokens {
                    before: [outer.before, inner.before].concat(),
                    after: [inner.after, outer.after].concat(),
                })
            })
        }
        PostProcessorJson::ByteLevel => Ok(SpecialTokens::default()),
    }
}

/// Splits a template such as `[CLS] $A [SEP]` at its one text.
fn template(pieces: &[PieceJson], ids: &HashMap<String, SpecialTokenJson>) -> Result<SpecialTokens> {
    let mut special = SpecialTokens::default();
    let mut texts = 0;
    for piece in pieces {
        match piece {
            PieceJson::Sequence { id } if id == "A" => texts += 1,
            PieceJson::Sequence { id } => {
                return Err(fail(format!("the template for one text names a text {id:?}, expected \"A\"")));
            }
            PieceJson::SpecialToken { id } => {
                let token = ids.get(id).ok_or_else(|| fail(format!("special token {id:?} has no ids")))?;
                let side = if texts == 0 { &mut special.before } else { &mut special.after };
                side.extend(&token.ids);
            }
        }
    }
    if texts != 1 {
        return Err(fail(format!("the template for one text has {texts} places for it, expected 1")));
    }
    Ok(special)
}
