//! The chunks of a PNG, read by Pillow's rules.
//!
//! Checksums and the end of the file are checked only up to the pixels; of a duplicate chunk, the second counts; chunks
//! that other decoders ignore as misplaced count too.

use fdeflate::BoundedDecompressionError;

use super::damaged;
use crate::Result;

/// Longer texts and profiles are refused once they are unpacked, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// What the chunks of a file say.
#[derive(Default)]
pub(super) struct Chunks<'a> {
    /// Width, height, bit depth, colour type, and whether it is interlaced.
    pub(super) header: Option<Header>,
    pub(super) palette: &'a [u8],
    /// The content of `tRNS`.
    pub(super) transparency: Option<&'a [u8]>,
    /// The compressed pixels, piece by piece.
    pub(super) pixels: Vec<&'a [u8]>,
    /// Whether the last piece is cut off.
    cut_off: bool,
    pub(super) exif: Option<&'a [u8]>,
    /// ImageMagick's text of EXIF in hexadecimal.
    pub(super) raw_profile: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    /// Pictures of an animation.
    frames: Option<u32>,
    /// The number of the last chunk that belongs to a picture of an animation.
    sequence: Option<u32>,
    /// Whether the pixels belong to the animation.
    has_frame: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) depth: u8,
    pub(super) color: u8,
    pub(super) interlaced: bool,
}

impl<'a> Chunks<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut chunks = Self::default();
        let mut at = 8;
        loop {
            let chunk = Chunk::at(bytes, at).ok_or_else(|| damaged("it ends before its pixels"))?;
            if chunk.kind == b"IDAT" {
                break;
            }
            chunk.check()?;
            if chunk.kind == b"IEND" || chunk.kind == b"fdAT" {
                return Err(damaged("its first picture is missing"));
            }
            chunks.take(&chunk)?;
            at = chunk.end();
        }
        // Pieces that follow each other; the last one may be cut off.
        let animated_frames =
            chunks.frames.map_or(1, |frames| frames.saturating_add((!chunks.has_frame).into()));
        while let Some(chunk) = Chunk::at(bytes, at).filter(|chunk| [b"IDAT", b"DDAT"].contains(&chunk.kind))
        {
            chunks.pixels.push(chunk.data);
            chunks.cut_off = chunk.check_len().is_err();
            at = chunk.end();
        }
        while let Some(chunk) = Chunk::at(bytes, at) {
            let next_frame = chunk.kind == b"fcTL" && animated_frames > 1;
            if chunk.kind == b"IEND" || next_frame {
                break;
            }
            chunk.check_len()?;
            chunks.take(&chunk)?;
            at = chunk.end();
        }
        Ok(chunks)
    }

    /// Refuses a piece that is cut off behind the last one that was needed.
    pub(super) fn check_after(&self, last_piece: usize) -> Result<()> {
        match self.cut_off && last_piece + 1 < self.pixels.len() {
            true => Err(damaged("it ends within a chunk after its pixels")),
            false => Ok(()),
        }
    }

    fn take(&mut self, chunk: &Chunk<'a>) -> Result<()> {
        let data = chunk.data;
        let at_least = match chunk.kind {
            b"gAMA" => 4,
            b"cHRM" => 32,
            b"sRGB" => 1,
            b"pHYs" => 9,
            b"IHDR" => 13,
            b"acTL" => 8,
            b"fcTL" => 26,
            b"fdAT" => 4,
            b"tRNS" => self.header.map_or(0, |header| match header.color {
                0 => 2,
                2 => 6,
                _ => 0,
            }),
            _ => 0,
        };
        if data.len() < at_least {
            return Err(damaged(format!("{} has {} bytes, expected {at_least}", chunk.name(), data.len())));
        }
        match chunk.kind {
            b"IHDR" => self.header = Some(header(data)?),
            // After the pixels it comes too late.
            b"PLTE" if self.pixels.is_empty() => {
                if data.len() > 768 && self.header.is_some_and(|header| header.color == 3) {
                    return Err(damaged(format!("a palette of {} bytes, expected at most 768", data.len())));
                }
                self.palette = data;
            }
            b"tRNS" => self.transparency = Some(data),
            b"eXIf" => self.exif = Some(data),
            b"tEXt" => {
                let (keyword, text) = split(data).unwrap_or((data, b""));
                if keyword == b"exif" {
                    self.exif = Some(text);
                }
                self.text(keyword, || Ok(Some(text.to_vec())))?;
            }
            b"zTXt" => {
                let (keyword, text) = split(data).unwrap_or((data, b""));
                if text.first().is_some_and(|&method| method != 0) {
                    return Err(damaged("zTXt is compressed with an unknown method"));
                }
                self.text(keyword, || Ok(unpacked(text.get(1..).unwrap_or_default())?.or(Some(Vec::new()))))?;
            }
            b"iTXt" => self.international_text(data)?,
            b"iCCP" => {
                let method = data.iter().position(|&byte| byte == 0).map_or(0, |end| end + 1);
                if data.get(method) != Some(&0) {
                    return Err(damaged("iCCP is compressed with an unknown method"));
                }
                unpacked(&data[method + 1..])?;
            }
            b"acTL" => {
                let frames = u32_at(data, 0);
                self.frames =
                    (self.frames.is_none() && (1..=0x8000_0000).contains(&frames)).then_some(frames);
            }
            b"fcTL" => self.frame(data)?,
            b"fdAT" if self.sequence.is_none() => {
                return Err(damaged("frame data comes before the first frame control chunk"));
            }
            b"fdAT" => self.next_in_sequence(data)?,
            _ => {}
        }
        Ok(())
    }

    /// The place of a picture of an animation.
    fn frame(&mut self, data: &[u8]) -> Result<()> {
        self.next_in_sequence(data)?;
        let Some(header) = self.header else { return Ok(()) };
        let [width, height, left, top] = [4, 8, 12, 16].map(|at| u64::from(u32_at(data, at)));
        if left + width > header.width.into() || top + height > header.height.into() {
            return Err(damaged("a frame reaches past the picture"));
        }
        if self.pixels.is_empty() {
            self.has_frame = true;
            if (width, height) != (header.width.into(), header.height.into()) {
                return Err(damaged("its first frame is smaller than the picture"));
            }
        }
        Ok(())
    }

    /// The first one is 0, and the animation's others follow one by one.
    fn next_in_sequence(&mut self, data: &[u8]) -> Result<()> {
        let (found, expected) = (u32_at(data, 0), self.sequence.map_or(Some(0), |last| last.checked_add(1)));
        if Some(found) != expected {
            return Err(damaged(format!("its frames are out of order: {found} follows {:?}", self.sequence)));
        }
        self.sequence = Some(found);
        Ok(())
    }

    fn text(&mut self, keyword: &[u8], text: impl FnOnce() -> Result<Option<Vec<u8>>>) -> Result<()> {
        let slot = match keyword {
            b"Raw profile type exif" => &mut self.raw_profile,
            b"XML:com.adobe.xmp" => &mut self.xmp,
            _ => return text().map(|_| ()),
        };
        if let Some(text) = text()? {
            *slot = Some(text);
        }
        Ok(())
    }

    /// Keyword, whether it is compressed, how, language, translated keyword, text.
    fn international_text(&mut self, data: &[u8]) -> Result<()> {
        let Some((keyword, [compressed, method, rest @ ..])) = split(data) else { return Ok(()) };
        let Some((_, text)) = split(rest).and_then(|(_, rest)| split(rest)) else { return Ok(()) };
        self.text(keyword, || match (compressed, method) {
            (0, _) => Ok(Some(text.to_vec())),
            (_, 0) => unpacked(text),
            _ => Ok(None),
        })
    }
}

