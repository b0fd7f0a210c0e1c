//! `model` of a `tokenizer.json`: a byte-pair vocabulary and its merges, or pieces and their scores.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use tokenizers::Token;
use tokenizers::models::bpe::{BPE, BpeTrainer, Vocab};
use tokenizers::models::unigram::Unigram;

use super::fail;
use super::merges::Merge;
use crate::Result;

/// The kinds of model that are read; another one is an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Kind {
    #[serde(rename = "BPE")]
    BytePairs,
    Unigram,
}

/// The model as the file has it.
#[derive(Deserialize)]
pub struct Model {
    /// Files from before 2020 leave it out.
    #[serde(rename = "type")]
    kind: Option<Kind>,
    pub vocab: Vocabulary,
    #[serde(default)]
    byte_fallback: bool,
    dropout: Option<f32>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    ignore_merges: bool,
    merges: Option<Vec<Merge>>,
    /// The id for unknown tokens in a unigram model.
    unk_id: Option<usize>,
}

/// The tokens, which say of which kind the model is.
pub enum Vocabulary {
    /// Byte pairs: ids by token.
    Ids(Vocab),
    /// Unigram: pieces and the logarithms of their likelihoods, in the order of their ids.
    Pieces(Vec<(String, f64)>),
}

impl Vocabulary {
    /// Each token with its id.
    pub fn entries(&self) -> Box<dyn Iterator<Item = (&str, u32)> + '_> {
        match self {
            Self::Ids(ids) => Box::new(ids.iter().map(|(token, &id)| (token.as_str(), id))),
            Self::Pieces(pieces) => Box::new((0..).zip(pieces).map(|(id, (piece, _))| (piece.as_str(), id))),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Pieces(pieces) => pieces.len(),
        }
    }
}

impl Model {
    /// The kind of the model.
    pub fn kind(&self) -> Kind {
        match self.vocab {
            Vocabulary::Ids(_) => Kind::BytePairs,
            Vocabulary::Pieces(_) => Kind::Unigram,
        }
    }

    /// The library's model.
    pub fn build(mut self) -> Result<TokenModel> {
        let found = self.kind();
        if let Some(kind) = self.kind.filter(|&kind| kind != found) {
            return Err(fail(format!("the model type is {kind:?}, but its vocabulary is that of {found:?}")));
        }
        match std::mem::replace(&mut self.vocab, Vocabulary::Pieces(Vec::new())) {
            Vocabulary::Ids(vocab) => self.byte_pairs(vocab).map(TokenModel::BytePairs),
            Vocabulary::Pieces(pieces) => self.unigram(pieces).map(TokenModel::Unigram),
        }
    }

    fn byte_pairs(self, vocab: Vocab) -> Result<BPE> {
        let merges = self.merges.as_deref().ok_or_else(|| fail("a byte-pair model has no `merges`"))?;
        self.check_byte_pairs(&vocab, merges)?;
        let merges = self.merges.into_iter().flatten().map(|merge| (merge.left, merge.right)).collect();
        let mut builder = BPE::builder()
            .vocab_and_merges(vocab, merges)
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
    fn check_byte_pairs(&self, vocab: &Vocab, merges: &[Merge]) -> Result<()> {
        if let Some(dropout) = self.dropout.filter(|&dropout| dropout != 0.0) {
            return Err(fail(format!("BPE dropout {dropout} would make the ids random, expected none")));
        }
        if let Some(token) = self.unk_token.as_ref().filter(|&token| !vocab.contains_key(token)) {
            return Err(fail(format!("unk_token {token:?} is not in the vocabulary")));
        }
        let prefix = self.continuing_subword_prefix.as_deref().unwrap_or_default();
        let longest = vocab.keys().map(String::len).max().unwrap_or_default();
        for Merge { left, right } in merges {
            let tail = right.get(prefix.len()..);
            if tail.is_none_or(|tail| left.len() + tail.len() > longest) {
                return Err(fail(format!("the merge of {left:?} and {right:?} is not in the vocabulary")));
            }
        }
        Ok(())
    }

    fn unigram(self, pieces: Vec<(String, f64)>) -> Result<Unigram> {
        if let Some((piece, score)) = pieces.iter().find(|(_, score)| !score.is_finite()) {
            return Err(fail(format!("the piece {piece:?} has the score {score}, expected a finite number")));
        }
        let unknown = self.unk_id.ok_or_else(|| fail("a unigram model has no `unk_id`"))?;
        Unigram::from(pieces, Some(unknown), self.byte_fallback).map_err(|error| fail(error.to_string()))
    }
}

/// The library's models that are read.
#[derive(Clone, Debug)]
pub enum TokenModel {
    BytePairs(BPE),
    Unigram(Unigram),
}

impl tokenizers::Model for TokenModel {
    /// A trait of the library demands a trainer; nothing is trained here.
    type Trainer = BpeTrainer;

    fn tokenize(&self, word: &str) -> tokenizers::Result<Vec<Token>> {
        match self {
            Self::BytePairs(model) => model.tokenize(word),
            Self::Unigram(model) => model.tokenize(word),
        }
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        match self {
            Self::BytePairs(model) => model.token_to_id(token),
            Self::Unigram(model) => model.token_to_id(token),
        }
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        match self {
            Self::BytePairs(model) => model.id_to_token(id),
            Self::Unigram(model) => model.id_to_token(id),
        }
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        match self {
            Self::BytePairs(model) => model.get_vocab(),
            Self::Unigram(model) => model.get_vocab(),
        }
    }

    fn get_vocab_size(&self) -> usize {
        match self {
            Self::BytePairs(model) => model.get_vocab_size(),
            Self::Unigram(model) => model.get_vocab_size(),
        }
    }

    fn save(&self, folder: &Path, name: Option<&str>) -> tokenizers::Result<Vec<PathBuf>> {
        match self {
            Self::BytePairs(model) => model.save(folder, name),
            Self::Unigram(model) => model.save(folder, name),
        }
    }

    fn get_trainer(&self) -> BpeTrainer {
        BpeTrainer::default()
    }
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(VocabularyVisitor)
    }
}

/// Reads either form without a copy in between, as an untagged enum would make.
struct VocabularyVisitor;

impl<'de> de::Visitor<'de> for VocabularyVisitor {
    type Value = Vocabulary;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("ids by token, or a list of pieces with their scores")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> std::result::Result<Vocabulary, A::Error> {
        Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(Vocabulary::Ids)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> std::result::Result<Vocabulary, A::Error> {
        Deserialize::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Vocabulary::Pieces)
    }
}
