//! The steps around the model of a `tokenizer.json`: those that CLIP's and SigLIP's files have.
//!
//! The library has wrappers for all steps there are. They would bring each of these into every visitor's download.

use serde::Deserialize;
use tokenizers::normalizers::{Lowercase, NFC, Precompiled, Prepend, Replace, Strip};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::tokenizer::{NormalizedString, PreTokenizedString, Result, SplitDelimiterBehavior};
use tokenizers::{Encoding, Normalizer, PostProcessor, PreTokenizer};

use super::charsmap;

/// What is done to a text before it is cut.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type")]
pub enum NormalizerStep {
    #[serde(rename = "NFC")]
    Nfc,
    Lowercase,
    Strip(Strip),
    Prepend(Prepend),
    Replace(Replace),
    #[serde(deserialize_with = "precompiled")]
    Precompiled(Precompiled),
    Sequence {
        normalizers: Vec<Self>,
    },
}

impl Normalizer for NormalizerStep {
    fn normalize(&self, text: &mut NormalizedString) -> Result<()> {
        match self {
            Self::Nfc => NFC.normalize(text),
            Self::Lowercase => Lowercase.normalize(text),
            Self::Strip(step) => step.normalize(text),
            Self::Prepend(step) => step.normalize(text),
            Self::Replace(step) => step.normalize(text),
            Self::Precompiled(step) => step.normalize(text),
            Self::Sequence { normalizers } => normalizers.iter().try_for_each(|step| step.normalize(text)),
        }
    }
}

/// How a text is cut into words.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type")]
pub enum PreTokenizerStep {
    #[serde(deserialize_with = "byte_level")]
    ByteLevel(ByteLevel),
    #[serde(deserialize_with = "metaspace")]
    Metaspace(Metaspace),
    #[serde(deserialize_with = "split")]
    Split(Split),
    WhitespaceSplit,
    Sequence {
        pretokenizers: Vec<Self>,
    },
}

impl PreTokenizer for PreTokenizerStep {
    fn pre_tokenize(&self, text: &mut PreTokenizedString) -> Result<()> {
        match self {
            Self::ByteLevel(step) => step.pre_tokenize(text),
            Self::Metaspace(step) => step.pre_tokenize(text),
            Self::Split(step) => step.pre_tokenize(text),
            Self::WhitespaceSplit => WhitespaceSplit.pre_tokenize(text),
            Self::Sequence { pretokenizers } => {
                pretokenizers.iter().try_for_each(|step| step.pre_tokenize(text))
            }
        }
    }
}

fn precompiled<'de, D: serde::Deserializer<'de>>(step: D) -> std::result::Result<Precompiled, D::Error> {
    #[derive(Deserialize)]
    struct Json {
        precompiled_charsmap: String,
    }
    let damaged = || serde::de::Error::custom("the normalizer Precompiled is damaged");
    let map = charsmap::checked(&Json::deserialize(step)?.precompiled_charsmap).ok_or_else(damaged)?;
    Precompiled::from(&map).map_err(|_| damaged())
}

fn byte_level<'de, D: serde::Deserializer<'de>>(step: D) -> std::result::Result<ByteLevel, D::Error> {
    #[derive(Deserialize)]
    struct Json {
        add_prefix_space: bool,
        trim_offsets: bool,
        /// Files from before there was a choice leave it out.
        use_regex: Option<bool>,
    }
    let Json { add_prefix_space, trim_offsets, use_regex } = Json::deserialize(step)?;
    Ok(ByteLevel::new(add_prefix_space, trim_offsets, use_regex.unwrap_or(true)))
}

fn metaspace<'de, D: serde::Deserializer<'de>>(step: D) -> std::result::Result<Metaspace, D::Error> {
    #[derive(Deserialize)]
    struct Json {
        replacement: char,
        /// The key of older files, which have no `prepend_scheme`.
        add_prefix_space: Option<bool>,
        prepend_scheme: Option<PrependScheme>,
        split: Option<bool>,
    }
    let Json { replacement, add_prefix_space, prepend_scheme, split } = Json::deserialize(step)?;
    let implied = if add_prefix_space == Some(false) { PrependScheme::Never } else { PrependScheme::Always };
    let scheme = prepend_scheme.unwrap_or(implied);
    if add_prefix_space == Some(false) && scheme != PrependScheme::Never {
        return Err(serde::de::Error::custom("add_prefix_space contradicts prepend_scheme"));
    }
    Ok(Metaspace::new(replacement, scheme, split.unwrap_or(true)))
}

fn split<'de, D: serde::Deserializer<'de>>(step: D) -> std::result::Result<Split, D::Error> {
    #[derive(Deserialize)]
    struct Json {
        pattern: SplitPattern,
        behavior: SplitDelimiterBehavior,
        invert: bool,
    }
    let Json { pattern, behavior, invert } = Json::deserialize(step)?;
    Split::new(pattern, behavior, invert).map_err(serde::de::Error::custom)
}

/// A step that is not used: special tokens are added to the ids here, and ids are never decoded.
#[derive(Clone, Debug)]
pub enum Nothing {}

impl PostProcessor for Nothing {
    fn added_tokens(&self, _: bool) -> usize {
        match *self {}
    }

    fn process_encodings(&self, _: Vec<Encoding>, _: bool) -> Result<Vec<Encoding>> {
        match *self {}
    }
}

impl tokenizers::Decoder for Nothing {
    fn decode_chain(&self, _: Vec<String>) -> Result<Vec<String>> {
        match *self {}
    }
}
