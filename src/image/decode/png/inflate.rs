//! Inflates the pixel data, one row at a time.

use fdeflate::{DecompressionError, Decompressor};

use super::{Format, damaged, reserve};
use crate::Result;

/// How far back a repetition may begin.
const WINDOW: usize = 32_768;

/// Room beside the window and a row.
const AHEAD: usize = 262_144;

/// Unpacks pieces that belong together.
pub(super) struct Inflate<'a, 'b> {
    decompressor: Decompressor,
    pieces: std::iter::Enumerate<std::slice::Iter<'b, &'a [u8]>>,
    /// The number of the piece that is read, and what is left of it.
    pub(super) piece: usize,
    input: &'a [u8],
    /// What has been unpacked, from where repetitions may still begin; `from..to` is yet to be taken.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// Bytes that are yet to be unpacked.
    left: u64,
}

impl<'a, 'b> Inflate<'a, 'b> {
    /// Unpacks `len` bytes in rows of at most `row_len`.
    pub(super) fn new(pieces: &'b [&'a [u8]], row_len: usize, len: u64) -> Result<Self> {
        let buffer = reserve(Format::Png, WINDOW + row_len + AHEAD.min(len as usize), 0)?;
        Ok(Self {
            decompressor: Decompressor::new(),
            pieces: pieces.iter().enumerate(),
            piece: 0,
            input: &[],
            buffer,
            from: 0,
            to: 0,
            left: len,
        })
    }

    /// The next `len` bytes; `None` where the stream comes to its end instead.
    pub(super) fn row(&mut self, len: usize) -> Result<Option<&[u8]>> {
        while self.to - self.from < len {
            if self.buffer.len() - self.from < len {
                let kept = self.from.min(self.to.saturating_sub(WINDOW));
                self.buffer.copy_within(kept..self.to, 0);
                (self.from, self.to) = (self.from - kept, self.to - kept);
            }
            let room = ((self.buffer.len() - self.to) as u64).min(self.left) as usize;
            let unpacked = self.read(self.to + room).map_err(|error| damaged(format!("{error:?}")))?;
            if unpacked == 0 && self.from == self.to && self.decompressor.is_done() {
                return Ok(None);
            }
            if unpacked == 0 {
                return Err(damaged("its pixels end too early"));
            }
            self.to += unpacked;
            self.left -= unpacked as u64;
        }
        self.from += len;
        Ok(Some(&self.buffer[self.from - len..self.from]))
    }

    /// Whether what follows the last row is in order, as far as it has to be: a checksum may be missing or lie
    /// behind more data, and may not be wrong.
    pub(super) fn check_end(&mut self) -> Result<()> {
        if self.to == self.buffer.len() {
            self.buffer.copy_within(self.to - WINDOW..self.to, 0);
            self.to = WINDOW;
        }
        // A later piece is not looked at.
        self.pieces = [].iter().enumerate();
        match self.read(self.to + 1) {
            Ok(_) | Err(DecompressionError::InsufficientInput) => Ok(()),
            Err(error) => Err(damaged(format!("{error:?} after its pixels"))),
        }
    }

    /// Unpacks up to an offset in the buffer. The answer is how much that was: 0 at the end.
    fn read(&mut self, until: usize) -> std::result::Result<usize, DecompressionError> {
        loop {
            let output = &mut self.buffer[..until];
            let (read, unpacked) = self.decompressor.read(self.input, output, self.to, false)?;
            self.input = &self.input[read..];
            if unpacked > 0 || self.decompressor.is_done() {
                return Ok(unpacked);
            }
            if read == 0 || self.input.is_empty() {
                // An empty piece is no end.
                match self.pieces.next() {
                    Some((number, piece)) if self.input.is_empty() => {
                        (self.piece, self.input) = (number, piece)
                    }
                    _ => return Ok(0),
                }
            }
        }
    }
}
