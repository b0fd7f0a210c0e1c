//! What a checkpoint needs beside its tensors.

use bytes::Bytes;

use super::config::ClipConfig;
use super::hugging_face::image_processor;
use super::open_clip::OpenClipJson;
use super::tensor::Tensor;
use super::{open_clip, openai, vocabulary};
use crate::error::Result;

/// Architecture, tokenizer and preprocessing.
#[derive(Clone, Debug)]
pub struct Companions {
    pub config: ClipConfig,
    /// `tokenizer.json`, as it is.
    pub tokenizer_json: Bytes,
    /// `preprocessor_config.json`, as it is.
    pub preprocessing_json: Bytes,
}

impl Companions {
    /// From the texts of `config.json`, `tokenizer.json`, and `preprocessor_config.json` or else
    /// `processor_config.json`. For the first and the last an `open_clip_config.json` serves too, for the tokenizer
    /// a `vocab.json`.
    ///
    /// # Errors
    /// `Malformed`, `Config`, `UnsupportedArchitecture` or, for a `vocab.json` that is not CLIP's, `Tokenizer`.
    pub fn from_hugging_face(config: &[u8], tokenizer: Bytes, preprocessor: Bytes) -> Result<Self> {
        let config = ClipConfig::from_hugging_face(config)?;
        let preprocessing_json = match OpenClipJson::parse(&preprocessor)? {
            Some(open_clip) => open_clip.preprocessing_json(config.image_size)?,
            None => image_processor(preprocessor)?,
        };
        let tokenizer_json = vocabulary::completed(tokenizer, config.vocab_size)?;
        Ok(Self { config, tokenizer_json, preprocessing_json })
    }

    /// Those of weights that come with a tokenizer alone, as OpenAI's archives do.
    ///
    /// # Errors
    /// `Config` if the tensors are not those of OpenAI's models, and as above for the tokenizer.
    pub(super) fn from_tensors(tensors: &[Tensor], tokenizer: Bytes) -> Result<Self> {
        let config = openai::config(tensors)?;
        let preprocessing_json = open_clip::default_preprocessing_json(config.image_size)?;
        let tokenizer_json = vocabulary::completed(tokenizer, config.vocab_size)?;
        Ok(Self { config, tokenizer_json, preprocessing_json })
    }
}
