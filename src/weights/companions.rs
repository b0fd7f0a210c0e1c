//! What a checkpoint needs beside its tensors.

use bytes::Bytes;

use super::config::ClipConfig;
use super::hugging_face::image_processor;
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
    /// `processor_config.json`.
    ///
    /// # Errors
    /// `Malformed`, `Config` or `UnsupportedArchitecture`.
    pub fn from_hugging_face(config: &[u8], tokenizer: Bytes, preprocessor: Bytes) -> Result<Self> {
        Ok(Self {
            config: ClipConfig::from_hugging_face(config)?,
            tokenizer_json: tokenizer,
            preprocessing_json: image_processor(preprocessor)?,
        })
    }
}
