//! `model` of a `tokenizer.json`: a byte-pair vocabulary and its merges.

use serde::{Deserialize, Deserializer, de};
use tokenizers::models::bpe::{BPE, Vocab};

use super::fail;
use crate::Result;

/// The kinds of model that are read; another one is an error that names it.
#[derive(Deserialize)]
enum ModelKind {
    #[serde(rename = "BPE")]
    BytePairs,
}

/// The model as the file has it.
#[derive(Deserialize)]
pub struct Bpe {
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
    pub vocab: Vocab,
    merges: Vec<Merge>,
}

impl Bpe {
    /// The library's model.
    pub fn build(self) -> Result<BPE> {
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
                let Merge { left, right } = merge;
                return Err(fail(format!("the merge of {left:?} and {right:?} is not in the vocabulary")));
            }
        }
        Ok(())
    }
}

/// Two tokens that join: `["a", "b"]`, or `"a b"` in files from before 2024.
struct Merge {
    left: String,
    right: String,
}

impl<'de> Deserialize<'de> for Merge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(MergeVisitor)
    }
}

/// Reads either form without a copy in between, as an untagged enum would make.
struct MergeVisitor;

impl<'de> de::Visitor<'de> for MergeVisitor {
    type Value = Merge;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a merge of two tokens")
    }

    fn visit_str<E: de::Error>(self, merge: &str) -> std::result::Result<Merge, E> {
        match merge.split_once(' ') {
            Some((left, right)) => Ok(Merge { left: left.to_owned(), right: right.to_owned() }),
            None => Err(E::invalid_value(de::Unexpected::Str(merge), &self)),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Merge, A::Error> {
        let left = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let right = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
        Ok(Merge { left, right })
    }
}
