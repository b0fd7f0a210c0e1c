//! The interface of a dialect: what it must provide so that its file becomes our config.

use super::ModelFamily;
use crate::error::{Error, Result};

/// One of the two towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Tower {
    Vision,
    Text,
}

/// What a config has to say, whatever the file calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Field {
    Width(Tower),
    MlpWidth(Tower),
    Layers(Tower),
    Heads(Tower),
    LayerNormEps(Tower),
    Activation(Tower),
    ImageSize,
    PatchSize,
    Channels,
    StemChannels,
    StageBlocks(u8),
    StageChannels(u8),
    VocabSize,
    ContextLength,
    EosTokenId,
    ProjectionDim,
    PoolingHeads,
}

/// A file that holds the fields under keys of its own.
pub(in crate::weights) trait ConfigSource {
    /// What to call the file in messages.
    const FILE: &'static str;
    /// Which family the file is of.
    fn family(&self) -> Result<ModelFamily>;
    /// What the file calls a field.
    fn key(&self, field: Field) -> String;
    fn integer(&self, field: Field) -> Result<u64>;
    fn float(&self, field: Field) -> Result<f64>;
    /// The activation's name, as in Hugging Face configs.
    fn activation(&self, tower: Tower) -> Result<String>;

    /// Whether pictures keep their shape: see [`ClipConfig::naflex`](super::ClipConfig::naflex).
    fn is_naflex(&self) -> Result<bool> {
        Ok(false)
    }

    /// Whether texts are canonicalized before they are tokenized; only OpenCLIP's are.
    fn canonicalizes_texts(&self) -> Result<bool> {
        Ok(false)
    }

    /// An error about the field's value.
    fn error(&self, field: Field, problem: impl Into<String>) -> Error {
        Error::Config { file: Self::FILE, key: self.key(field), problem: problem.into() }
    }
}
