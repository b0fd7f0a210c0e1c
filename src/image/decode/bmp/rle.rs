//! Run-length encoded indices, decoded as Pillow does where the format leaves cases open.

use super::header::{Compression, Header};
use super::truncated;
use crate::Result;
use crate::image::decode::{Format, reserve};

/// One index a pixel, rows in the file's order. Pixels that are skipped, or missing behind the mark of the end,
/// have index 0; runs end at the end of a row, literal stretches go on in the next.
///
/// # Errors
///
/// If the file ends before the last pixel and that mark.
pub(super) fn indices(header: &Header, file: &[u8]) -> Result<Vec<u8>> {
    let len = header.width * header.height;
    let mut out: Vec<u8> = reserve(Format::Bmp, len, 0)?;
    out.clear();
    let nibbles = header.compression == Compression::Rle4;
    let mut decoder = Decoder { file, at: header.pixels, nibbles, out, column: 0 };
    while decoder.out.len() < len {
        match decoder.step(header.width, len) {
            Some(Step::On) => {}
            Some(Step::End) => break,
            None => {
                return Err(truncated(
                    header.pixels,
                    decoder.at - header.pixels,
                    file.len().saturating_sub(header.pixels),
                ));
            }
        }
    }
    decoder.out.resize(len, 0);
    Ok(decoder.out)
}

/// Whether more follows.
enum Step {
    On,
    End,
}

struct Decoder<'a> {
    file: &'a [u8],
    at: usize,
    /// Whether a byte holds two indices.
    nibbles: bool,
    out: Vec<u8>,
    column: usize,
}

impl Decoder<'_> {
    /// Decodes one instruction of a picture of `len` pixels; `None` where the file ends.
    fn step(&mut self, width: usize, len: usize) -> Option<Step> {
        let (count, value) = (self.byte()?, self.byte()?);
        match (count, value) {
            (0, 0) => {
                self.out.resize(self.out.len().next_multiple_of(width).min(len), 0);
                self.column = 0;
            }
            (0, 1) => return Some(Step::End),
            (0, 2) => {
                let skipped = usize::from(self.byte()?) + usize::from(self.byte()?) * width;
                self.out.resize((self.out.len() + skipped).min(len), 0);
                self.column = self.out.len() % width;
            }
            (0, _) => self.literal(value.into(), len)?,
            _ => {
                let left = len - self.out.len();
                let run = usize::from(count).min(width.saturating_sub(self.column)).min(left);
                let pair = if self.nibbles { [value >> 4, value & 15] } else { [value; 2] };
                self.out.extend(pair.into_iter().cycle().take(run));
                self.column += run;
            }
        }
        Some(Step::On)
    }

    /// `count` literal indices, up to an even offset in the file.
    fn literal(&mut self, count: usize, len: usize) -> Option<()> {
        let count = count.min(len - self.out.len());
        for pixel in 0..count {
            let byte = if self.nibbles && pixel % 2 == 1 { self.file[self.at - 1] } else { self.byte()? };
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
        let byte = self.file.get(self.at).copied();
        self.at += 1;
        byte
    }
}
