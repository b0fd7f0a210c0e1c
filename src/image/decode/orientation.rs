//! The EXIF orientation: where it is written, and how it is undone. Read here, because it is one tag, and a crate for
//! all of EXIF would be in every download.

use crate::image::Rgb8;
use crate::{Error, Result};

/// EXIF tag of the orientation (Exif 3.0, 4.6.5.1).
const ORIENTATION: u16 = 0x0112;

/// The orientation a file asks for, 1 to 8: the EXIF tag, or the XMP attribute where EXIF has none, as Pillow
/// reads them. Metadata that cannot be read asks for nothing.
pub(super) fn find(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> u8 {
    match exif.and_then(from_exif) {
        Some(tag) => tag.number().filter(|number| (1..=8).contains(number)).map_or(1, |number| number as u8),
        None => xmp.and_then(from_xmp).filter(|number| (1..=8).contains(number)).unwrap_or(1),
    }
}

/// The tag in the first directory of a TIFF structure, behind any number of a JPEG segment's `Exif\0\0`. As in
/// Pillow the first one counts, and an entry whose values lie beyond the end hides those behind it.
fn from_exif(mut exif: &[u8]) -> Option<Value<'_>> {
    while let Some(rest) = exif.strip_prefix(b"Exif\0\0") {
        exif = rest;
    }
    let tiff = Tiff::new(exif)?;
    let directory = tiff.u32(4)? as usize;
    let entries = tiff.u16(directory)? as usize;
    // What lies outside of the directory is passed over once it is more than the file could hold.
    let mut outside = 0;
    for index in 0..entries {
        let entry = tiff.entry(directory.checked_add(2 + index * 12)?)?;
        let is_outside = entry.len > 4;
        outside += if is_outside { entry.len } else { 0 };
        if entry.len == 0 || (is_outside && outside > exif.len() as u64) {
            continue;
        }
        let end = usize::try_from(entry.len).ok().and_then(|len| entry.at.checked_add(len));
        let values = exif.get(entry.at..end?)?;
        if entry.tag == ORIENTATION {
            let values = Tiff { bytes: values, little_endian: tiff.little_endian };
            return Some(Value { kind: entry.kind, values });
        }
    }
    None
}

/// An entry of a directory: where its values are, and how many bytes; 0 for a type that is not known.
struct Entry {
    tag: u16,
    kind: u16,
    at: usize,
    len: u64,
}

/// The values of a tag.
struct Value<'a> {
    kind: u16,
    values: Tiff<'a>,
}

impl Value<'_> {
    /// The first value, if it is a whole number. Bytes and text are none in Pillow.
    fn number(&self) -> Option<i64> {
        let whole = |value: f64| (value.fract() == 0.0 && value.abs() < 1e9).then_some(value as i64);
        match self.kind {
            3 => self.values.u16(0).map(i64::from),
            4 | 13 => self.values.u32(0).map(i64::from),
            5 => {
                let (value, divisor) = (i64::from(self.values.u32(0)?), i64::from(self.values.u32(4)?));
                (value.checked_rem(divisor)? == 0).then(|| value / divisor)
            }
            6 => self.values.bytes.first().map(|&value| i64::from(value as i8)),
            8 => self.values.u16(0).map(|value| i64::from(value as i16)),
            9 => self.values.u32(0).map(|value| i64::from(value as i32)),
            10 => {
                let signed = |at| self.values.u32(at).map(|value| i64::from(value as i32));
                let (value, divisor) = (signed(0)?, signed(4)?);
                (value.checked_rem(divisor)? == 0).then(|| value / divisor)
            }
            11 => whole(f32::from_bits(self.values.u32(0)?).into()),
            12 => whole(f64::from_bits(self.values.u64(0)?)),
            16 => self.values.u64(0).and_then(|value| value.try_into().ok()),
            _ => None,
        }
    }
}

/// The digit of `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
fn from_xmp(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut rest = xmp;
    while let Some(at) = rest.windows(NAME.len()).position(|window| window == NAME) {
        rest = &rest[at + NAME.len()..];
        let value = rest.strip_prefix(b"=\"").or_else(|| rest.strip_prefix(b">"));
        match value.and_then(|value| value.first()) {
            Some(digit @ b'0'..=b'9') => return Some(digit - b'0'),
            _ => continue,
        }
    }
    None
}

/// Numbers of a TIFF structure, in its own byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    little_endian: bool,
}

