//! The EXIF orientation: where it is written, and how it is undone. Read here, because it is one tag, and a crate for all of
//! EXIF would be in every download.

use crate::image::Rgb8;

/// EXIF tag of the orientation (Exif 3.0, 4.6.5.1).
const ORIENTATION: u16 = 0x0112;

/// The orientation a file asks for, 1 to 8: the EXIF tag, or the XMP attribute where EXIF has none, as Pillow
/// reads them. Metadata that cannot be read asks for nothing.
pub(super) fn find(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> u8 {
    let named = exif.and_then(from_exif).or_else(|| u16::from(xmp.and_then(from_xmp)?).into());
    named.and_then(|value| u8::try_from(value).ok()).filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

/// The tag in the first directory of a TIFF structure, with or without the `Exif\0\0` of a JPEG segment
/// before it.
fn from_exif(exif: &[u8]) -> Option<u16> {
    const PREFIX: &[u8] = b"Exif\0\0";
    let tiff = exif.strip_prefix(PREFIX).unwrap_or(exif);
    let tiff =
        Tiff { bytes: tiff.strip_prefix(PREFIX).unwrap_or(tiff), little_endian: tiff.starts_with(b"II") };
    let directory = tiff.u32(4)? as usize;
    let entries = tiff.u16(directory)? as usize;
    let entry = |index: usize| directory.checked_add(2 + index * 12);
    let found = (0..entries).map_while(entry).find(|&at| tiff.u16(at) == Some(ORIENTATION))?;
    (tiff.u32(found + 4)? == 1).then_some(())?;
    match tiff.u16(found + 2)? {
        1 => tiff.bytes.get(found + 8).map(|&value| value.into()),
        3 => tiff.u16(found + 8),
        4 => tiff.u32(found + 8)?.try_into().ok(),
        _ => None,
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

impl Tiff<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}

/// Turns a stored picture upright. `orientation` is 1 to 8; 5 to 8 swap the sides.
pub(super) fn apply(image: Rgb8, orientation: u8) -> Rgb8 {
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
        _ => return image,
    };
    let (upright_width, upright_height) = if orientation < 5 { (width, height) } else { (height, width) };
    let stored = image.data();
    let mut data = Vec::with_capacity(stored.len());
    for y in 0..upright_height {
        for x in 0..upright_width {
            let (column, row) = source(x, y, width, height);
            data.extend_from_slice(&stored[(row * width + column) * 3..][..3]);
        }
    }
    Rgb8::from_parts(upright_width, upright_height, data)
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
            let upright = apply(stored(), orientation);
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
