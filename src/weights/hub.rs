//! Repositories on a hub with Hugging Face's layout: their names, and which of their files make up a checkpoint.

use serde::{Deserialize, Serialize};

use super::dialect::checkpoint_metadata::MetadataFiles;
use super::instead;
use super::record::Record;
use crate::error::{Error, Result};

/// The default hub.
pub const HUGGING_FACE: &str = "https://huggingface.co";

/// The configs of Hugging Face's libraries and of OpenCLIP.
const CONFIGS: [&str; 2] = ["config.json", OPEN_CLIP_CONFIG];
const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";
const TOKENIZERS: [&str; 2] = ["tokenizer.json", "vocab.json"];
const PREPROCESSORS: [&str; 2] = ["preprocessor_config.json", OPEN_CLIP_CONFIG];
/// The files that transformers reads besides these.
const PROCESSOR: &str = "processor_config.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const SPECIAL_TOKENS: &str = "special_tokens_map.json";
/// The files that may contain all weights, the preferred form first.
const SAFETENSORS: [&str; 2] = ["model.safetensors", "open_clip_model.safetensors"];
const INDEX: &str = "model.safetensors.index.json";
const PICKLES: [&str; 2] = ["pytorch_model.bin", "open_clip_pytorch_model.bin"];

/// The default branch.
const MAIN: &str = "main";

/// A repository by name: `owner/name` or `owner/name@revision`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryName {
    /// `owner/name`
    pub repo: String,
    /// A commit, a tag or a branch.
    pub revision: String,
}

impl RepositoryName {
    /// Parses `text`, if it has the form of a repository's name.
    pub fn parse(text: &str) -> Option<Self> {
        let (repo, revision) = text.split_once('@').unwrap_or((text, MAIN));
        let (owner, name) = repo.split_once('/')?;
        let plain = |part: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(fits)
        };
        let is_revision = !revision.is_empty() && revision.split('/').all(plain);
        (plain(owner) && plain(name) && is_revision)
            .then(|| Self { repo: repo.to_owned(), revision: revision.to_owned() })
    }

    /// The path on the hub of the repository's metadata: commit, files, sizes, hashes.
    pub fn about(&self) -> String {
        let Self { repo, revision } = self;
        format!("/api/models/{repo}/revision/{}?blobs=true", revision.replace('/', "%2F"))
    }
}

/// The path of a file on the hub.
pub fn file_path(repo: &str, revision: &str, file: &str) -> String {
    format!("/{repo}/resolve/{}/{file}", revision.replace('/', "%2F"))
}

/// The parts of the hub's answer about a repository that are needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Repository {
    /// The commit that the revision names.
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Clone, Debug, Deserialize)]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    lfs: Option<LargeFile>,
}

#[derive(Clone, Debug, Deserialize)]
struct LargeFile {
    sha256: Option<String>,
    size: Option<u64>,
}

/// A file to download.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryFile {
    pub name: String,
    /// 0 if the hub does not state it.
    pub bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The files of a repository that make a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepositoryPlan {
    /// The commit that the files belong to.
    pub revision: String,
    /// The small files; `None` for each that is missing.
    pub companions: MetadataFiles<Option<RepositoryFile>>,
    /// One file, or the shards in order of their names.
    pub weights: Vec<RepositoryFile>,
    /// The origin that is recorded in the converted file.
    pub record: Record,
}

