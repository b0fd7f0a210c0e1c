//! Converts published weights (safetensors or PyTorch) to the data of a GGUF file while they arrive, in chunks of
//! any size.
//!
//! Nothing is held but the row in flight, the weights of outlier channels (a hundredth of the file) and, where a
//! file has its norms after their matrices, one block's matrices in f16. GGUF begins with a header that names the
//! hash of the source and the columns of every tensor, neither of which is known before the end; so
//! the header comes last, and whoever stores the file puts it in front. The result is the file that
//! [`quantize`](super::quantize()) makes of the same checkpoint, byte for byte.

mod archive;
mod hash;
mod snapshot;
mod tensors;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::weights::container::{pytorch, safetensors};
use crate::weights::dialect::checkpoint_metadata::CheckpointMetadata;
use crate::weights::hashed::hexadecimal;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::data_writer::DataWriter;
use crate::weights::quantize::file::{file_header, with_source_hash};
use crate::weights::quantize::tensor_types::Plan;
use crate::weights::record::Record;
use archive::ArchiveStream;
use hash::SourceHash;
use tensors::{Published, TensorStream};

/// A converter between the bytes of one or several published files and the data of a GGUF file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Converter {
    body: DataWriter,
    place: FilePosition,
    /// Hash of everything that has come.
    hash: SourceHash,
    /// Hash of the current file; `None` for the first, whose hash is that of everything.
    file_hash: Option<SourceHash>,
    /// How many files are complete.
    files: usize,
    /// Bytes taken, of all files together.
    position: u64,
}

/// Where in a file the converter is.
#[derive(Debug, Serialize, Deserialize)]
enum FilePosition {
    /// In the header, with as much of it as has come.
    Header(Vec<u8>),
    /// In a PyTorch archive.
    Archive(ArchiveStream),
    /// In the data: the tensor that is coming, and those after it in reverse order.
    Data { current: TensorStream, after: Vec<Published> },
    /// After the last tensor.
    End,
}

/// What is left to write once all of the source has come.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The last of the data.
    pub tail: Vec<u8>,
    /// What stands before the data in the file.
    pub header: Vec<u8>,
    /// SHA-256 of the source, in lower-case hexadecimal.
    pub source_sha256: String,
    /// Tensors of the file.
    pub tensors: usize,
    /// Size of the file.
    pub bytes: u64,
}

impl Converter {
    /// A converter whose matrices get `dtype`, or the types that [`planned_dtype`](super::planned_dtype)
    /// says.
    pub fn new(dtype: Dtype) -> Self {
        let place = FilePosition::Header(Vec::new());
        let (body, hash) = (DataWriter::new(Plan::Quantize(dtype)), SourceHash::default());
        Self { body, place, hash, file_hash: None, files: 0, position: 0 }
    }

    /// How many bytes of the source have been taken, of all files together.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many files are complete.
    pub fn files(&self) -> usize {
        self.files
    }

    /// How many bytes of data have been given.
    pub fn written(&self) -> u64 {
        self.body.written()
    }

    /// Takes the next bytes of the current file, and appends the data they make to `out`.
    ///
    /// # Errors
    /// As the reader of safetensors files, and `NonFiniteWeight` or `WeightRange` for a value that cannot be
    /// stored. The converter is of no use afterwards.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.hash.update(bytes);
        if let Some(hash) = &mut self.file_hash {
            hash.update(bytes);
        }
        self.position += bytes.len() as u64;
        let mut left = bytes;
        while !left.is_empty() {
            let taken = self.step(left, out)?;
            left = &left[taken..];
        }
        Ok(())
    }

    /// Takes some of the bytes, at least one.
    fn step(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        match &mut self.place {
            FilePosition::Header(header) if header.len() < pytorch::ENTRY.len() => {
                let taken = (pytorch::ENTRY.len() - header.len()).min(bytes.len());
                header.extend_from_slice(&bytes[..taken]);
                if header[..] == pytorch::ENTRY {
                    self.place = FilePosition::Archive(ArchiveStream::begin()?);
                }
                Ok(taken)
            }
            FilePosition::Archive(archive) => archive.push(bytes, &mut self.body, out),
            FilePosition::Header(header) => {
                let wanted = safetensors::header_end(header)? - header.len();
                let taken = wanted.min(bytes.len());
                header.extend_from_slice(&bytes[..taken]);
                if safetensors::header_end(header)? == header.len() {
                    let after = tensors::published(header)?;
                    self.place = FilePosition::next(after, &mut self.body)?;
                }
                Ok(taken)
            }
            FilePosition::Data { current, after } => {
                let taken = current.push(bytes, &mut self.body, out)?;
                if current.is_complete() {
                    let after = std::mem::take(after);
                    self.place = FilePosition::next(after, &mut self.body)?;
                }
                Ok(taken)
            }
            FilePosition::End => Err(malformed("bytes after the last tensor do not belong to any".into())),
        }
    }

    /// Ends the current file and gives its SHA-256: what is pushed from here on is the next shard.
    ///
    /// # Errors
    /// `Malformed` if the file is not complete.
    pub fn end_file(&mut self) -> Result<String> {
        let is_whole = match &self.place {
            FilePosition::End => true,
            FilePosition::Archive(archive) => archive.is_complete(),
            _ => false,
        };
        match &self.place {
            _ if is_whole => {
                self.place = FilePosition::Header(Vec::new());
                self.files += 1;
                let hash = self.file_hash.replace(SourceHash::default()).unwrap_or_else(|| self.hash.clone());
                Ok(hexadecimal(&hash.finalize()))
            }
            FilePosition::Header(_) | FilePosition::Archive(_) | FilePosition::End => {
                Err(malformed("the file ends too early: within its header, or between tensors".into()))
            }
            FilePosition::Data { current, .. } => {
                Err(malformed(format!("the file ends within {}", current.name())))
            }
        }
    }

    /// Ends the data and gives the header, once every file has been ended.
    ///
    /// # Errors
    /// `WrongHash` if the record names another hash than the weights have, `Malformed` within a file, and what
    /// is wrong with the companions.
    pub fn finish(self, companions: &CheckpointMetadata, record: &Record) -> Result<Ending> {
        if !matches!(&self.place, FilePosition::Header(header) if header.is_empty()) {
            return Err(malformed("the last file has not been ended".into()));
        }
        let source_sha256 = hexadecimal(&self.hash.finalize());
        let record = with_source_hash(record, &source_sha256)?;
        let (mut tail, written) = (Vec::new(), self.body.written());
        let (layouts, outliers) = self.body.finish(&mut tail)?;
        let header = file_header(companions, &record, &outliers, &layouts)?;
        let bytes = header.len() as u64 + written + tail.len() as u64;
        Ok(Ending { tail, header, source_sha256, tensors: layouts.len(), bytes })
    }
}

impl FilePosition {
    /// The place before the next tensor that has bytes.
    fn next(mut after: Vec<Published>, body: &mut DataWriter) -> Result<Self> {
        while let Some(next) = after.pop() {
            let current = TensorStream::begin(next, body)?;
            if !current.is_complete() {
                return Ok(Self::Data { current, after });
            }
        }
        Ok(Self::End)
    }
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: safetensors::FORMAT, reason }
}
