//! Reads TorchScript archives (`torch.jit.save`), as OpenAI published its models. Their storages come before the
//! pickle that describes them, so they are read through the archive's directory.

use std::io::Cursor;

use bytes::Bytes;
use zip::{CompressionMethod, ZipArchive};

use super::{FORMAT, by_storage, malformed, pickle, tensors_of};
use crate::error::{Error, Result};
use crate::weights::container::tensor::Tensor;

/// Whether an archive begins with something else than its pickle, which `torch.save` writes first.
pub fn is_script(file: &[u8]) -> bool {
    let short =
        |at: usize| file.get(at..at + 2).map_or(0, |len| usize::from(u16::from_le_bytes([len[0], len[1]])));
    let name = file.get(super::HEAD..super::HEAD + short(26)).unwrap_or_default();
    !name.is_empty() && !name.ends_with(b"data.pkl")
}

/// The tensors of a whole archive: slices of `file` where they lie in rows. Those that `skip` names are left out.
///
/// # Errors
/// `Malformed` for a damaged file, `TensorType` for types that no weights have.
pub fn read(file: &Bytes, skip: impl Fn(&str) -> bool) -> Result<Vec<Tensor>> {
    let mut entries = Entries { file, archive: ZipArchive::new(Cursor::new(&file[..])).map_err(damaged)? };
    let pickle = entries.pickle()?;
    let root = pickle.strip_suffix("data.pkl").unwrap_or_default();
    let storages = by_storage(pickle::tensors(&entries.bytes(&pickle)?)?);
    let mut tensors = Vec::new();
    for (key, views) in storages {
        tensors.extend(tensors_of(&views, &entries.bytes(&format!("{root}data/{key}"))?, &skip)?);
    }
    Ok(tensors)
}

struct Entries<'a> {
    file: &'a Bytes,
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl Entries<'_> {
    /// The name of the entry that describes the tensors.
    fn pickle(&self) -> Result<String> {
        let mut names = self.archive.file_names().filter_map(|name| name.ok());
        let found = names.find(|name| name.split_once('/').is_some_and(|(_, name)| name == "data.pkl"));
        found.map(String::from).ok_or_else(|| malformed("the archive has no data.pkl".into()))
    }

    /// The bytes of an entry, which is not compressed.
    fn bytes(&mut self, name: &str) -> Result<Bytes> {
        let index = self.archive.index_for_name(name);
        let index = index.ok_or_else(|| malformed(format!("the archive has no entry {name:?}")))?;
        let entry = self.archive.by_index_raw(index).map_err(damaged)?;
        if entry.compression() != CompressionMethod::Stored {
            return Err(malformed(format!("the entry {name:?} is compressed")));
        }
        let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
        let end =
            start.zip(usize::try_from(entry.size()).ok()).and_then(|(start, len)| start.checked_add(len));
        match (start, end) {
            (Some(start), Some(end)) if end <= self.file.len() => Ok(self.file.slice(start..end)),
            _ => Err(Error::Truncated {
                format: FORMAT,
                what: format!("the entry {name:?}"),
                offset: start.unwrap_or(0) as u64,
                needed: entry.size(),
                len: self.file.len() as u64,
            }),
        }
    }
}

fn damaged(error: zip::result::ZipError) -> Error {
    malformed(format!("its directory cannot be read: {error}"))
}
