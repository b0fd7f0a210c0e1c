//! Run-length encoded indices, with Pillow's answers to what the format leaves open.

use super::header::{Compression, Header};

/// One index a pixel, rows in the file's order. Pixels that are skipped or missing have index 0; runs end at
/// the end of a row, literal stretches go on in the next.
pub(super) fn indices(header: &Header, encoded: &[u8]) -> Vec<u8> {
    let len = header.width * header.height;
    let mut decoder = Decoder {
        encoded,
        at: 0,
        nibbles: header.compression == Compression::Rle4,
        out: Vec::new(),
        column: 0,
    };
    while decoder.out.len() < len && decoder.step(header.width, len).is_some() {}
    decoder.out.resize(len, 0);
    decoder.out
}

struct Decoder<'a> {
    encoded: &'a [u8],
    at: usize,
    /// Whether a byte holds two indices.
    nibbles: bool,
    out: Vec<u8>,
    column: usize,
}

impl Decoder<'_> {
    /// Decodes one instruction of a picture of `len` pixels; `None` at the end of picture or data.
    fn step(&mut self, width: usize, len: usize) -> Option<()> {
        let (count, value) = (self.byte()?, self.byte()?);
        match (count, value) {
            (0, 0) => {
                self.out.resize(self.out.len().next_multiple_of(width), 0);
                self.column = 0;
            }
            (0, 1) => return None,
            (0, 2) => {
                let skipped = usize::from(self.byte()?) + usize::from(self.byte()?) * width;
                self.out.resize((self.out.len() + skipped).min(len), 0);
                self.column = self.out.len() % width;
            }
            (0, _) => self.literal(value.into(), len)?,
            _ => {
                let run = usize::from(count).min(width.saturating_sub(self.column));
                let pair = if self.nibbles { [value >> 4, value & 15] } else { [value; 2] };
                self.out.extend(pair.into_iter().cycle().take(run));
                self.column += run;
            }
        }
        Some(())
    }

    /// `count` indices as they are, padded to an even number of bytes.
    fn literal(&mut self, count: usize, len: usize) -> Option<()> {
        let count = count.min(len - self.out.len());
        for pixel in 0..count {
            let byte = if self.nibbles && pixel % 2 == 1 { self.encoded[self.at - 1] } else { self.byte()? };
            self.out.push(match (self.nibbles, pixel % 2) {
                (false, _) => byte,
                (true, 0) => byte >> 4,
                (true, _) => byte & 15,
            });
        }
        self.column += count;
        self.at = self.at.next_multiple_of(2);
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.encoded.get(self.at).copied();
        self.at += 1;
        byte
    }
}