impl Repository {
    /// # Errors
    /// `Malformed` for an unexpected answer, or one whose commit or file names could lead outside the repository.
    pub fn parse(answer: &[u8]) -> Result<Self> {
        let found: Self = serde_json::from_slice(answer).map_err(|error| malformed(error.to_string()))?;
        if found.sha.is_empty() || !found.sha.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(malformed(format!("`sha` is {:?}, expected a commit", found.sha)));
        }
        Ok(found)
    }

    /// Treats a folder as a repository of which only the names of the files are known.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn of_files(names: Vec<String>) -> Self {
        let sibling = |rfilename| Sibling { rfilename, size: None, lfs: None };
        Self { sha: String::new(), siblings: names.into_iter().map(sibling).collect() }
    }

    /// Selects the files of the repository `repo` to download. `record` may add more: which file has the weights, its
    /// hash, a name, a licence.
    ///
    /// # Errors
    /// `MissingFile` for a repository without supported weights, or without the files that belong to them;
    /// `WrongHash` if the record's hash differs from the hub's.
    pub fn plan(&self, repo: &str, record: Record) -> Result<RepositoryPlan> {
        let mut weights = match &record.source.file {
            Some(name) => vec![self.file(name).ok_or_else(|| Error::MissingFile { expected: name.clone() })?],
            None => self.weights()?,
        };
        if let ([file], Some(expected)) = (weights.as_mut_slice(), &record.source.sha256) {
            let found = file.sha256.get_or_insert_with(|| expected.clone()).clone();
            if found != *expected {
                let expected = expected.clone();
                return Err(Error::WrongHash { what: "the hub's weights", found, expected });
            }
        }
        let mut configs = CONFIGS;
        if weights.first().is_some_and(|file| file.name.starts_with("open_clip_")) {
            configs.reverse();
        }
        let config = self.first(&configs)?;
        // OpenCLIP has a preprocessing of its own.
        let processor = self.file(PROCESSOR).filter(|_| config.name != OPEN_CLIP_CONFIG);
        let preprocessor = self.first(&PREPROCESSORS);
        Ok(RepositoryPlan {
            revision: self.sha.clone(),
            companions: MetadataFiles {
                tokenizer: Some(self.first(&TOKENIZERS)?),
                tokenizer_config: self.file(TOKENIZER_CONFIG),
                special_tokens: self.file(SPECIAL_TOKENS),
                preprocessor: if processor.is_some() { preprocessor.ok() } else { Some(preprocessor?) },
                processor,
                config: Some(config),
            },
            record: self.record(repo, record, &weights),
            weights,
        })
    }

    /// The record, completed with the origin of these weights.
    fn record(&self, repo: &str, mut record: Record, weights: &[RepositoryFile]) -> Record {
        record.name.get_or_insert_with(|| repo.rsplit('/').next().unwrap_or(repo).to_owned());
        record.fidelity.clear();
        record.source.repo = Some(repo.to_owned());
        record.source.revision = Some(self.sha.clone());
        record.source.file = weights.first().map(|file| file.name.clone());
        record
    }

    fn weights(&self) -> Result<Vec<RepositoryFile>> {
        let whole = self.first(&SAFETENSORS);
        if whole.is_ok() {
            return whole.map(|file| vec![file]);
        }
        let names = self.siblings.iter().map(|sibling| sibling.rfilename.as_str());
        let mut shards: Vec<_> =
            names.filter(|name| is_shard(name)).filter_map(|name| self.file(name)).collect();
        shards.sort_by(|a, b| a.name.cmp(&b.name));
        if !shards.is_empty() {
            return Ok(shards);
        }
        if let Ok(pickled) = self.first(&PICKLES) {
            return Ok(vec![pickled]);
        }
        // Where there is neither, the better form is what is missing.
        let expected = match (self.named_shards(), self.file(INDEX)) {
            (Some(shards), None) => format!(
                "{}: {shards} are there, but no {INDEX} says that they are parts of one model",
                SAFETENSORS.join(" or ")
            ),
            (Some(shards), Some(_)) => format!(
                "{}: {INDEX} may name {shards} its parts, which is followed in a folder alone: clone the repository \
                 and open that",
                SAFETENSORS.join(" or ")
            ),
            (None, _) => match self.other_format() {
                Some(other) => format!("{}: {other}", SAFETENSORS.join(" or ")),
                None => return whole.map(|file| vec![file]),
            },
        };
        Err(Error::MissingFile { expected })
    }

    /// The safetensors files with unknown names, as a list in words.
    fn named_shards(&self) -> Option<String> {
        let names = self.siblings.iter().map(|sibling| sibling.rfilename.as_str());
        let mut shards: Vec<_> = names.filter(|name| name.ends_with(".safetensors")).collect();
        shards.sort_unstable();
        let last = shards.pop()?;
        Some(if shards.is_empty() { last.to_owned() } else { format!("{} and {last}", shards.join(", ")) })
    }

    /// What is there in place of weights that can be read, and which repository to use instead.
    fn other_format(&self) -> Option<String> {
        let named = |ending: &str| {
            self.siblings.iter().map(|sibling| sibling.rfilename.as_str()).find(|name| name.ends_with(ending))
        };
        if let Some(archive) = named(".pt").or_else(|| named(".pth")) {
            return Some(format!(
                "{archive} is there, an archive that says neither its config nor its tokenizer; use {} instead",
                converted(archive)
            ));
        }
        let (file, kind) =
            [(".onnx", "ONNX"), (".npz", "NumPy"), (".msgpack", "Flax"), (".h5", "TensorFlow")]
                .into_iter()
                .find_map(|(ending, kind)| Some((named(ending)?, kind)))?;
        Some(format!(
            "{file} is there, but files of {kind} are not read; use the repository that it was made from, or {}, instead",
            instead::PHOTOGRAPHS
        ))
    }

    /// The first of several files that exists.
    fn first(&self, names: &[&'static str]) -> Result<RepositoryFile> {
        let mut found = names.iter().filter_map(|name| self.file(name));
        found.next().ok_or_else(|| Error::MissingFile { expected: names.join(" or ") })
    }

    fn file(&self, name: &str) -> Option<RepositoryFile> {
        let sibling = self.siblings.iter().find(|sibling| sibling.rfilename == name)?;
        let lfs = sibling.lfs.as_ref();
        Some(RepositoryFile {
            name: name.to_owned(),
            bytes: lfs.and_then(|lfs| lfs.size).or(sibling.size).unwrap_or(0),
            sha256: lfs.and_then(|lfs| lfs.sha256.clone()),
        })
    }
}

