//! Reads PyTorch checkpoints (`pytorch_model.bin`): ZIP archives of a pickle that describes tensors and of one
//! uncompressed file per storage (PyTorch 1.6 and later; `torch/serialization.py`, `caffe2/serialize`).
//!
//! The archive is read from front to back. Its entries do not say how long they are until they have passed, but
//! the pickle, which comes first, has an end of its own and says how long the storages are. In the archives of
//! TorchScript it comes last ([`script`]).

mod opcodes;
mod pickle;
mod script;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::weights::container::tensor::Tensor;
use crate::weights::quantize::blocks::dtype::Dtype;
pub use pickle::View;

pub const FORMAT: &str = "PyTorch checkpoint";

/// The first bytes of every archive, and of every entry.
pub const ENTRY: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// An entry's head before its name.
const HEAD: usize = 30;
/// The longest pickle that is read: a CLIP's has some hundred KiB.
const MAX_PICKLE: usize = 4 << 20;
/// The longest of the other small entries: byte order, version, identity.
const MAX_SMALL: usize = 1 << 12;
/// How many times over the tensors may take their storage's bytes: weights that are tied have two names.
const MAX_SHARES: u64 = 4;

/// A storage whose bytes come next; they are not taken by [`Archive::push`].
#[derive(Debug, PartialEq)]
pub struct NextStorage {
    pub key: String,
    pub bytes: usize,
}

/// An archive, front to back, as far as it is not the bytes of storages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Archive {
    /// What is being collected.
    held: Vec<u8>,
    place: ArchivePosition,
    /// How far the pickle has been looked through.
    scanned: usize,
    /// The tensors by the key of their storage, once the pickle has been read.
    views: BTreeMap<String, Vec<View>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
enum ArchivePosition {
    #[default]
    Head,
    Pickle {
        described: bool,
    },
    Small {
        described: bool,
        is_byte_order: bool,
        bytes: u32,
    },
    /// After an entry of this many bytes.
    Descriptor {
        bytes: u64,
    },
    End,
}

impl ArchivePosition {
    /// What follows an entry of this many bytes: its data descriptor if it has one, or else the next header.
    fn after(described: bool, bytes: usize) -> Self {
        if described { Self::Descriptor { bytes: bytes as u64 } } else { Self::Head }
    }
}

impl Archive {
    /// Takes the next byte that belongs to no storage; gives the storage that follows it.
    ///
    /// # Errors
    /// `Malformed` for what `torch.save` does not write.
    pub fn push(&mut self, byte: u8) -> Result<Option<NextStorage>> {
        if matches!(self.place, ArchivePosition::End) {
            return Ok(None);
        }
        self.held.push(byte);
        match self.place {
            ArchivePosition::Head => self.head(),
            ArchivePosition::Pickle { described } => self.pickle(described).map(|()| None),
            ArchivePosition::Small { described, is_byte_order, bytes } => {
                self.small(described, is_byte_order, bytes).map(|()| None)
            }
            ArchivePosition::Descriptor { bytes } => {
                self.descriptor(bytes);
                Ok(None)
            }
            ArchivePosition::End => Ok(None),
        }
    }

    /// Whether all the storages have passed.
    pub fn is_at_end(&self) -> bool {
        matches!(self.place, ArchivePosition::End)
    }

    /// The tensors of a storage, which are given once.
    ///
    /// # Errors
    /// `Malformed` if together they are many times as large as it.
    pub fn take_views(&mut self, key: &str) -> Result<Vec<View>> {
        let views = self.views.remove(key).unwrap_or_default();
        check_shares(&views)?;
        Ok(views)
    }

    /// The head of an entry, once it is whole with its name and what is beside it.
    fn head(&mut self) -> Result<Option<NextStorage>> {
        let held = &self.held;
        if held.len() >= 4 && held[..4] != ENTRY {
            if self.scanned == 0 || !held.starts_with(b"PK") {
                return Err(malformed("it is not an archive of torch.save (PyTorch 1.6 or later)".into()));
            }
            // The directory begins: every entry has been.
            if let Some(View { name, key, .. }) = self.views.values().flatten().next() {
                return Err(malformed(format!(
                    "the storage {key:?} of tensor {name:?} is not in the archive"
                )));
            }
            self.place = ArchivePosition::End;
            return Ok(None);
        }
        let Some(head) = held.first_chunk::<HEAD>() else { return Ok(None) };
        let short = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let (flags, method, name_len, extra_len) = (short(6), short(8), short(26), short(28));
        let stored = u32::from_le_bytes([head[22], head[23], head[24], head[25]]);
        if held.len() < HEAD + name_len + extra_len {
            return Ok(None);
        }
        if method != 0 {
            return Err(malformed("an entry is compressed, which torch.save does not do".into()));
        }
        let name = String::from_utf8_lossy(&held[HEAD..HEAD + name_len]).into_owned();
        self.held.clear();
        self.enter(&name, flags & 8 != 0, stored)
    }

