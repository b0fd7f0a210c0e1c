//! Opening: a checkpoint in memory, whatever file it came from, for everything above.
//!
//! It is opened whole (by its `open`, in the command line) or while it arrives ([`Loader`]), and its tensors are taken
//! exactly once ([`Tensors`]).

#[cfg(not(target_arch = "wasm32"))]
mod folder;
mod loader;
mod packing;
mod tensors;

use std::sync::OnceLock;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::weights::config::ClipConfig;
use crate::weights::container::gguf::{Gguf, Metadata};
use crate::weights::container::{pytorch, safetensors};
use crate::weights::dialect::checkpoint_metadata::{CheckpointMetadata, HuggingFaceFiles, Publisher};
use crate::weights::dialect::clip_cpp;
use crate::weights::dialect::{parts, tensor_names};
use crate::weights::hashed::hexadecimal;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::record::Record;
pub use loader::Loader;
pub use packing::pack;
pub use tensors::{MatrixTensor, Tensors};

/// Everything a checkpoint brings.
///
/// The JSON texts and the tensors are slices of the file's bytes, which stay in memory (or mapped) while any
/// of them lives.
#[derive(Debug)]
pub struct Checkpoint {
    pub config: ClipConfig,
    /// The checkpoint's `tokenizer.json`, as it is.
    pub tokenizer_json: Bytes,
    /// The checkpoint's `preprocessor_config.json`, as it is.
    pub preprocessing_json: Bytes,
    pub record: Record,
    pub tensors: Tensors,
    /// The files that contain the tensors.
    weights: Vec<Bytes>,
    /// SHA-256 of the published weights that a GGUF file was made from; `None` if these are the published weights.
    published_sha256: Option<String>,
    sha256: OnceLock<String>,
}

