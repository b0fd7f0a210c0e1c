//! A conversion in progress: the data so far, its saved state, and the finished file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use clip_wasm::weights::{
    CheckpointMetadata, Converter, Dtype, Ending, Hashed, Record, Summary, hexadecimal,
};
use clip_wasm::{Error, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::saved_state::{Point, SavedState};
use super::work_files::WorkFiles;
use crate::output;

/// The state is saved after this many bytes of the source, or after this time.
const NOTE_BYTES: u64 = 16 << 20;
const NOTE_INTERVAL: Duration = Duration::from_millis(300);

/// The data so far, and how to go on.
pub struct PartialDownload {
    converter: Converter,
    work: WorkFiles,
    /// What the data is made of and into.
    origin: Value,
    /// Hash of the data so far.
    hash: Sha256,
    /// The point before the first byte.
    begin: Point,
    /// The last point at which all files so far had the right hash.
    whole_files: Point,
    /// Position of the source when the state was last saved, and when that was.
    noted: (u64, Instant),
    out: Vec<u8>,
}

impl PartialDownload {
    /// Resumes an existing conversion from the same origin, or starts over.
    ///
    /// # Errors
    /// `File`.
    pub fn open(mut work: WorkFiles, dtype: Dtype, origin: Value) -> Result<Self> {
        let begin = Point::of(&Converter::new(dtype), &Sha256::new())?;
        let (mut whole_files, mut points) = (begin.clone(), Vec::new());
        if let Some(state) = SavedState::read(&work.state_path(), &origin) {
            whole_files = state.whole_files.clone();
            points = vec![state.latest, state.whole_files];
        }
        let mut taken = None;
        for point in &points {
            let resume = point.resume(&mut work.data);
            taken = resume.map_err(|source| Error::File { path: work.data_path(), source })?;
            if taken.is_some() {
                break;
            }
            let data = work.data_path();
            output::note(format!(
                "{} does not contain what was written to it: resuming from an earlier point",
                data.display()
            ));
        }
        if taken.is_none() {
            whole_files = begin.clone();
        }
        let (converter, hash) = taken.unwrap_or_else(|| (Converter::new(dtype), Sha256::new()));
        let noted = (converter.position(), Instant::now());
        let mut partial_download =
            Self { converter, work, origin, hash, begin, whole_files, noted, out: Vec::new() };
        partial_download.cut()?;
        Ok(partial_download)
    }

    /// Ends it, and gives the files back that it worked in.
    pub fn into_work(self) -> WorkFiles {
        self.work
    }

    /// Bytes of the source that have come, of all files together.
    pub fn position(&self) -> u64 {
        self.converter.position()
    }

    /// Files that are complete.
    pub fn files(&self) -> usize {
        self.converter.files()
    }

    /// Where in the source the file that is coming begins.
    pub fn begin_of_file(&self) -> u64 {
        self.whole_files.position
    }

    /// Takes the next bytes of the source.
    ///
    /// # Errors
    /// `File` if the disk does not take what becomes of them, and what is wrong with them.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.converter.push(bytes, &mut self.out)?;
        self.work.data.write_all(&self.out).map_err(|source| self.failed(source))?;
        self.hash.update(&self.out);
        self.out.clear();
        let (position, at) = self.noted;
        if self.position() - position >= NOTE_BYTES || at.elapsed() >= NOTE_INTERVAL {
            self.save()?;
        }
        Ok(())
    }

    /// Forgets what has come of the current file.
    ///
    /// # Errors
    /// `File`.
    pub fn back_to_file(&mut self) -> Result<()> {
        let point = self.whole_files.clone();
        let taken = point.resume(&mut self.work.data).map_err(|source| self.failed(source))?;
        if let Some((converter, hash)) = taken {
            (self.converter, self.hash) = (converter, hash);
            self.cut()?;
        }
        Ok(())
    }

    /// Ends the current file and gives its SHA-256.
    ///
    /// # Errors
    /// `Malformed` if the file is not complete.
    pub fn end_file(&mut self) -> Result<String> {
        self.converter.end_file()
    }

    /// The file that was ended is what it should be: whatever comes, it is not fetched again.
    ///
    /// # Errors
    /// `File`.
    pub fn keep_file(&mut self) -> Result<()> {
        self.whole_files = Point::of(&self.converter, &self.hash)?;
        self.save()
    }

    /// Writes down how far the conversion is.
    fn save(&mut self) -> Result<()> {
        let latest = Point::of(&self.converter, &self.hash)?;
        SavedState { latest, whole_files: self.whole_files.clone() }
            .write(&self.work.state_path(), &self.origin)?;
        self.noted = (self.position(), Instant::now());
        Ok(())
    }

    /// Ends after a failure: keeps the valid part of the download, and says so in the error.
    pub fn end(&mut self, error: Error) -> Error {
        let kept = match &error {
            Error::Download { .. } if self.position() > 0 => self.save(),
            // The disk is full, perhaps: the last saved state remains valid.
            Error::File { .. } | Error::Write { .. } if self.work.state_path().exists() => Ok(()),
            _ if self.whole_files.position > 0 => self.back_to_file().and_then(|()| self.save()),
            _ => {
                self.work.clear();
                Ok(())
            }
        };
        // The error at hand matters more than a state that cannot be saved.
        let _ = kept;
        let _ = fs::remove_file(self.work.part_path());
        let can_resume = self.work.state_path().exists() && !self.work.is_apart();
        match error {
            Error::Download { url, problem } if can_resume => Error::Download {
                url,
                problem: format!("{problem}; progress is saved, and the next run resumes"),
            },
            Error::File { path, source } if can_resume => {
                let problem = format!("{source}; progress is saved, and the next run resumes");
                Error::File { path, source: io::Error::new(source.kind(), problem) }
            }
            error => error,
        }
    }

    /// Puts the header in front of the data, in a file beside, and reads it again.
    ///
    /// # Errors
    /// `File`, `WrongHash` if the disk gives other bytes than it was given, and as [`Converter::finish`].
    pub fn complete(&mut self, companions: &CheckpointMetadata, record: &Record) -> Result<Summary> {
        let summary = self.join(companions, record);
        if matches!(summary, Err(Error::WrongHash { .. })) {
            // Nothing that was kept is to be believed any more.
            self.whole_files = self.begin.clone();
        }
        summary
    }

    fn join(&mut self, companions: &CheckpointMetadata, record: &Record) -> Result<Summary> {
        let ending = Point::of(&self.converter, &self.hash)?.converter()?.finish(companions, record)?;
        let part = self.work.begin_part();
        let failed = |source| Error::File { path: part.clone(), source };
        self.work.data.rewind().map_err(failed)?;
        let (sha256, of_data) = join(&ending, &mut self.work.data, &part).map_err(failed)?;
        let again = File::open(&part).and_then(digest).map_err(failed)?;
        let expected = hexadecimal(&self.hash.clone().finalize());
        for (found, expected) in [(of_data, expected), (again, sha256.clone())] {
            if found != expected {
                return Err(Error::WrongHash { what: "the bytes on this disk", found, expected });
            }
        }
        Ok(Summary { tensors: ending.tensors, bytes: ending.bytes, sha256 })
    }

    /// Cuts off data that the converter knows nothing of.
    fn cut(&mut self) -> Result<()> {
        let written = self.converter.written();
        let cut = self.work.data.set_len(written);
        let cut = cut.and_then(|()| self.work.data.seek(SeekFrom::Start(written)));
        cut.map(|_| ()).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File { path: self.work.data_path(), source }
    }
}

/// Writes header, data and tail to `path`; gives the SHA-256 of it all, and of the data.
fn join(ending: &Ending, data: &mut File, path: &std::path::Path) -> io::Result<(String, String)> {
    let mut file = Hashed::new(BufWriter::new(File::create(path)?));
    file.write_all(&ending.header)?;
    let mut through = Hashed::new(&mut file);
    io::copy(data, &mut through)?;
    let (_, of_data) = through.finish();
    file.write_all(&ending.tail)?;
    let (writer, sha256) = file.finish();
    writer.into_inner()?.sync_all()?;
    Ok((sha256, of_data))
}

/// The SHA-256 of what is read.
///
/// # Errors
/// What the system says.
pub fn digest(mut file: impl Read) -> io::Result<String> {
    let mut hashed = Hashed::new(io::sink());
    io::copy(&mut file, &mut hashed)?;
    Ok(hashed.finish().1)
}