    fn enter(&mut self, name: &str, described: bool, bytes: u32) -> Result<Option<NextStorage>> {
        let name = name.split_once('/').map_or(name, |(_, name)| name);
        if name == "data.pkl" {
            self.scanned = 0;
            self.place = ArchivePosition::Pickle { described };
            return Ok(None);
        }
        let Some(key) = name.strip_prefix("data/") else {
            self.place = ArchivePosition::Small { described, is_byte_order: name == "byteorder", bytes };
            if !described && bytes == 0 {
                self.place = ArchivePosition::Head;
            }
            return Ok(None);
        };
        let view = self.views.get(key).and_then(|views| views.first());
        let bytes = match view {
            Some(view) => view.storage_len.checked_mul(view.value_bytes),
            // A storage of no tensor in the dictionary.
            None => (!described).then_some(bytes as usize),
        };
        let bytes = bytes.ok_or_else(|| malformed(format!(
            "the length of the entry {name:?} is not known yet: TorchScript archives can only be read from disk"
        )))?;
        self.place = ArchivePosition::after(described, bytes);
        Ok(Some(NextStorage { key: key.to_owned(), bytes }))
    }

    fn pickle(&mut self, described: bool) -> Result<()> {
        let Some(end) = opcodes::end(&self.held, &mut self.scanned)? else {
            if self.held.len() > MAX_PICKLE {
                return Err(malformed(format!("its pickle has more than {MAX_PICKLE} bytes")));
            }
            return Ok(());
        };
        self.views = by_storage(pickle::tensors(&self.held[..end])?);
        self.held.clear();
        if self.views.is_empty() {
            return Err(malformed("its pickle has no tensors".into()));
        }
        self.place = ArchivePosition::after(described, end);
        Ok(())
    }

    /// An entry whose length may show only by what follows it.
    fn small(&mut self, described: bool, is_byte_order: bool, bytes: u32) -> Result<()> {
        let held = &self.held;
        let end = if described {
            let start = held.len().saturating_sub(DESCRIPTOR.len());
            held.ends_with(&DESCRIPTOR).then_some(start)
        } else {
            (held.len() == bytes as usize).then_some(held.len())
        };
        let Some(end) = end else {
            if held.len() > MAX_SMALL {
                return Err(malformed(format!("an entry has more than {MAX_SMALL} bytes")));
            }
            return Ok(());
        };
        if is_byte_order && held[..end] != *b"little" {
            return Err(malformed("its numbers are not little-endian".into()));
        }
        self.held = if described { DESCRIPTOR.to_vec() } else { Vec::new() };
        self.place = ArchivePosition::after(described, end);
        Ok(())
    }

    /// The check sum and the length, twice, after an entry: of four bytes or, in large archives, of eight.
    fn descriptor(&mut self, bytes: u64) {
        let held = &self.held;
        let long = |at: usize| {
            held.get(at..at + 8).and_then(|part| part.first_chunk()).map(|b| u64::from_le_bytes(*b))
        };
        let is_long = bytes > 0 && long(8) == Some(bytes);
        if held.len() == if is_long { 24 } else { 16 } {
            self.held.clear();
            self.place = ArchivePosition::Head;
        }
    }
}

/// The tensors of a whole archive in the order of their storages: slices of `file` where they lie in rows. Those that
/// `skip` names are left out.
///
/// # Errors
/// `Truncated` or `Malformed` for a damaged file, `TensorType` for types that no weights have.
pub fn read(file: &Bytes, skip: impl Fn(&str) -> bool) -> Result<Vec<Tensor>> {
    if script::is_script(file) {
        return script::read(file, skip);
    }
    let (mut archive, mut tensors, mut at) = (Archive::default(), Vec::new(), 0);
    while !archive.is_at_end() {
        let truncated = |what: &str, offset: usize, needed: usize| Error::Truncated {
            format: FORMAT,
            what: what.to_owned(),
            offset: offset as u64,
            needed: needed as u64,
            len: file.len() as u64,
        };
        let &byte = file.get(at).ok_or_else(|| truncated("an entry", at, 1))?;
        at += 1;
        if let Some(NextStorage { key, bytes }) = archive.push(byte)? {
            let end = at.checked_add(bytes).filter(|&end| end <= file.len());
            let end = end.ok_or_else(|| truncated("a storage", at, bytes))?;
            let storage = file.slice(at..end);
            tensors.extend(tensors_of(&archive.take_views(&key)?, &storage, &skip)?);
            at = end;
        }
    }
    Ok(tensors)
}