impl Checkpoint {
    /// Opens a Hugging Face folder, a GGUF file, or an archive of OpenAI's with a tokenizer beside it. Large files are
    /// mapped, not read.
    ///
    /// # Errors
    /// `File` for what cannot be read, and whatever the formats' readers find.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(path: &std::path::Path) -> Result<Self> {
        if path.is_dir() {
            Self::from_hugging_face(folder::read(path)?)
        } else if path.extension().is_some_and(|end| end == "pt") {
            Self::from_hugging_face(folder::read_archive(path)?)
        } else {
            Self::from_gguf(folder::map(path)?)
        }
    }

    /// The checkpoint in a GGUF file.
    ///
    /// # Errors
    /// `Truncated` or `Malformed` for a damaged file, `UnsupportedArchitecture` or `Config` for one that is
    /// not ours to run, `TensorType` for element types this crate does not read.
    pub fn from_gguf(file: Bytes) -> Result<Self> {
        let Gguf { metadata, tensors } = Gguf::read(&file)?;
        let mut checkpoint = Self::from_parts(&metadata, Tensors::new(tensors)?)?;
        checkpoint.weights.push(file);
        Ok(checkpoint)
    }

    /// The checkpoint in a GGUF file of this metadata and these tensors, which have memory of their own: it has no
    /// hash of its own to tell.
    ///
    /// # Errors
    /// As [`Checkpoint::from_gguf`].
    pub fn from_parts(metadata: &Metadata, tensors: Tensors) -> Result<Self> {
        let CheckpointMetadata { config, tokenizer_json, preprocessing_json } = clip_cpp::metadata(metadata)?;
        let record = clip_cpp::record(metadata)?;
        Ok(Self {
            config,
            tokenizer_json,
            preprocessing_json,
            published_sha256: record.source.sha256.clone(),
            record,
            tensors: tensors.with_outliers(clip_cpp::outliers(metadata)?),
            weights: Vec::new(),
            sha256: OnceLock::new(),
        })
    }

    /// The checkpoint in the files of a Hugging Face repository, its tensors renamed to the canonical names.
    /// A tensor that `CLIPModel` does not have keeps its name, for [`Tensors::finish`] to complain of.
    ///
    /// # Errors
    /// As [`Checkpoint::from_gguf`].
    pub fn from_hugging_face(files: HuggingFaceFiles) -> Result<Self> {
        let HuggingFaceFiles { companions: files, weights, record } = files;
        let tokenizer = files.tokenizer.clone();
        // A model that is not run here is refused before its weights are looked at.
        let told =
            (!files.config.is_empty()).then(|| CheckpointMetadata::from_hugging_face(files)).transpose()?;
        let is_nowhere = |name: &str| tensor_names::mapping(name) == tensor_names::TensorMapping::Nowhere;
        let (mut tensors, mut publisher) = (Vec::new(), Publisher::OpenAi);
        for file in &weights {
            let read = if file.starts_with(&pytorch::ENTRY) {
                pytorch::read(file, is_nowhere)?
            } else {
                safetensors::read(file, is_nowhere)?
            };
            for tensor in read {
                if tensor_names::is_wrapped(&tensor.name) {
                    publisher = Publisher::TinyClip;
                }
                let place = tensor_names::mapping(&tensor.name);
                tensors.extend(parts::of(tensor, place)?);
            }
        }
        let companions = match told {
            Some(companions) => companions,
            None => CheckpointMetadata::from_tensors(&tensors, publisher, tokenizer)?,
        };
        Ok(Self {
            config: companions.config,
            tokenizer_json: companions.tokenizer_json,
            preprocessing_json: companions.preprocessing_json,
            record,
            tensors: Tensors::new(tensors)?,
            weights,
            published_sha256: None,
            sha256: OnceLock::new(),
        })
    }

    /// Lets go of the file, so that a tensor's memory is free once the tensor is dropped. It cannot tell its
    /// hash any more.
    pub fn release_file(&mut self) {
        self.weights = Vec::new();
    }

    /// The element type of the blocks' weights: what the checkpoint was quantized to.
    pub fn main_dtype(&self) -> Dtype {
        let mut tensors = self.tensors.iter();
        let weight = tensors.find(|tensor| tensor.name.ends_with(".blk.0.attn_q.weight"));
        weight.map_or(Dtype::F32, |tensor| tensor.dtype)
    }

    /// Whether it is a GGUF file, whose hash is that of everything in it; elsewhere config, tokenizer and preprocessing
    /// are files of their own.
    pub fn is_gguf(&self) -> bool {
        self.weights.first().is_some_and(|file| file.starts_with(b"GGUF"))
    }

    /// The SHA-256 of the file the weights came from, in lower-case hexadecimal; of all shards in a row, if
    /// there are several. Computed at the first call, which reads all of the file.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let mut hash = Sha256::new();
            self.weights.iter().for_each(|file| hash.update(file));
            hexadecimal(&hash.finalize())
        })
    }

    /// The SHA-256 of what there is beside the tensors: architecture, tokenizer and preprocessing, as they are run. The
    /// same weights with an edited config are another model.
    ///
    /// # Errors
    /// `Malformed` if the architecture cannot be written as JSON, which does not happen.
    pub fn metadata_sha256(&self) -> Result<String> {
        let config = serde_json::to_vec(&self.config)
            .map_err(|error| Error::Malformed { format: "JSON", reason: error.to_string() })?;
        let mut hash = Sha256::new();
        let backend = self.record.preprocessor.map(|backend| backend.name().as_bytes());
        let parts = [config.as_slice(), &self.tokenizer_json, &self.preprocessing_json];
        for part in parts.into_iter().chain(backend) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Ok(hexadecimal(&hash.finalize()))
    }

    /// The SHA-256 of the published weights: of these, or of those this GGUF was made from.
    pub(in crate::weights) fn published_sha256(&self) -> &str {
        self.published_sha256.as_deref().unwrap_or_else(|| self.sha256())
    }

    /// What there is beside the tensors.
    pub fn metadata(&self) -> CheckpointMetadata {
        CheckpointMetadata {
            config: self.config.clone(),
            tokenizer_json: self.tokenizer_json.clone(),
            preprocessing_json: self.preprocessing_json.clone(),
        }
    }
}
