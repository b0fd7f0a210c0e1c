//! The saved state of a conversion, from which it resumes if the program ends.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::Path;

use clip_wasm::Result;
use clip_wasm::weights::{Converter, hexadecimal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::output;

/// Bytes that are hashed at a time.
const CHUNK: usize = 1 << 18;

/// A point to resume from.
#[derive(Clone, Debug)]
pub struct Point {
    snapshot: Vec<u8>,
    /// Bytes of data.
    pub written: u64,
    /// Bytes of the source.
    pub position: u64,
    data_sha256: String,
}

/// The state that is saved.
#[derive(Debug)]
pub struct SavedState {
    pub latest: Point,
    /// The last point at which all files so far had the right hash.
    pub whole_files: Point,
}

/// The first line of a saved state; the two snapshots follow.
#[derive(Serialize, Deserialize)]
struct Heading {
    origin: Value,
    latest: Entry,
    whole_files: Entry,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    bytes: usize,
    data_sha256: String,
}

impl Point {
    /// Where a converter is, and the hash of its data so far.
    ///
    /// # Errors
    /// As [`Converter::snapshot`].
    pub fn of(converter: &Converter, hash: &Sha256) -> Result<Self> {
        Ok(Self {
            snapshot: converter.snapshot()?,
            written: converter.written(),
            position: converter.position(),
            data_sha256: hexadecimal(&hash.clone().finalize()),
        })
    }

    /// The converter as it was.
    ///
    /// # Errors
    /// As [`Converter::resume`].
    pub fn converter(&self) -> Result<Converter> {
        Converter::resume(&self.snapshot)
    }

    /// The converter and the hash of its data, if that is what the file holds.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn resume(&self, data: &mut File) -> io::Result<Option<(Converter, Sha256)>> {
        let Ok(converter) = self.converter() else { return Ok(None) };
        data.rewind()?;
        let mut hash = Sha256::new();
        let mut rest = io::Read::take(&*data, self.written);
        let mut buffer = vec![0; CHUNK];
        loop {
            match io::Read::read(&mut rest, &mut buffer)? {
                0 => break,
                count => hash.update(&buffer[..count]),
            }
        }
        let is_whole = rest.limit() == 0 && hexadecimal(&hash.clone().finalize()) == self.data_sha256;
        Ok(is_whole.then_some((converter, hash)))
    }

    fn entry(&self) -> Entry {
        Entry { bytes: self.snapshot.len(), data_sha256: self.data_sha256.clone() }
    }

    fn read(entry: Entry, snapshot: &[u8]) -> Option<Self> {
        let converter = Converter::resume(snapshot).ok()?;
        let (written, position) = (converter.written(), converter.position());
        Some(Self { snapshot: snapshot.to_vec(), written, position, data_sha256: entry.data_sha256 })
    }
}

impl SavedState {
    /// The state at `path`, if it is complete and of this origin.
    pub fn read(path: &Path, origin: &Value) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let (heading, snapshots) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n')? + 1);
        let heading: Heading = serde_json::from_slice(heading).ok()?;
        let (latest, whole_files) = snapshots.split_at_checked(heading.latest.bytes)?;
        let is_ours = heading.origin == *origin && whole_files.len() == heading.whole_files.bytes;
        is_ours.then_some(())?;
        Some(Self {
            latest: Point::read(heading.latest, latest)?,
            whole_files: Point::read(heading.whole_files, whole_files)?,
        })
    }

    /// Writes it, aside first: at every moment there is a whole one.
    ///
    /// # Errors
    /// `File`.
    pub fn write(&self, path: &Path, origin: &Value) -> Result<()> {
        let heading = Heading {
            origin: origin.clone(),
            latest: self.latest.entry(),
            whole_files: self.whole_files.entry(),
        };
        let mut bytes = serde_json::json!(heading).to_string().into_bytes();
        bytes.push(b'\n');
        output::replace(path, &[&bytes, &self.latest.snapshot, &self.whole_files.snapshot])
    }
}
