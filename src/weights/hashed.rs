//! SHA-256 in hexadecimal, and a writer that hashes and counts what it writes.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// A writer over another one.
pub struct Hashed<W> {
    writer: W,
    hash: Sha256,
    written: u64,
}

impl<W: Write> Hashed<W> {
    pub fn new(writer: W) -> Self {
        Self { writer, hash: Sha256::new(), written: 0 }
    }

    /// How many bytes have passed.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The writer, and the SHA-256 of all that passed, in lower-case hexadecimal.
    pub fn finish(self) -> (W, String) {
        (self.writer, hexadecimal(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}