impl<'a> Tiff<'a> {
    /// `None` for what does not begin as TIFF, or is BigTIFF.
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let little_endian = match bytes.first_chunk()? {
            b"II*\0" | b"II\0*" => true,
            b"MM\0*" | b"MM*\0" | b"MM\0+" => false,
            _ => return None,
        };
        Some(Self { bytes, little_endian })
    }

    /// The entry at an offset; `None` past the end.
    fn entry(&self, at: usize) -> Option<Entry> {
        let (tag, kind, count, value) =
            (self.u16(at)?, self.u16(at + 2)?, self.u32(at + 4)?, self.u32(at + 8)?);
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 => 8,
            _ => 0,
        };
        let len = u64::from(count) * size;
        Some(Entry { tag, kind, at: if len > 4 { value as usize } else { at + 8 }, len })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn u64(&self, at: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        Some(if self.little_endian { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }
}

/// Turns a stored picture upright. `orientation` is 1 to 8; 5 to 8 swap the sides.
///
/// # Errors
///
/// If there is no room for a second picture.
pub(super) fn apply(image: Rgb8, orientation: u8) -> Result<Rgb8> {
    let (width, height) = (image.width(), image.height());
    // The stored pixel of the upright (x, y).
    let source: fn(usize, usize, usize, usize) -> (usize, usize) = match orientation {
        2 => |x, y, w, _| (w - 1 - x, y),
        3 => |x, y, w, h| (w - 1 - x, h - 1 - y),
        4 => |x, y, _, h| (x, h - 1 - y),
        5 => |x, y, _, _| (y, x),
        6 => |x, y, _, h| (y, h - 1 - x),
        7 => |x, y, w, h| (w - 1 - y, h - 1 - x),
        8 => |x, y, w, _| (w - 1 - y, x),
        _ => return Ok(image),
    };
    let (upright_width, upright_height) = if orientation < 5 { (width, height) } else { (height, width) };
    let stored = image.data();
    let mut data = Vec::new();
    let no_room =
        |_| Error::ImageDecode { reason: "there is not enough memory to turn it upright".to_owned() };
    data.try_reserve_exact(stored.len()).map_err(no_room)?;
    for y in 0..upright_height {
        for x in 0..upright_width {
            let (column, row) = source(x, y, width, height);
            data.extend_from_slice(&stored[(row * width + column) * 3..][..3]);
        }
    }
    Ok(Rgb8::from_parts(upright_width, upright_height, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 2 x 3 picture whose pixels are its numbers in reading order.
    fn stored() -> Rgb8 {
        Rgb8::from_parts(2, 3, (0..6).flat_map(|pixel| [pixel; 3]).collect())
    }

    #[test]
    fn every_orientation_is_undone() {
        let cases: [(u8, usize, [u8; 6]); 8] = [
            (1, 2, [0, 1, 2, 3, 4, 5]),
            (2, 2, [1, 0, 3, 2, 5, 4]),
            (3, 2, [5, 4, 3, 2, 1, 0]),
            (4, 2, [4, 5, 2, 3, 0, 1]),
            (5, 3, [0, 2, 4, 1, 3, 5]),
            (6, 3, [4, 2, 0, 5, 3, 1]),
            (7, 3, [5, 3, 1, 4, 2, 0]),
            (8, 3, [1, 3, 5, 0, 2, 4]),
        ];
        for (orientation, width, expected) in cases {
            let upright = apply(stored(), orientation).unwrap();
            let pixels: Vec<u8> = upright.data().iter().step_by(3).copied().collect();
            assert_eq!((upright.width(), pixels.as_slice()), (width, expected.as_slice()), "{orientation}");
        }
    }

    #[test]
    fn metadata_that_makes_no_sense_asks_for_nothing() {
        let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        assert_eq!(find(Some(tiff), None), 6);
        for len in 0..tiff.len() {
            let value = find(Some(&tiff[..len]), None);
            assert!(value == 1 || value == 6, "{len} bytes gave {value}");
        }
        assert_eq!(find(Some(b"II*\0\xff\xff\xff\xff"), None), 1);
        assert_eq!(find(Some(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0"), None), 1);
    }

    #[test]
    fn xmp_is_asked_where_exif_says_nothing() {
        assert_eq!(find(None, Some(b"<rdf tiff:Orientation=\"8\"/>")), 8);
        assert_eq!(find(None, Some(b"<tiff:Orientation>3</tiff:Orientation>")), 3);
        assert_eq!(find(None, Some(b"tiff:Orientation tiff:Orientation=\"x\"")), 1);
    }
}