/// Tensors by the key of their storage: an archive may have as many entries as it has tensors.
fn by_storage(views: Vec<View>) -> BTreeMap<String, Vec<View>> {
    let mut storages = BTreeMap::<String, Vec<View>>::new();
    for view in views {
        storages.entry(view.key.clone()).or_default().push(view);
    }
    storages
}

/// The tensors of a storage, except those that `skip` names and those without a value, which a model that is pruned has.
fn tensors_of(views: &[View], storage: &Bytes, skip: &impl Fn(&str) -> bool) -> Result<Vec<Tensor>> {
    check_shares(views)?;
    let is_kept = |view: &&View| !skip(&view.name) && !view.shape.contains(&0);
    views.iter().filter(is_kept).map(|view| tensor(view, storage)).collect()
}

/// Whether the tensors of one storage are no larger than such are.
fn check_shares(views: &[View]) -> Result<()> {
    let values =
        |view: &View| view.shape.iter().try_fold(1u64, |product, &axis| product.checked_mul(axis as u64));
    let total = views.iter().try_fold(0u64, |total, view| total.checked_add(values(view)?));
    match views.first() {
        Some(View { key, storage_len, .. })
            if total.is_none_or(|total| total / MAX_SHARES > *storage_len as u64) =>
        {
            Err(malformed(format!(
                "the tensors of the storage {key:?} take more than {MAX_SHARES} times its length"
            )))
        }
        _ => Ok(()),
    }
}

/// The tensor of a view.
fn tensor(view: &View, storage: &Bytes) -> Result<Tensor> {
    let dtype = view.weights_dtype()?;
    let data = if view.is_whole() { storage.clone() } else { gathered(view, storage)?.into() };
    Tensor::new(view.name.clone(), view.shape.clone(), dtype, data)
}

/// A tensor's values in rows, out of its storage.
///
/// # Errors
/// `Malformed` if the view leaves its storage.
pub fn gathered(view: &View, storage: &[u8]) -> Result<Vec<u8>> {
    let wrong = || malformed(format!("tensor {:?} is a view beyond its storage", view.name));
    let size = view.value_bytes;
    let last = view.shape.iter().zip(&view.stride).try_fold(view.offset, |last, (&axis, &stride)| {
        last.checked_add(axis.checked_sub(1)?.checked_mul(stride)?)
    });
    if view.stride.len() != view.shape.len() || last.is_none_or(|last| last >= view.storage_len) {
        return Err(wrong());
    }
    let values = view.shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
    let values = values.filter(|&values| values <= view.storage_len).ok_or_else(wrong)?;
    let mut rows = Vec::with_capacity(values * size);
    for index in 0..values {
        let (mut rest, mut place) = (index, view.offset);
        for (&axis, &stride) in view.shape.iter().zip(&view.stride).rev() {
            place += rest % axis * stride;
            rest /= axis;
        }
        rows.extend_from_slice(storage.get(place * size..(place + 1) * size).ok_or_else(wrong)?);
    }
    Ok(rows)
}

impl View {
    /// The type of its values.
    ///
    /// # Errors
    /// `TensorType` for one that no weights have.
    pub fn weights_dtype(&self) -> Result<Dtype> {
        self.dtype.ok_or_else(|| Error::TensorType {
            name: self.name.clone(),
            found: format!("a type of {} bytes", self.value_bytes),
            expected: "f32, f16 or bf16",
        })
    }

    /// Whether the tensor is the whole storage, in rows.
    pub fn is_whole(&self) -> bool {
        let mut stride = 1usize;
        let in_rows = self.shape.iter().zip(&self.stride).rev().all(|(&axis, &found)| {
            let fits = axis == 1 || found == stride;
            stride = stride.saturating_mul(axis);
            fits
        });
        self.offset == 0 && in_rows && stride == self.storage_len && self.shape.len() == self.stride.len()
    }
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: FORMAT, reason }
}
