//! Downloads checkpoints from a hub: quantizes them as they arrive, resumes, and verifies them.

mod answer;
mod conversion;
mod http;
mod origin;
mod partial_download;
mod remote;
mod saved_state;
pub mod stored_models;
mod work_files;

use std::path::PathBuf;

use clip_wasm::image::Backend;
use clip_wasm::session::preprocessor_of;
use clip_wasm::weights::hub::{HUGGING_FACE, Repository, RepositoryName, RepositoryPlan, file_path};
use clip_wasm::weights::{Checkpoint, Dtype, Record, Summary};
use clip_wasm::{Error, Result};

use crate::output::{self, Target};
use crate::records;
use http::Http;
use remote::Remote;
use stored_models::{Slot, State};
use work_files::WorkFiles;

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

    /// Replaces the record.
    pub fn with_record(self, record: Record) -> Self {
        Self { record, ..self }
    }

    /// Makes the record name these pixels, if any are asked for.
    pub fn with_preprocessor(mut self, asked: Option<Backend>) -> Self {
        self.record.preprocessor = asked.or(self.record.preprocessor);
        self
    }

    /// `owner/name@revision`
    fn asked(&self) -> String {
        format!("{}@{}", self.name.repo, self.name.revision)
    }
}

impl Hub {
    /// The hub that HF_ENDPOINT names, or Hugging Face's own.
    ///
    /// # Errors
    /// `Download` if HF_ENDPOINT or HF_TOKEN cannot be what they are called.
    pub fn from_environment() -> Result<Self> {
        let endpoint = std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.trim().is_empty());
        let endpoint = endpoint.unwrap_or_else(|| HUGGING_FACE.to_owned());
        let endpoint = endpoint.trim().trim_end_matches('/').to_owned();
        Ok(Self { http: Http::new(&endpoint)?, endpoint })
    }

    /// Writes the checkpoint to `target` as GGUF.
    ///
    /// # Errors
    /// `Download`, `WrongHash`, `MissingFile`, `UnsupportedArchitecture`, `File`, and what is wrong with the
    /// files.
    pub fn quantize(&self, wanted: Wanted, dtype: Dtype, target: &Target) -> Result<Summary> {
        let mut work = WorkFiles::begin(target.real())?;
        let plan = self.plan(&wanted)?;
        if work.has_waited
            && let Some(made) = already_made(target, &plan, dtype)
        {
            work.clear();
            return Ok(made);
        }
        let (mut work, summary) = conversion::run(self, &plan, dtype, work)?;
        target.adopt(&work.part_path())?;
        work.clear();
        Ok(summary)
    }

    /// The checkpoint in this type, in the folder where such are kept; fetched if it is not there as it was made.
    ///
    /// # Errors
    /// As [`Hub::quantize`].
    pub fn kept(&self, name: &str, wanted: &Wanted, dtype: Dtype) -> Result<PathBuf> {
        let folder = stored_models::folder()?;
        let name = name.strip_suffix("@main").unwrap_or(name);
        let slot = Slot::of(&folder, name, dtype);
        if let State::Good { record, is_new } = slot.state()?
            && self.is_of(&record, wanted)
        {
            if is_new {
                slot.seen(&record);
            }
            WorkFiles::sweep(&slot.path);
            return Ok(slot.path);
        }
        std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
        let mut work = WorkFiles::begin(Some(&slot.path))?;
        let mut plan = None;
        match slot.state()? {
            State::Good { record, .. } if self.is_of(&record, wanted) => {
                work.clear();
                return Ok(slot.path);
            }
            State::Good { mut record, .. } => {
                let here = self.plan(wanted)?;
                if record.weights == serde_json::json!(here.weights) && record.revision == here.revision {
                    (record.hub, record.asked) = (self.endpoint.clone(), wanted.asked());
                    slot.write(&record)?;
                    work.clear();
                    return Ok(slot.path);
                }
                let path = slot.path.display();
                output::note(format!(
                    "{path} was made from {} of {}: downloading it again",
                    record.asked, record.hub
                ));
                plan = Some(here);
            }
            State::Bad(why) => {
                output::note(format!("{} is not used: {why}; downloading it again", slot.path.display()));
                if slot.record().is_some() {
                    slot.remove();
                }
            }
            State::Missing => {}
        }
        let plan = plan.map_or_else(|| self.plan(wanted), Ok)?;
        let (mut work, made) = conversion::run(self, &plan, dtype, work)?;
        let record = stored_models::StoredRecord {
            name: name.to_owned(),
            asked: wanted.asked(),
            hub: self.endpoint.clone(),
            revision: plan.revision.clone(),
            weights: serde_json::json!(plan.weights),
            dtype: dtype.name().to_owned(),
            bytes: made.bytes,
            sha256: made.sha256,
            seen: None,
        };
        slot.finish(&work.part_path(), record)?;
        work.clear();
        Ok(slot.path)
    }

    /// Whether a stored model is from this hub and is the requested one.
    fn is_of(&self, record: &stored_models::StoredRecord, wanted: &Wanted) -> bool {
        record.hub == self.endpoint && record.asked == wanted.asked()
    }

    fn plan(&self, wanted: &Wanted) -> Result<RepositoryPlan> {
        let RepositoryName { repo, revision } = &wanted.name;
        let shown = match revision.as_str() {
            "main" => format!("{}/{repo}", self.endpoint),
            _ => format!("{}/{repo} at revision {revision}", self.endpoint),
        };
        let url = format!("{}{}", self.endpoint, wanted.name.about());
        let about = self.http.read(&Remote { url, shown: shown.clone(), bytes: 0, is_hashed: false })?;
        let plan = Repository::parse(&about).and_then(|found| found.plan(repo, wanted.record.clone()));
        plan.map_err(|error| match error {
            Error::Malformed { reason, .. } => {
                let problem = format!("its answer is not a hub's list of files: {reason}");
                Error::Download { url: shown, problem }
            }
            Error::MissingFile { expected } => {
                // What says why and what to use instead needs no more.
                let more =
                    if expected.contains(": ") { "" } else { ": expected a checkpoint of CLIP or SigLIP" };
                let problem = format!("the repository has no {expected}{more}");
                Error::Download { url: shown, problem }
            }
            error => error,
        })
    }

    fn url(&self, repo: &str, plan: &RepositoryPlan, file: &str) -> String {
        format!("{}{}", self.endpoint, file_path(repo, &plan.revision, file))
    }
}

/// What another process has made of this plan while this one waited.
fn already_made(target: &Target, plan: &RepositoryPlan, dtype: Dtype) -> Option<Summary> {
    let path = target.real()?;
    let made = Checkpoint::open(path).ok()?;
    let (source, planned) = (&made.record.source, &plan.record.source);
    let made_pixels = preprocessor_of(&made.preprocessing_json, &made.record).ok()?;
    let planned_pixels = preprocessor_of(&made.preprocessing_json, &plan.record).ok()?;
    let same = source.repo == planned.repo
        && source.revision == planned.revision
        && made.main_dtype() == dtype
        && planned_pixels == made_pixels;
    let bytes = std::fs::metadata(path).ok()?.len();
    same.then(|| Summary { tensors: made.tensors.iter().count(), bytes, sha256: made.sha256().to_owned() })
}