/// The repository that has the weights of an archive in OpenCLIP's form, or those of another model where none has.
fn converted(archive: &str) -> &'static str {
    match archive.trim_end_matches(".pt") {
        "PE-Core-T16-384" => "timm/PE-Core-T-16-384, which has the same weights,",
        "PE-Core-S16-384" => "timm/PE-Core-S-16-384, which has the same weights,",
        "PE-Core-B16-224" => "timm/PE-Core-B-16, which has the same weights,",
        "PE-Core-L14-336" => "timm/PE-Core-L-14-336, which has the same weights,",
        "mobileclip_s1" => "apple/MobileCLIP-S1-OpenCLIP, which has the same weights,",
        "mobileclip_s2" => "apple/MobileCLIP-S2-OpenCLIP, which has the same weights,",
        "mobileclip2_s0" => "timm/MobileCLIP2-S0-OpenCLIP, which has the same weights,",
        "mobileclip2_s2" => "timm/MobileCLIP2-S2-OpenCLIP, which has the same weights,",
        tiny if tiny.starts_with("TinyCLIP-") => instead::TINY,
        // Its text tower has convolutions; its successor's has none.
        "mobileclip_s0" => instead::MOBILE,
        _ => instead::PHOTOGRAPHS,
    }
}

/// Whether a name is that of a shard: `model-00001-of-00002.safetensors`.
fn is_shard(name: &str) -> bool {
    let numbers = name.strip_prefix("model-").and_then(|rest| rest.strip_suffix(".safetensors"));
    numbers.and_then(|numbers| numbers.split_once("-of-")).is_some_and(|(index, count)| {
        [index, count].iter().all(|number| number.len() == 5 && number.bytes().all(|c| c.is_ascii_digit()))
    })
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: "hub answer", reason }
}
