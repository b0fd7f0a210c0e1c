//! Checkpoints straight from a hub: quantized while they download, resumed, and verified.

mod conversion;
mod http;

use std::path::{Path, PathBuf};

use clip_wasm::Result;
use clip_wasm::weights::hub::{HUGGING_FACE, Repository, RepositoryName, RepositoryPlan, file_path};
use clip_wasm::weights::{Dtype, Record, Summary};
use etcetera::BaseStrategy;

use crate::records;
use http::Http;

/// A hub with Hugging Face's layout.
pub struct Hub {
    http: Http,
    /// Without a slash at its end.
    endpoint: String,
}

/// A repository by name, and what our records know of it.
pub struct Wanted {
    name: RepositoryName,
    record: Record,
}

impl Wanted {
    /// What `name` stands for: a record's id, or `owner/name[@revision]`.
    ///
    /// # Errors
    /// `Malformed` for a record that is none.
    pub fn parse(name: &str) -> Result<Option<Self>> {
        let Some(record) = records::find(name)? else {
            let name = RepositoryName::parse(name);
            return Ok(name.map(|name| Self { name, record: Record::default() }));
        };
        let revision = record.source.revision.as_deref().unwrap_or("main");
        let name =
            record.source.repo.as_ref().and_then(|repo| RepositoryName::parse(&format!("{repo}@{revision}")));
        Ok(name.map(|name| Self { name, record }))
    }

    /// The same, with another record.
    pub fn with_record(self, record: Record) -> Self {
        Self { record, ..self }
    }
}

impl Hub {
    /// The hub that HF_ENDPOINT names, or Hugging Face's own.
    pub fn from_environment() -> Self {
        let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| HUGGING_FACE.to_owned());
        Self { http: Http::new(), endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    /// Writes the checkpoint to `target` as GGUF.
    ///
    /// # Errors
    /// `Download`, `WrongHash`, `MissingFile`, `UnsupportedArchitecture`, `File`, and what is wrong with the
    /// files.
    pub fn quantize(&self, wanted: &Wanted, dtype: Dtype, target: &Path) -> Result<Summary> {
        let repo = &wanted.name.repo;
        let about = self.http.read(&format!("{}{}", self.endpoint, wanted.name.about()))?;
        let plan = Repository::parse(&about)?.plan(repo, wanted.record.clone())?;
        conversion::run(self, repo, &plan, dtype, target)
    }

    /// The checkpoint in this type, in the folder where such are kept; fetched if it is not there.
    ///
    /// # Errors
    /// As [`Hub::quantize`].
    pub fn kept(&self, name: &str, wanted: &Wanted, dtype: Dtype) -> Result<PathBuf> {
        let folder = kept_models();
        let path = folder.join(format!("{}-{}.gguf", name.replace(['/', '\\'], "--"), dtype.name()));
        if !path.exists() {
            std::fs::create_dir_all(&folder)
                .map_err(|source| clip_wasm::Error::File { path: folder.clone(), source })?;
            self.quantize(wanted, dtype, &path)?;
        }
        Ok(path)
    }

    fn url(&self, repo: &str, plan: &RepositoryPlan, file: &str) -> String {
        format!("{}{}", self.endpoint, file_path(repo, &plan.revision, file))
    }
}

/// Where models that were fetched by name are kept: CLIP_WASM_MODELS, or a folder in the user's cache.
fn kept_models() -> PathBuf {
    std::env::var_os("CLIP_WASM_MODELS").map(PathBuf::from).unwrap_or_else(|| {
        let user = etcetera::choose_base_strategy(); // fails only where nobody has a home
        user.map(|user| user.cache_dir()).unwrap_or_default().join("clip-wasm")
    })
}