fn header(data: &[u8]) -> Result<Header> {
    if data[11] != 0 {
        return Err(damaged(format!("filters of kind {}, expected 0", data[11])));
    }
    let [width, height] = [0, 4].map(|at| u32_at(data, at));
    Ok(Header { width, height, depth: data[8], color: data[9], interlaced: data[12] != 0 })
}

/// Unpacks text; `None` where it cannot be.
///
/// # Errors
///
/// If it is longer than [`MAX_TEXT`].
fn unpacked(packed: &[u8]) -> Result<Option<Vec<u8>>> {
    match fdeflate::decompress_to_vec_bounded(packed, MAX_TEXT) {
        Ok(text) => Ok(Some(text)),
        Err(BoundedDecompressionError::DecompressionError { .. }) => Ok(None),
        Err(BoundedDecompressionError::OutputTooLarge { .. }) => {
            Err(damaged(format!("a text of more than {MAX_TEXT} bytes")))
        }
    }
}

/// What is before the first zero, and behind it.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|&byte| byte == 0)?;
    Some((&data[..end], &data[end + 1..]))
}

fn u32_at(data: &[u8], at: usize) -> u32 {
    data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

struct Chunk<'a> {
    kind: &'a [u8; 4],
    /// As much of the chunk's content as the file has.
    data: &'a [u8],
    /// How much it says that there is.
    len: usize,
    start: usize,
    /// The checksum, if the file has it.
    checksum: Option<u32>,
}

impl<'a> Chunk<'a> {
    /// The chunk at an offset; `None` at the end, and where there is no name.
    fn at(bytes: &'a [u8], start: usize) -> Option<Self> {
        let (head, rest) = bytes.get(start..)?.split_first_chunk::<8>()?;
        let (len, kind) = (u32_at(head, 0) as usize, head.last_chunk::<4>()?);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let checksum = rest.get(len..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_be_bytes(*bytes));
        // The same four bytes, borrowed from the file rather than from its copy.
        let kind_in_file = bytes.get(start + 4..)?.first_chunk()?;
        kind.iter().all(is_name).then_some(Self {
            kind: kind_in_file,
            data: &rest[..len.min(rest.len())],
            len,
            start,
            checksum,
        })
    }

    fn name(&self) -> String {
        self.kind.escape_ascii().to_string()
    }

    fn end(&self) -> usize {
        self.start.saturating_add(self.len).saturating_add(12)
    }

    fn check_len(&self) -> Result<()> {
        if self.data.len() < self.len {
            return Err(damaged(format!(
                "{} ends after {} of {} bytes",
                self.name(),
                self.data.len(),
                self.len
            )));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        self.check_len()?;
        let found = crc32(self.kind.iter().chain(self.data));
        if self.checksum != Some(found) {
            return Err(damaged(format!(
                "the checksum of {} is {found:08x}, expected {:08x?}",
                self.name(),
                self.checksum
            )));
        }
        Ok(())
    }
}

/// ISO 3309's checksum, as PNG has it.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let (mut crc, mut bit) = (byte as u32, 0);
            while bit < 8 {
                crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    !bytes.fold(!0, |crc, &byte| crc >> 8 ^ TABLE[(crc as u8 ^ byte) as usize])
}
