//! EXIF and XMP, found as Pillow finds them.

use super::damaged;
use crate::Result;

/// The bytes of EXIF and of XMP.
type Metadata<'a> = (Option<Vec<u8>>, Option<&'a [u8]>);

/// What there is before the first scan. Several EXIF segments are one, in their order; of several
/// XMP packets the last one counts.
pub(super) fn find(bytes: &[u8]) -> Result<Metadata<'_>> {
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let (mut exif, mut xmp) = (None::<Vec<u8>>, None);
    let mut at = 2;
    let byte = |at: usize| bytes.get(at).copied().ok_or_else(|| damaged("it ends before the first scan"));
    loop {
        // Over what is no marker, and over zeros and ones that pad one.
        while byte(at)? != 0xff {
            at += 1;
        }
        while byte(at)? == 0xff {
            at += 1;
        }
        let marker = bytes[at];
        at += 1;
        match marker {
            0 | 0xc8 | 0xd0..=0xd9 | 0xf0..=0xfd => continue,
            1..0xc0 | 0xff => return Err(damaged(format!("marker {marker:02x} is not known"))),
            _ => {}
        }
        let len = usize::from(u16::from_be_bytes([byte(at)?, byte(at + 1)?]));
        let segment =
            bytes.get(at + 2..at + len.max(2)).ok_or_else(|| damaged("it ends within a segment"))?;
        at += len.max(2);
        match marker {
            0xe0 if segment.starts_with(b"JFIF") && segment.len() < 7 => {
                return Err(damaged("its JFIF segment is cut off"));
            }
            0xee if segment.starts_with(b"Adobe") && segment.len() < 7 => {
                return Err(damaged("its Adobe segment is cut off"));
            }
            0xda => return Ok((exif, xmp)),
            0xe1 if segment.starts_with(b"Exif\0\0") => match &mut exif {
                Some(exif) => exif.extend_from_slice(&segment[6..]),
                None => exif = Some(segment.to_vec()),
            },
            0xe1 => xmp = segment.strip_prefix(XMP).or(xmp),
            _ => {}
        }
    }
}
