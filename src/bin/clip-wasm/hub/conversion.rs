//! One repository's weights into one GGUF file, with what is half done kept beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clip_wasm::weights::hub::{RepositoryFile, RepositoryPlan};
use clip_wasm::weights::{Companions, Converter, Dtype, Ending, Hashed, Summary};
use clip_wasm::{Error, Result};
use indicatif::ProgressBar;
use serde_json::json;

use super::Hub;
use crate::output;

/// Bytes of the source between two notes of how far the conversion is.
const NOTE: u64 = 64 << 20;

/// Downloads and converts; an earlier run that was cut short is taken up.
pub fn run(hub: &Hub, repo: &str, plan: &RepositoryPlan, dtype: Dtype, target: &Path) -> Result<Summary> {
    let read = |file: &Option<RepositoryFile>| match file {
        Some(file) => hub.http.read(&hub.url(repo, plan, &file.name)).map(Bytes::from),
        None => Ok(Bytes::new()),
    };
    let companions = Companions::from_hugging_face(plan.companions.try_map(read)?)?;
    let origin = format!("{}\n", json!([repo, plan.revision, plan.weights, dtype]));
    let mut halfway = Halfway::open(target, dtype, origin)?;
    let total = plan.weights.iter().map(|file| file.bytes).sum();
    let bar = output::progress(total, &format!("{repo} to {dtype}"));
    let mut begin = 0;
    for (index, file) in plan.weights.iter().enumerate() {
        if index >= halfway.converter.files() {
            let result = fetch(hub, &hub.url(repo, plan, &file.name), file, begin, &mut halfway, &bar);
            if let Err(error) = result {
                // A broken download can be taken up; weights that cannot be stored cannot.
                halfway.end(matches!(error, Error::Download { .. }));
                return Err(error);
            }
        }
        begin += file.bytes;
    }
    bar.finish_and_clear();
    halfway.complete(&companions, plan, target)
}

/// What has not come of one file of the weights, which begins at `begin` of all of them.
fn fetch(
    hub: &Hub,
    url: &str,
    file: &RepositoryFile,
    begin: u64,
    halfway: &mut Halfway,
    bar: &ProgressBar,
) -> Result<()> {
    let done = halfway.converter.position().saturating_sub(begin);
    if file.bytes == 0 || done < file.bytes {
        hub.http.stream(url, done, file.bytes, &mut |bytes| {
            halfway.push(bytes)?;
            bar.set_position(halfway.converter.position());
            Ok(())
        })?;
    }
    let found = halfway.converter.end_file()?;
    match &file.sha256 {
        Some(expected) if *expected != found => {
            let expected = expected.clone();
            Err(Error::WrongHash { what: "the weights", found, expected })
        }
        _ => Ok(()),
    }
}

/// The data so far, and how to go on.
struct Halfway {
    converter: Converter,
    data: File,
    data_path: PathBuf,
    note_path: PathBuf,
    /// What the data is made of and into, as one line: a note begins with it.
    origin: String,
    noted: u64,
    out: Vec<u8>,
}

impl Halfway {
    /// Takes up what lies beside `target` and is of the same origin, or begins.
    fn open(target: &Path, dtype: Dtype, origin: String) -> Result<Self> {
        let (data_path, note_path) =
            (target.with_added_extension("data"), target.with_added_extension("state"));
        let failed = |source| Error::File { path: data_path.clone(), source };
        let data = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&data_path);
        let data = data.map_err(failed)?;
        let present = data.metadata().map_err(failed)?.len();
        let note = fs::read(&note_path).unwrap_or_default();
        let state = note.strip_prefix(origin.as_bytes());
        let noted = state.and_then(|state| Converter::resume(state).ok());
        let converter =
            noted.filter(|noted| noted.written() <= present).unwrap_or_else(|| Converter::new(dtype));
        data.set_len(converter.written()).map_err(failed)?;
        let noted = converter.position();
        let mut halfway = Self { converter, data, data_path, note_path, origin, noted, out: Vec::new() };
        io::Seek::seek(&mut halfway.data, io::SeekFrom::End(0)).map_err(|source| halfway.failed(source))?;
        Ok(halfway)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.converter.push(bytes, &mut self.out)?;
        let written = self.data.write_all(&self.out);
        written.map_err(|source| self.failed(source))?;
        self.out.clear();
        if self.converter.position() - self.noted >= NOTE {
            self.note()?;
        }
        Ok(())
    }

    /// Writes down how far the conversion is, aside first: a note is whole or not there.
    fn note(&mut self) -> Result<()> {
        let note = [self.origin.as_bytes(), &self.converter.snapshot()?].concat();
        output::write(&self.note_path, &note)?;
        self.noted = self.converter.position();
        Ok(())
    }

    /// After a failure: keeps what has come, or removes it. The error at hand matters more than one of these files.
    fn end(&mut self, keep: bool) {
        if keep {
            let _ = self.note();
        } else {
            let _ = fs::remove_file(&self.data_path);
            let _ = fs::remove_file(&self.note_path);
        }
    }

    /// Puts the header in front of the data.
    fn complete(mut self, companions: &Companions, plan: &RepositoryPlan, target: &Path) -> Result<Summary> {
        io::Seek::rewind(&mut self.data).map_err(|source| self.failed(source))?;
        let ending = self.converter.finish(companions, &plan.record)?;
        let aside = target.with_added_extension("part");
        let sha256 = join(&ending, &mut self.data, &aside)
            .and_then(|sha256| fs::rename(&aside, target).map(|()| sha256))
            .map_err(|source| Error::File { path: target.to_owned(), source })?;
        let _ = fs::remove_file(&self.data_path);
        let _ = fs::remove_file(&self.note_path);
        Ok(Summary { tensors: ending.tensors, bytes: ending.bytes, sha256 })
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File { path: self.data_path.clone(), source }
    }
}

/// Writes header, data and tail to `path`; gives the SHA-256 of it all.
fn join(ending: &Ending, data: &mut File, path: &Path) -> io::Result<String> {
    let mut file = Hashed::new(BufWriter::new(File::create(path)?));
    file.write_all(&ending.header)?;
    io::copy(data, &mut file)?;
    file.write_all(&ending.tail)?;
    let (writer, sha256) = file.finish();
    writer.into_inner()?.sync_all()?;
    Ok(sha256)
}
