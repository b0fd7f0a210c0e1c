//! What a checkpoint needs besides its tensors: architecture, tokenizer and preprocessing, read from files of any
//! dialect.

use bytes::Bytes;
use serde::Serialize;

use super::hugging_face::{self, ConfigJson, image_processor};
use super::open_clip::OpenClipJson;
pub(in crate::weights) use super::openai::Publisher;
use super::{open_clip, openai, tokenizer_config, vocabulary};
use crate::error::{Error, Result};
use crate::lfs_pointer;
use crate::weights::config::ClipConfig;
use crate::weights::container::tensor::Tensor;
use crate::weights::record::Record;

/// The small files of a checkpoint: their texts, empty where there is none, or where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MetadataFiles<File = Bytes> {
    /// `config.json` or `open_clip_config.json`; none beside OpenAI's own archives: the tensors say it then.
    pub config: File,
    /// `tokenizer.json`, or a `vocab.json`.
    pub tokenizer: File,
    /// `tokenizer_config.json`
    pub tokenizer_config: File,
    /// `special_tokens_map.json`
    pub special_tokens: File,
    /// `preprocessor_config.json` or `open_clip_config.json`.
    pub preprocessor: File,
    /// `processor_config.json`
    pub processor: File,
}

impl<File> MetadataFiles<File> {
    /// What `read` makes of each.
    ///
    /// # Errors
    /// The first of `read`.
    pub fn try_map<To>(&self, mut read: impl FnMut(&File) -> Result<To>) -> Result<MetadataFiles<To>> {
        Ok(MetadataFiles {
            config: read(&self.config)?,
            tokenizer: read(&self.tokenizer)?,
            tokenizer_config: read(&self.tokenizer_config)?,
            special_tokens: read(&self.special_tokens)?,
            preprocessor: read(&self.preprocessor)?,
            processor: read(&self.processor)?,
        })
    }
}

/// The files of a Hugging Face checkpoint, read.
#[derive(Clone, Debug, Default)]
pub struct HuggingFaceFiles {
    pub companions: MetadataFiles,
    /// `model.safetensors`, or its shards in the order of their names, or `pytorch_model.bin`.
    pub weights: Vec<Bytes>,
    pub record: Record,
}

/// Architecture, tokenizer and preprocessing.
#[derive(Clone, Debug)]
pub struct CheckpointMetadata {
    pub config: ClipConfig,
    /// `tokenizer.json`, as it is.
    pub tokenizer_json: Bytes,
    /// `preprocessor_config.json`, as it is.
    pub preprocessing_json: Bytes,
}

impl CheckpointMetadata {
    /// Reads the files by transformers' rules: an `image_processor` in `processor_config.json` takes precedence over
    /// `preprocessor_config.json`, and `tokenizer_config.json` changes what `tokenizer.json` does.
    ///
    /// # Errors
    /// `Malformed`, `Config`, `UnsupportedArchitecture`, `LfsPointer`, `MissingFile` where nothing says how pictures
    /// are prepared or, for a `vocab.json` that is not CLIP's, `Tokenizer`.
    pub fn from_hugging_face(files: MetadataFiles) -> Result<Self> {
        let MetadataFiles { config, tokenizer, tokenizer_config, special_tokens, preprocessor, processor } =
            files;
        lfs_pointer::refuse(&config, "config.json")?;
        lfs_pointer::refuse(&tokenizer, "tokenizer.json")?;
        lfs_pointer::refuse(&preprocessor, "preprocessor_config.json")?;
        lfs_pointer::refuse(&processor, "processor_config.json")?;
        let open_clip = OpenClipJson::parse(&config)?;
        let config = architecture(open_clip.as_ref(), &config)?;
        let preprocessing_json = match (image_processor(&processor)?, OpenClipJson::parse(&preprocessor)?) {
            (Some(nested), _) => nested,
            (None, Some(open_clip)) => open_clip.preprocessing_json(config.image_size)?,
            (None, None) if !preprocessor.is_empty() => hugging_face::preprocessor(preprocessor)?,
            (None, None) => {
                let expected =
                    "preprocessor_config.json, and no `image_processor` in a processor_config.json";
                return Err(Error::MissingFile { expected: expected.to_owned() });
            }
        };
        let tokenizer_json = vocabulary::completed(tokenizer, config.vocab_size)?;
        let tokenizer_json = match &open_clip {
            // OpenCLIP's own tokenizer has no other files.
            Some(open_clip) if !open_clip.has_hugging_face_tokenizer() => tokenizer_json,
            _ => tokenizer_config::applied(tokenizer_json, &tokenizer_config, &special_tokens, &config)?,
        };
        Ok(Self { config, tokenizer_json, preprocessing_json })
    }

    /// The metadata of weights that come with nothing but a tokenizer, as OpenAI's archives do.
    ///
    /// # Errors
    /// `Config` if the tensors are not those of such models, `UnsupportedArchitecture` if they are those of others, and as
    /// above for the tokenizer.
    pub(in crate::weights) fn from_tensors(
        tensors: &[Tensor],
        publisher: Publisher,
        tokenizer: Bytes,
    ) -> Result<Self> {
        lfs_pointer::refuse(&tokenizer, "tokenizer.json")?;
        let config = openai::config(tensors, publisher)?;
        let preprocessing_json = open_clip::default_preprocessing_json(config.family, config.image_size)?;
        let tokenizer_json = vocabulary::completed(tokenizer, config.vocab_size)?;
        Ok(Self { config, tokenizer_json, preprocessing_json })
    }
}

impl ClipConfig {
    /// The architecture in a Hugging Face `config.json`, with the defaults of transformers' `CLIPConfig`, or in an
    /// `open_clip_config.json`, with OpenCLIP's.
    ///
    /// # Errors
    /// `Config` for what is missing or out of bounds, `UnsupportedArchitecture` if it is no `CLIPModel`.
    pub fn from_hugging_face(json: &[u8]) -> Result<Self> {
        architecture(OpenClipJson::parse(json)?.as_ref(), json)
    }
}

/// The architecture that a config says, which is `open_clip` if it is OpenCLIP's.
fn architecture(open_clip: Option<&OpenClipJson>, json: &[u8]) -> Result<ClipConfig> {
    match open_clip {
        Some(open_clip) => ClipConfig::read(open_clip),
        None => ClipConfig::read(&ConfigJson::parse(json)?),
    }
}
