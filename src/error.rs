//! The one error type: a variant per way to fail, with the facts in its fields and in its message.

use std::path::PathBuf;

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// A way to fail. Messages say what was found, what was expected, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },

    /// An error in a file, with the path of that file.
    #[error("{}: {error}", path.display())]
    InFile { path: PathBuf, error: Box<Error> },
    /// An output stream refused bytes.
    #[error("cannot write: {source}")]
    Write { source: std::io::Error },

    /// A file ends before what its header announces.
    #[error("{format} is truncated: {what} needs {needed} bytes at offset {offset}, the file has {len}")]
    Truncated { format: &'static str, what: String, offset: u64, needed: u64, len: u64 },

    /// A file breaks the rules of its format.
    #[error("not a valid {format} file: {reason}")]
    Malformed { format: &'static str, reason: String },

    /// A file has another hash than its record says.
    #[error(
        "{what} have the SHA-256 {found}, the record says {expected}: the file is damaged, or is another file"
    )]
    WrongHash { what: &'static str, found: String, expected: String },

    /// A file could not be downloaded.
    #[error("{url}: {problem}")]
    Download { url: String, problem: String },

    /// A repository or folder lacks a file.
    #[error("there is no {expected}")]
    MissingFile { expected: String },

    /// A configuration key is absent or has a value that cannot be used.
    #[error("{file}: `{key}` {problem}")]
    Config { file: &'static str, key: String, problem: String },

    /// The checkpoint is of a kind this crate does not run; `instead` names a repository whose model it runs.
    #[error("unsupported architecture {found:?}: expected {expected}; use {instead} instead")]
    UnsupportedArchitecture { found: String, expected: &'static str, instead: &'static str },

    /// A tensor's element type cannot be used where it stands.
    #[error("tensor {name:?} has type {found}, expected {expected}")]
    TensorType { name: String, found: String, expected: &'static str },

    /// A tensor the architecture needs is not in the checkpoint.
    #[error("tensor {name:?} is missing: the config needs it with shape {shape:?}")]
    MissingTensor { name: String, shape: Vec<usize> },

    /// Tensors the architecture has no use for.
    #[error("{count} tensors of the checkpoint are not used by the model, the first is {first:?}")]
    UnknownTensors { count: usize, first: String },

    /// A tensor's shape contradicts the config.
    #[error("tensor {name:?} has shape {found:?}, the config needs {expected:?}")]
    TensorShape { name: String, found: Vec<usize>, expected: Vec<usize> },

    /// A weight is NaN or infinite.
    #[error("tensor {name:?} has a non-finite value at element {index}")]
    NonFiniteWeight { name: String, index: usize },

    /// A weight too large for the type it is to be stored in.
    #[error("tensor {name:?} has the value {value} at element {index}, beyond the range of {dtype}")]
    WeightRange { name: String, index: usize, value: f32, dtype: &'static str },

    /// A forward pass gave NaN or infinity: the weights are damaged.
    #[error("the {tower} embedding is not finite: the weights are damaged or out of range")]
    NonFiniteEmbedding { tower: &'static str },

    /// An element type that does not exist, or that is not offered here.
    #[error("unknown dtype {found:?}: expected one of {expected}")]
    UnknownDtype { found: String, expected: &'static str },

    /// Bytes that are not an image in a supported format.
    #[error("cannot decode the image: {reason}")]
    ImageDecode { reason: String },

    /// An image in a format this crate has no decoder for.
    #[error("{format} images are not supported: expected JPEG, PNG, WebP, GIF or BMP")]
    ImageFormat { format: String },

    /// An image over the limit on pixels.
    #[error("the image has {width} x {height} pixels, at most {max_pixels} are accepted")]
    ImageTooLarge { width: u64, height: u64, max_pixels: u64 },

    /// An image without pixels, or a buffer that does not match its size.
    #[error("the image has {width} x {height} pixels and {bytes} bytes: {problem}")]
    ImageShape { width: u64, height: u64, bytes: usize, problem: &'static str },

    /// A tokenizer file that cannot be used.
    #[error("tokenizer.json: {reason}")]
    Tokenizer { reason: String },

    /// A token id beyond the model's table.
    #[error(
        "token id {id} is beyond the table of {vocab_size} entries: tokenizer and weights do not belong together"
    )]
    TokenId { id: u32, vocab_size: usize },

    /// A prompt longer than the text tower's context.
    #[error("a prompt of {tokens} tokens does not fit the context of {context_length}")]
    LongPrompt { tokens: usize, context_length: usize },

    /// An embedding that is not of this model.
    #[error("the embedding has {found} values, this model's have {expected}")]
    EmbeddingLength { found: usize, expected: usize },

    /// An embedding with a value that is not finite.
    #[error("the embedding has {value} at index {index}, expected finite numbers")]
    EmbeddingValue { value: f32, index: usize },

    /// Too few or too many numbers for what they belong to.
    #[error("{found} numbers were given for {what}, {expected} are needed")]
    ValueCount { what: String, found: usize, expected: usize },

    /// A number that is NaN or infinite.
    #[error("{what} is {value}, expected a finite number")]
    NotFinite { what: &'static str, value: f32 },

    /// A corrupted run with another number of answers than the clean one.
    #[error("{corruption} at severity {severity} has {found} trials, the clean pictures have {expected}")]
    TrialCount { corruption: &'static str, severity: u8, found: usize, expected: usize },

    /// A Git LFS pointer where the file itself is expected.
    #[error(
        "{what} is a Git LFS pointer, not the file itself{}: run `git lfs pull` in the repository it was cloned from, or \
         download the file from the repository's page",
        bytes.map_or_else(String::new, |bytes| format!(", which has {bytes} bytes"))
    )]
    LfsPointer { what: String, bytes: Option<u64> },

    /// Too few or too many embeddings for the prompts.
    #[error("there are {found} embeddings for {expected} prompts")]
    EmbeddingCount { found: usize, expected: usize },

    /// No such corruption.
    #[error("unknown corruption {found:?}: expected one of {known}")]
    UnknownCorruption { found: String, known: String },

    /// A severity outside the five.
    #[error("severity {found}: expected 1 to 5")]
    Severity { found: u8 },

    /// A word that cannot be drawn into a picture.
    #[error("the word {word:?}: {problem}")]
    Word { word: String, problem: String },

    /// A table of saved embeddings with another number of lines than there are embeddings.
    #[error("the table has {lines} lines for {rows} embeddings")]
    KeptLines { rows: usize, lines: usize },

    /// Saved embeddings that other weights made.
    #[error("the embeddings were made by weights {found}, this model's are {expected}")]
    OtherWeights { found: String, expected: String },

    /// No labels were given.
    #[error("no labels were given: at least one is needed")]
    NoLabels,

    /// A label with nothing in it.
    #[error("label {} is empty", index + 1)]
    EmptyLabel { index: usize },

    /// A label that is longer than any context window.
    #[error("label {} has {chars} characters, at most {max} are accepted", index + 1)]
    LongLabel { index: usize, chars: usize, max: usize },

    /// A template without its placeholder.
    #[error("template {template:?} has no {{}} where the label goes")]
    Template { template: String },

    /// A way of scoring that does not exist.
    #[error("unknown mode {found:?}: expected \"softmax\" or \"independent\"")]
    Mode { found: String },

    /// A kind of heatmap that does not exist.
    #[error("unknown heatmap {found:?}: expected \"occlusion\" or \"patches\"")]
    HeatmapMethod { found: String },

    /// No such model among the records.
    #[error(
        "unknown model {id:?}: expected a .gguf file, a Hugging Face folder, a repository (owner/name), or one of {known}"
    )]
    UnknownModel { id: String, known: String },

    /// A folder that holds no data set.
    #[error("{}: {problem}", path.display())]
    Dataset { path: PathBuf, problem: String },

    /// Pictures that a linear probe cannot learn from: `largest` of one label at most.
    #[error("{}", probe_problem(*largest))]
    Probe { largest: usize },

    /// A value that is not a string where a label, template or text is expected.
    #[error("expected a string, found a value of type {found}")]
    NotText { found: String },

    /// There is not enough memory.
    #[error("out of memory: {needed} bytes are needed")]
    OutOfMemory { needed: u64 },

    /// candle failed, which no input should make it do.
    #[error("internal error in candle: {0}")]
    Candle(#[from] candle_core::Error),
}

impl Error {
    /// A stable word for programs: the `code` of the JavaScript `Error` and of `--json` failures.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::InFile { error, .. } => error.code(),
            Self::Write { .. } => "write",
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::WrongHash { .. } => "wrong-hash",
            Self::Download { .. } => "download",
            Self::MissingFile { .. } => "missing-file",
            Self::Config { .. } => "config",
            Self::UnsupportedArchitecture { .. } => "unsupported-architecture",
            Self::TensorType { .. } => "tensor-type",
            Self::MissingTensor { .. } => "missing-tensor",
            Self::UnknownTensors { .. } => "unknown-tensors",
            Self::TensorShape { .. } => "tensor-shape",
            Self::NonFiniteWeight { .. } => "non-finite-weight",
            Self::WeightRange { .. } => "weight-range",
            Self::NonFiniteEmbedding { .. } => "non-finite-embedding",
            Self::UnknownDtype { .. } => "unknown-dtype",
            Self::ImageDecode { .. } => "image-decode",
            Self::ImageFormat { .. } => "image-format",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::ImageShape { .. } => "image-shape",
            Self::Tokenizer { .. } => "tokenizer",
            Self::TokenId { .. } => "token-id",
            Self::LongPrompt { .. } => "long-prompt",
            Self::EmbeddingLength { .. } => "embedding-length",
            Self::EmbeddingCount { .. } => "embedding-count",
            Self::EmbeddingValue { .. } => "embedding-value",
            Self::ValueCount { .. } => "value-count",
            Self::NotFinite { .. } => "not-finite",
            Self::TrialCount { .. } => "trial-count",
            Self::LfsPointer { .. } => "lfs-pointer",
            Self::UnknownCorruption { .. } => "unknown-corruption",
            Self::Severity { .. } => "severity",
            Self::Word { .. } => "word",
            Self::KeptLines { .. } => "kept-lines",
            Self::OtherWeights { .. } => "other-weights",
            Self::NoLabels => "no-labels",
            Self::EmptyLabel { .. } => "empty-label",
            Self::LongLabel { .. } => "long-label",
            Self::Template { .. } => "template",
            Self::Mode { .. } => "mode",
            Self::HeatmapMethod { .. } => "heatmap-method",
            Self::UnknownModel { .. } => "unknown-model",
            Self::Dataset { .. } => "dataset",
            Self::Probe { .. } => "probe",
            Self::NotText { .. } => "not-text",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::Candle(_) => "internal",
        }
    }
}

/// Why a probe cannot be fitted where no label has more pictures than `largest`, 0 or 1.
fn probe_problem(largest: usize) -> &'static str {
    match largest {
        0 => "the data has no picture with one of these labels",
        _ => {
            "the data has one picture of each class: a probe learns from some pictures of a class and is tested on others, \
             so that it needs two or more"
        }
    }
}
