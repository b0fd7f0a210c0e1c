//! The chunks of a WebP, read by libwebp's rules: which of them contain the picture, and what its flags allow.

use super::damaged;
use crate::Result;

/// Flags of an extended file.
mod flag {
    pub(super) const ANIMATION: u8 = 0x02;
    pub(super) const XMP: u8 = 0x04;
    pub(super) const EXIF: u8 = 0x08;
    pub(super) const ALPHA: u8 = 0x10;
    /// All defined flags.
    pub(super) const KNOWN: u8 = 0x3e;
}

/// The first picture of a file, and its position on the canvas.
pub(super) struct Container<'a> {
    pub(super) canvas: (u32, u32),
    pub(super) place: (u32, u32),
    pub(super) frame: Frame<'a>,
    /// Whether the transparency of an animation's frame is of no account.
    pub(super) opaque: bool,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
}

/// A picture's own chunks.
#[derive(Default)]
pub(super) struct Frame<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// The transparency of a lossy picture.
    pub(super) alpha: Option<&'a [u8]>,
    pub(super) image: &'a [u8],
    pub(super) lossless: bool,
}

impl<'a> Container<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let size = u32_at(bytes, 4) as usize;
        let file = size.checked_add(8).and_then(|end| bytes.get(..end));
        let file = file
            .ok_or_else(|| damaged(format!("it has {} bytes, its header says {size} and 8", bytes.len())))?;
        let chunks = Chunks { bytes: file.get(12..).unwrap_or_default() };
        match chunks.clone().next() {
            Some((b"VP8X", header)) => Self::extended(header, chunks),
            _ => {
                if bytes.get(12..16) == Some(b"ALPH") {
                    return Err(damaged("its ALPH chunk comes without a VP8X header"));
                }
                let (frame, behind) = Frame::read(chunks)?;
                // libwebp looks at the head of the chunk that follows a picture, and at no other.
                if behind.size().is_none() && !behind.bytes.is_empty() {
                    return Err(damaged("what follows its picture is no whole chunk"));
                }
                let canvas = (frame.width, frame.height);
                Ok(Self { canvas, place: (0, 0), frame, opaque: false, exif: None, xmp: None })
            }
        }
    }

    fn extended(header: &[u8], chunks: Chunks<'a>) -> Result<Self> {
        if !chunks.are_whole() {
            return Err(damaged("it ends within a chunk"));
        }
        if header.len() < 10 {
            return Err(damaged(format!("VP8X has {} bytes, expected 10", header.len())));
        }
        let flags = header[0];
        if flags & !flag::KNOWN != 0 {
            return Err(damaged(format!("unknown flags {flags:02x}")));
        }
        let canvas = (u24_at(header, 4) + 1, u24_at(header, 7) + 1);
        let animated = flags & flag::ANIMATION != 0;
        let find = |name: &[u8; 4]| chunks.clone().find(|(kind, _)| *kind == name).map(|(_, data)| data);
        let exif = find(b"EXIF").filter(|_| flags & flag::EXIF != 0);
        let xmp = find(b"XMP ").filter(|_| flags & flag::XMP != 0);
        if animated {
            let mut rest = chunks.clone();
            rest.find(|(kind, _)| *kind == b"ANIM")
                .ok_or_else(|| damaged("its header says that it is animated, but it is not"))?;
            let data = rest.find(|(kind, _)| *kind == b"ANMF").map(|(_, data)| data);
            let data = data.ok_or_else(|| damaged("it has no frame"))?;
            let content = data.get(16..).ok_or_else(|| damaged("its first frame is cut off"))?;
            let place = (u24_at(data, 0) * 2, u24_at(data, 3) * 2);
            let (frame, _) = Frame::read(Chunks { bytes: content })?;
            if (frame.width, frame.height) != (u24_at(data, 6) + 1, u24_at(data, 9) + 1) {
                return Err(damaged("the size of its first frame does not match its frame header"));
            }
            if place.0 + frame.width > canvas.0 || place.1 + frame.height > canvas.1 {
                return Err(damaged("its first frame reaches past the canvas"));
            }
            if chunks.clone().any(|chunk| is_picture(&chunk)) {
                return Err(damaged("it has image data outside its frames"));
            }
            return Ok(Self { canvas, place, frame, opaque: flags & flag::ALPHA == 0, exif, xmp });
        }
        let mut picture = chunks.clone();
        while picture.clone().next().is_some_and(|chunk| !is_picture(&chunk)) {
            picture.next();
        }
        let (mut frame, behind) = Frame::read(picture)?;
        if flags & flag::ALPHA == 0 {
            frame.alpha = None;
        }
        let animation = chunks.clone().find(|(kind, _)| *kind == b"ANIM");
        if animation.is_some() || behind.clone().any(|chunk| is_picture(&chunk)) {
            return Err(damaged("it has more than one picture, but is not animated"));
        }
        if (frame.width, frame.height) != canvas {
            return Err(damaged(format!(
                "a picture of {} x {} pixels on a canvas of {} x {}",
                frame.width, frame.height, canvas.0, canvas.1
            )));
        }
        Ok(Self { canvas, place: (0, 0), frame, opaque: false, exif, xmp })
    }
}

