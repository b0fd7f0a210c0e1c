//! Converts published weights to GGUF in the page.

use bytes::Bytes;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::super::js_values::{object, thrown};
use crate::image::Preprocessing;
use crate::weights::{
    CheckpointMetadata, ClipConfig, Converter, Dtype, Ending, MetadataFiles, Record, hub, sizes,
};

/// Which files of a repository to download, given the hub's answer about it and our record (JSON; "{}" if there is
/// none).
#[wasm_bindgen]
pub fn plan_repository(answer: &[u8], repo: &str, record: &str) -> Result<JsValue, JsValue> {
    let plan = || hub::Repository::parse(answer)?.plan(repo, Record::from_json(record.as_bytes())?);
    object(&plan().map_err(thrown)?)
}

/// The size of the GGUF file that a config's model becomes, by type.
#[wasm_bindgen]
pub fn model_sizes(config: &[u8]) -> Result<JsValue, JsValue> {
    object(&sizes::by_dtype(&ClipConfig::from_hugging_face(config).map_err(thrown)?))
}

/// Converts published weights into the data of a GGUF file.
#[wasm_bindgen]
pub struct Conversion {
    converter: Converter,
    /// Data that has not been collected yet.
    out: Vec<u8>,
}

#[wasm_bindgen]
impl Conversion {
    /// A conversion to the element type `dtype`.
    #[wasm_bindgen(constructor)]
    pub fn new(dtype: &str) -> Result<Self, JsValue> {
        let converter = Converter::new(Dtype::parse(dtype).map_err(thrown)?);
        Ok(Self { converter, out: Vec::new() })
    }

    /// Restores a conversion from its snapshot.
    pub fn resume(snapshot: &[u8]) -> Result<Self, JsValue> {
        Ok(Self { converter: Converter::resume(snapshot).map_err(thrown)?, out: Vec::new() })
    }

    /// Bytes of the source that have been read, of all files together.
    pub fn position(&self) -> f64 {
        self.converter.position() as f64
    }

    /// How many files are complete.
    pub fn files(&self) -> usize {
        self.converter.files()
    }

    /// Bytes of data produced, including those that have not been collected.
    pub fn written(&self) -> f64 {
        self.converter.written() as f64
    }

    /// Takes the next bytes of the file; returns how many bytes of data wait to be collected.
    pub fn push(&mut self, chunk: &[u8]) -> Result<usize, JsValue> {
        self.converter.push(chunk, &mut self.out).map_err(thrown)?;
        Ok(self.out.len())
    }

    /// Collects the data that waits.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The state of the conversion without the data that waits, for [`Conversion::resume`].
    pub fn snapshot(&self) -> Result<Vec<u8>, JsValue> {
        self.converter.snapshot().map_err(thrown)
    }

    /// Ends the current file and returns its SHA-256; the next bytes are those of the next shard.
    pub fn end_file(&mut self) -> Result<String, JsValue> {
        self.converter.end_file().map_err(thrown)
    }

    /// Returns what is left to write once every file has ended.
    /// `files` has the bytes of each companion under the name that [`plan_repository`] has for it; those that there are
    /// not are left out.
    pub fn finish(self, files: &JsValue, record: &str) -> Result<ConversionEnding, JsValue> {
        let of = |name: &str| -> Result<Bytes, JsValue> {
            let bytes = Reflect::get(files, &name.into())?;
            Ok(bytes.dyn_into::<Uint8Array>().map_or_else(|_| Bytes::new(), |bytes| bytes.to_vec().into()))
        };
        let files = MetadataFiles {
            config: of("config")?,
            tokenizer: of("tokenizer")?,
            tokenizer_config: of("tokenizer_config")?,
            special_tokens: of("special_tokens")?,
            preprocessor: of("preprocessor")?,
            processor: of("processor")?,
        };
        let companions = CheckpointMetadata::from_hugging_face(files).map_err(thrown)?;
        let mut record = Record::from_json(record.as_bytes()).map_err(thrown)?;
        record.preprocessor = Preprocessing::said_beside(&companions.preprocessing_json, record.preprocessor)
            .map_err(thrown)?;
        Ok(ConversionEnding(self.converter.finish(&companions, &record).map_err(thrown)?))
    }
}

/// The end of a conversion.
#[wasm_bindgen]
pub struct ConversionEnding(Ending);

#[wasm_bindgen]
impl ConversionEnding {
    /// The last of the data.
    pub fn tail(&self) -> Vec<u8> {
        self.0.tail.clone()
    }

    /// What stands before the data in the file.
    pub fn header(&self) -> Vec<u8> {
        self.0.header.clone()
    }

    /// The SHA-256 of the source, in hexadecimal.
    pub fn source_sha256(&self) -> String {
        self.0.source_sha256.clone()
    }
}
