//! Reads a GGUF file while it arrives: each tensor gets its own memory, so that a model can be packed tensor by
//! tensor and the whole file is never in memory.

use bytes::Bytes;

use super::read::{Head, Layout};
use super::{Gguf, Metadata};
use crate::error::{Error, Result};
use crate::weights::container::tensor::Tensor;

/// How many bytes must be there before the head is first read.
const FIRST_TRY: usize = 1 << 16;

/// The bytes of a file so far.
#[derive(Default)]
pub struct GgufStream {
    /// Bytes so far.
    len: u64,
    /// The most memory that is set aside at once for what has not arrived: the announced size of the file.
    announced: u64,
    /// The file so far, until its head is complete.
    head: Vec<u8>,
    /// How many bytes must be there before the head is read again.
    next_try: usize,
    data: Option<TensorData>,
}

/// What follows a complete head.
struct TensorData {
    /// The metadata, and the tensors that have arrived.
    file: Gguf,
    start: u64,
    /// Tensors that have not arrived, in the order of their data.
    waiting: std::vec::IntoIter<Layout>,
    /// The tensor that arrives now, and its bytes so far.
    current: Option<(Layout, Vec<u8>)>,
    /// Where in the file the next byte stands.
    position: u64,
}

impl GgufStream {
    /// A stream of a file of `announced` bytes, or 0 if the size is unknown.
    pub fn new(announced: u64) -> Self {
        Self { announced, next_try: FIRST_TRY, ..Self::default() }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// As [`Gguf::read`], as soon as it shows, and `OutOfMemory`.
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        self.len += chunk.len() as u64;
        if let Some(data) = &mut self.data {
            return data.push(chunk, self.announced);
        }
        self.head.try_reserve(chunk.len()).map_err(|_| Error::OutOfMemory { needed: self.len })?;
        self.head.extend_from_slice(chunk);
        if self.head.len() < self.next_try {
            return Ok(());
        }
        match self.read_head() {
            Ok(data) => self.data = Some(data),
            Err(Error::Truncated { .. }) => self.next_try = self.head.len().saturating_mul(2),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What the file says of itself, once that has come.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.data.as_ref().map(|data| &data.file.metadata)
    }

    /// The tensors that have become whole since this was last asked.
    pub fn arrived(&mut self) -> Vec<Tensor> {
        self.data.as_mut().map_or_else(Vec::new, |data| std::mem::take(&mut data.file.tensors))
    }

    /// The file, which has ended, with the tensors that [`Self::arrived`] has not given.
    ///
    /// # Errors
    /// As [`Gguf::read`].
    pub fn finish(mut self) -> Result<Gguf> {
        let data = match self.data.take() {
            Some(data) => data,
            None => self.read_head()?,
        };
        let TensorData { file, start, mut waiting, current, .. } = data;
        match current.map(|(layout, _)| layout).or_else(|| waiting.next()) {
            Some(missing) => Err(missing.truncated(start, self.len)),
            None => Ok(file),
        }
    }

    /// Reads the head out of the bytes so far, and what of the data is among them. Bytes that have no
    /// whole head are kept.
    fn read_head(&mut self) -> Result<TensorData> {
        let bytes = Bytes::from(std::mem::take(&mut self.head));
        let Head { metadata, layouts, start } = match Head::read(&bytes) {
            Ok(head) => head,
            Err(error) => {
                self.head = Vec::from(bytes);
                return Err(error);
            }
        };
        let file = Gguf { metadata, tensors: Vec::new() };
        let position = start.min(bytes.len() as u64);
        let mut data = TensorData { file, start, waiting: layouts.into_iter(), current: None, position };
        data.push(&bytes[position as usize..], self.announced)?;
        Ok(data)
    }
}

impl TensorData {
    fn push(&mut self, mut chunk: &[u8], announced: u64) -> Result<()> {
        loop {
            let (layout, mut data) = match self.current.take() {
                Some(current) => current,
                None => match self.waiting.next() {
                    Some(layout) => {
                        let data = room(layout.len, announced)?;
                        (layout, data)
                    }
                    None => return Ok(()),
                },
            };
            // What lies between the head, or one tensor, and the next is there for alignment alone.
            let gap = self
                .start
                .saturating_add(layout.offset)
                .saturating_sub(self.position)
                .min(chunk.len() as u64);
            let wanted = (layout.len - data.len() as u64).min(chunk.len() as u64 - gap);
            let (taken, rest) = chunk[gap as usize..].split_at(wanted as usize);
            data.try_reserve(taken.len()).map_err(|_| Error::OutOfMemory { needed: layout.len })?;
            data.extend_from_slice(taken);
            self.position += gap + wanted;
            chunk = rest;
            if (data.len() as u64) < layout.len {
                self.current = Some((layout, data));
                return Ok(());
            }
            self.file.tensors.push(layout.with_data(Bytes::from(data))?);
        }
    }
}

/// Memory for `len` bytes, if the file is at least that long.
fn room(len: u64, announced: u64) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    if len <= announced {
        data.try_reserve_exact(len as usize).map_err(|_| Error::OutOfMemory { needed: len })?;
    }
    Ok(data)
}