impl<'a> Frame<'a> {
    /// The picture that chunks begin with, and those behind it.
    fn read(mut chunks: Chunks<'a>) -> Result<(Self, Chunks<'a>)> {
        let mut frame = Self::default();
        while let Some((kind, data)) = chunks.next() {
            match kind {
                b"ALPH" if frame.alpha.is_none() => frame.alpha = Some(data),
                b"VP8 " => {
                    let size = |at| u32::from(u16::from_le_bytes([data[at], data[at + 1]])) & 0x3fff;
                    if data.len() < 10 {
                        return Err(damaged("its picture is cut off"));
                    }
                    (frame.width, frame.height, frame.image) = (size(6), size(8), data);
                    return Ok((frame, chunks));
                }
                b"VP8L" if frame.alpha.is_some() => {
                    return Err(damaged("it has an ALPH chunk beside a lossless picture"));
                }
                b"VP8L" => {
                    let sides = u32_at(data, 1);
                    (frame.width, frame.height) = ((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1);
                    (frame.image, frame.lossless) = (data, true);
                    return Ok((frame, chunks));
                }
                _ => break,
            }
        }
        Err(damaged("its picture is missing or cut off"))
    }

    /// A file of this picture alone.
    pub(super) fn to_file(&self) -> Result<Vec<u8>> {
        let alpha_len = self.alpha.map_or(0, |alpha| alpha.len() + 27);
        let mut file = Vec::new();
        let room = file.try_reserve_exact(self.image.len() + alpha_len + 32);
        room.map_err(|_| damaged("there is not enough memory for its compressed pixels"))?;
        file.extend_from_slice(b"RIFF\0\0\0\0WEBP");
        let mut chunk = |name: &[u8; 4], data: &[u8]| {
            file.extend_from_slice(name);
            file.extend_from_slice(&(data.len() as u32).to_le_bytes());
            file.extend_from_slice(data);
            file.extend_from_slice(&[0][..data.len() % 2]);
        };
        if let Some(alpha) = self.alpha {
            let sides = [self.width - 1, self.height - 1].map(u32::to_le_bytes);
            let sides = [&sides[0][..3], &sides[1][..3]].concat();
            chunk(b"VP8X", &[[flag::ALPHA, 0, 0, 0].as_slice(), &sides].concat());
            chunk(b"ALPH", alpha);
        }
        chunk(if self.lossless { b"VP8L" } else { b"VP8 " }, self.image);
        let len = (file.len() - 8) as u32;
        file[4..8].copy_from_slice(&len.to_le_bytes());
        Ok(file)
    }
}

/// Whether a chunk is part of a picture.
fn is_picture((kind, _): &(&[u8; 4], &[u8])) -> bool {
    [b"ALPH", b"VP8 ", b"VP8L"].contains(kind)
}

/// The chunks in order, up to the first incomplete one.
#[derive(Clone)]
struct Chunks<'a> {
    bytes: &'a [u8],
}

impl Chunks<'_> {
    /// What the next chunk takes, with its head and its padding; `None` if that is not all there.
    fn size(&self) -> Option<usize> {
        self.bytes.get(..8)?;
        let size = (u32_at(self.bytes, 4) as usize).checked_next_multiple_of(2)?.checked_add(8)?;
        self.bytes.get(..size).map(|_| size)
    }

    /// Whether nothing is left over behind the last chunk.
    fn are_whole(&self) -> bool {
        let mut rest = self.clone();
        while let Some(size) = rest.size() {
            rest.bytes = &rest.bytes[size..];
        }
        rest.bytes.is_empty()
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.bytes.first_chunk()?;
        let (_, rest) = self.bytes.split_at_checked(8)?;
        let len = u32_at(self.bytes, 4) as usize;
        let data = rest.get(..len)?;
        self.bytes = rest.get(len.next_multiple_of(2)..).unwrap_or_default();
        Some((kind, data))
    }
}

fn u24_at(data: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([data[at], data[at + 1], data[at + 2], 0])
}

fn u32_at(data: &[u8], at: usize) -> u32 {
    data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        [name.as_slice(), &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat()
    }

    fn is_read(chunks: &[&[u8]]) -> bool {
        let chunks = chunks.concat();
        let size = (chunks.len() as u32 + 4).to_le_bytes();
        Container::read(&[b"RIFF", &size, b"WEBP", chunks.as_slice()].concat()).is_ok()
    }

    #[test]
    fn what_lies_behind_a_picture_is_read_as_far_as_pillow_13_reads_it() {
        let header = chunk(b"VP8X", &[0, 0, 0, 0, 7, 0, 0, 7, 0, 0]);
        let picture = chunk(b"VP8 ", &[0xf0, 1, 0, 0x9d, 1, 0x2a, 8, 0, 8, 0]);
        let whole = chunk(b"abcd", b"xx");
        // What is behind the picture, and whether a file without a header and one with it are decoded.
        for (behind, simple, extended) in [
            ([&b""[..], b""], true, true),
            ([b"abc", b""], false, false),
            ([b"abcdefg", b""], false, false),
            ([b"junk\xff\0\0\0xx", b""], false, false),
            ([b"junk\xff\xff\xff\xffxx", b""], false, false),
            ([&whole, b""], true, true),
            ([&whole, b"abc"], true, false),
            ([&whole, b"junk\xff\0\0\0xx"], true, false),
            ([b"abcd\x01\0\0\0x", b""], false, false),
            ([&picture, b""], true, false),
        ] {
            let [first, second] = behind;
            assert_eq!(is_read(&[&picture, first, second]), simple, "{behind:?}");
            assert_eq!(is_read(&[&header, &picture, first, second]), extended, "{behind:?}");
        }
    }
}
