//! Recognizes image formats by their first bytes.

use std::fmt;

use crate::{Error, Result, lfs_pointer};

/// A format that is decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}

impl Format {
    /// The format of a file.
    ///
    /// # Errors
    ///
    /// [`Error::ImageFormat`] naming a format that is known and not decoded here, [`Error::ImageDecode`]
    /// otherwise.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Ok(Self::Jpeg);
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Self::Png);
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Ok(Self::WebP);
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            return Ok(Self::Gif);
        } else if bytes.starts_with(b"BM") {
            return Ok(Self::Bmp);
        }
        // An error of pictures, so that one pointer among others is left out as a damaged picture is.
        lfs_pointer::refuse(bytes, "the picture")
            .map_err(|pointer| Error::ImageDecode { reason: pointer.to_string() })?;
        Err(match undecoded(bytes) {
            Some(format) => Error::ImageFormat { format: format.to_owned() },
            None if bytes.is_empty() => Error::ImageDecode { reason: "the file is empty".to_owned() },
            None => Error::ImageDecode {
                reason: format!(
                    "the first bytes {:02x?} belong to no known format",
                    &bytes[..bytes.len().min(8)]
                ),
            },
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
        })
    }
}

/// The name of a format that people have pictures in and that is not decoded here.
fn undecoded(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 9] = [
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"8BPS", "Photoshop"),
        (b"%PDF", "PDF"),
    ];
    let by_magic = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|&(_, name)| name);
    by_magic.or_else(|| iso_media(bytes)).or_else(|| is_svg(bytes).then_some("SVG"))
}

/// AVIF or HEIC by the brand of an ISO base media file (ISO/IEC 14496-12, `ftyp`).
fn iso_media(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let box_len = u32::from_be_bytes(bytes[..4].try_into().ok()?) as usize;
    let brands = bytes.get(8..)?.chunks_exact(4).take(box_len.saturating_sub(8) / 4);
    brands.into_iter().find_map(|brand| match brand {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("HEIC"),
        _ => None,
    })
}

/// Whether the first kilobyte of text opens an `<svg>` element.
fn is_svg(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(1024)].trim_ascii_start();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    head.starts_with(b"<") && head.windows(4).any(|word| word == b"<svg")
}
