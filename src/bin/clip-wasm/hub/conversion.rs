//! Converts the weights of a repository to a GGUF file.

use bytes::Bytes;
use clip_wasm::session::choose_preprocessor;
use clip_wasm::weights::hub::{RepositoryFile, RepositoryPlan};
use clip_wasm::weights::{CheckpointMetadata, Dtype, Summary, hexadecimal};
use clip_wasm::{Error, Result};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::Hub;
use super::partial_download::PartialDownload;
use super::remote::Remote;
use super::work_files::WorkFiles;
use crate::output;

/// Downloads and converts; resumes an interrupted earlier run.
pub fn run(hub: &Hub, plan: &RepositoryPlan, dtype: Dtype, work: WorkFiles) -> Result<(WorkFiles, Summary)> {
    let repo = plan.record.source.repo.as_deref().unwrap_or_default();
    let read = |file: &Option<RepositoryFile>| match file {
        Some(file) => small(hub, &remote(hub, repo, plan, file), file).map(Bytes::from),
        None => Ok(Bytes::new()),
    };
    let companions = CheckpointMetadata::from_hugging_face(plan.companions.try_map(read)?)?;
    let mut record = plan.record.clone();
    choose_preprocessor(&mut record, &companions.preprocessing_json, None)?;
    let mut partial_download =
        PartialDownload::open(work, dtype, serde_json::json!([repo, plan.revision, plan.weights, dtype]))?;
    let total = plan.weights.iter().map(|file| file.bytes).sum();
    let bar = output::progress_of_bytes(total, &format!("{repo} to {dtype}"));
    let result = fetch_all(hub, repo, plan, &mut partial_download, &bar);
    bar.finish_and_clear();
    let result = result.and_then(|()| partial_download.complete(&companions, &record));
    match result {
        Ok(summary) => Ok((partial_download.into_work(), summary)),
        Err(error) => Err(partial_download.end(error)),
    }
}

fn fetch_all(
    hub: &Hub,
    repo: &str,
    plan: &RepositoryPlan,
    partial_download: &mut PartialDownload,
    bar: &ProgressBar,
) -> Result<()> {
    for file in plan.weights.iter().skip(partial_download.files()) {
        // Without a hash to look at in the end, nothing says that a rest belongs to what came before.
        if file.sha256.is_none() {
            partial_download.back_to_file()?;
        }
        let begin = partial_download.begin_of_file();
        let remote = remote(hub, repo, plan, file);
        let done = partial_download.position() - begin;
        bar.set_position(partial_download.position());
        bar.reset_eta();
        if file.bytes == 0 || done < file.bytes {
            hub.http.stream(&remote, done, &mut |bytes| {
                partial_download.push(bytes)?;
                bar.set_position(partial_download.position());
                Ok(())
            })?;
        }
        let found = partial_download.end_file()?;
        if let Some(expected) = file.sha256.as_ref().filter(|expected| **expected != found) {
            return Err(Error::WrongHash { what: "the weights", found, expected: expected.clone() });
        }
        partial_download.keep_file()?;
    }
    Ok(())
}

/// A file that is read as a whole, of the size and the hash that the hub says.
fn small(hub: &Hub, remote: &Remote, file: &RepositoryFile) -> Result<Vec<u8>> {
    let bytes = hub.http.read(remote)?;
    let found = hexadecimal(&Sha256::digest(&bytes));
    match &file.sha256 {
        Some(expected) if *expected != found => Err(Error::WrongHash {
            what: "the bytes of a file of the model",
            found,
            expected: expected.clone(),
        }),
        _ => Ok(bytes),
    }
}

fn remote(hub: &Hub, repo: &str, plan: &RepositoryPlan, file: &RepositoryFile) -> Remote {
    let url = hub.url(repo, plan, &file.name);
    Remote { shown: url.clone(), url, bytes: file.bytes, is_hashed: file.sha256.is_some() }
}
