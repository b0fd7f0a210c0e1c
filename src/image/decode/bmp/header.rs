//! The headers of OS/2 and Windows bitmaps, and the palette that follows them.

use crate::Result;
use crate::image::decode::{Format, undecodable};

/// How the pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Packed,
    Rle8,
    Rle4,
}

/// The bits of a pixel that hold a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mask(pub(super) u32);

/// What a file says about its pixels.
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether the first row in the file is the top one.
    pub(super) top_down: bool,
    /// Bits a pixel: 1, 4, 8, 16, 24 or 32.
    pub(super) bits: u32,
    pub(super) compression: Compression,
    pub(super) rgb: [Mask; 3],
    pub(super) alpha: Option<Mask>,
    /// Colours of all indices; those the file leaves out are black, as in Pillow.
    pub(super) palette: Box<[[u8; 3]; 256]>,
    /// Offset of the pixels.
    pub(super) pixels: usize,
}

/// Offset of the information header.
const INFO: usize = 14;

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let size = u32_at(bytes, INFO)? as usize;
        match size {
            12 => Self::core(bytes),
            40 | 52 | 56 | 64 | 108 | 124 => Self::info(bytes, size),
            _ => Err(refused(format!("header of {size} bytes, expected 12, 40, 52, 56, 64, 108 or 124"))),
        }
    }

    /// OS/2 1 and Windows 2: 16-bit sides, three bytes a colour.
    fn core(bytes: &[u8]) -> Result<Self> {
        let (width, height) = (u16_at(bytes, INFO + 4)?, u16_at(bytes, INFO + 6)?);
        let mut header = Self::new(width.into(), height.into(), u16_at(bytes, INFO + 10)?.into())?;
        header.read_palette(bytes, INFO + 12, 3, 0)?;
        Ok(header)
    }

    /// OS/2 2 and Windows 3 to 5.
    fn info(bytes: &[u8], size: usize) -> Result<Self> {
        let height = u32_at(bytes, INFO + 8)?;
        // As in Pillow, the last byte alone says whether the height is negative.
        let top_down = height >> 24 == 0xff;
        let rows = if top_down { height.wrapping_neg() } else { height };
        let width = u32_at(bytes, INFO + 4)?;
        let mut header = Self::new(width as usize, rows as usize, u16_at(bytes, INFO + 14)?.into())?;
        header.top_down = top_down;
        let mut palette = INFO + size;
        match u32_at(bytes, INFO + 16)? {
            0 => {}
            1 if header.bits <= 8 => header.compression = Compression::Rle8,
            2 if header.bits <= 8 => header.compression = Compression::Rle4,
            // In OS/2's headers 3 means Huffman's code, which one bit a pixel has; Windows has masks from 16 on.
            3 if header.bits >= 16 => {
                header.read_masks(bytes, size)?;
                palette += if size == 40 { 12 } else { 0 };
            }
            other => return Err(refused(format!("compression {other} of {} bits a pixel", header.bits))),
        }
        header.read_palette(bytes, palette, 4, u32_at(bytes, INFO + 32)?)?;
        Ok(header)
    }

    fn new(width: usize, height: usize, bits: u32) -> Result<Self> {
        let rgb = match bits {
            1 | 4 | 8 | 24 | 32 => [Mask(0xff_0000), Mask(0xff00), Mask(0xff)],
            16 => [Mask(0x7c00), Mask(0x3e0), Mask(0x1f)],
            _ => return Err(refused(format!("{bits} bits a pixel, expected 1, 4, 8, 16, 24 or 32"))),
        };
        Ok(Self {
            width,
            height,
            top_down: false,
            bits,
            compression: Compression::Packed,
            rgb,
            alpha: None,
            palette: Box::new([[0; 3]; 256]),
            pixels: 0,
        })
    }

    /// The channels of a bitfields file, within the header or right behind a short one. Masks that are all 0
    /// mean blue, green, red and alpha, a byte each.
    fn read_masks(&mut self, bytes: &[u8], size: usize) -> Result<()> {
        let mask = |index: usize| u32_at(bytes, INFO + 40 + index * 4);
        let masks = [mask(0)?, mask(1)?, mask(2)?, if size >= 56 { mask(3)? } else { 0 }];
        let [red, green, blue, alpha] = match masks {
            [0, 0, 0, 0] if self.bits == 32 => [0xff_0000, 0xff00, 0xff, 0xff00_0000],
            [0, 0, 0, _] => return Err(refused(format!("{} bits a pixel whose masks are all 0", self.bits))),
            masks => masks,
        };
        self.rgb = [Mask(red), Mask(green), Mask(blue)];
        self.alpha = (alpha != 0 && self.bits == 32).then_some(Mask(alpha));
        Ok(())
    }

    /// Colours of `entry` bytes each, and where the pixels begin: behind the palette, unless the file says
    /// otherwise.
    fn read_palette(&mut self, bytes: &[u8], at: usize, entry: usize, colors: u32) -> Result<()> {
        let indexed = self.bits <= 8;
        let colors = match (indexed, colors) {
            (false, _) => 0,
            (true, 0) => 1 << self.bits,
            (true, 1..=256) => colors as usize,
            (true, _) => return Err(refused(format!("palette of {colors} colours, expected at most 256"))),
        };
        let stored = bytes.get(at..).unwrap_or_default().chunks_exact(entry).take(colors);
        let stored = stored.map(|stored| [stored[2], stored[1], stored[0]]);
        for (color, stored) in self.palette.iter_mut().zip(stored.clone()) {
            *color = stored;
        }
        // Pillow takes a palette of nothing but grey levels in their order for none, so that indices beyond it
        // are levels too; black and white, or black alone, for samples of one bit.
        let rle = self.compression != Compression::Packed;
        let is_grey = |white: u8| {
            stored.clone().enumerate().all(|(index, color)| color == [(index as u8).saturating_mul(white); 3])
        };
        if indexed && colors <= 2 && (self.bits == 1 || rle) && is_grey(255) {
            *self.palette = std::array::from_fn(|index| if index == 0 { [0; 3] } else { [255; 3] });
        } else if indexed && colors > 2 && (self.bits == 8 || rle) && is_grey(1) {
            *self.palette = std::array::from_fn(|index| [index as u8; 3]);
        }
        let behind = at + colors * entry;
        let offset = u32_at(bytes, 10)? as usize;
        self.pixels = if offset == 0 || (indexed && offset == at) { behind } else { offset };
        Ok(())
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    let value = bytes.get(at..at + 2).and_then(<[u8]>::first_chunk);
    value
        .map(|value| u16::from_le_bytes(*value))
        .ok_or_else(|| refused(format!("the header ends before byte {}", at + 2)))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    Ok(u32::from(u16_at(bytes, at)?) | u32::from(u16_at(bytes, at + 2)?) << 16)
}

fn refused(reason: String) -> crate::Error {
    undecodable(Format::Bmp, reason)
}
