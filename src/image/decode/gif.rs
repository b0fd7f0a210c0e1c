//! The first frame of a GIF, on its screen.
//!
//! Read here and not by a crate because none agrees with Pillow on files that break the rules: bytes between
//! blocks, unknown extensions, no palette, codes that end early.

use std::fmt::Display;

use super::{Format, Stored, reserve, take_turn, undecodable};
use crate::image::Rgb8;
use crate::{Error, Result};

/// Codes have up to 12 bits.
const MAX_CODE_BITS: u32 = 12;
const MAX_CODES: usize = 1 << MAX_CODE_BITS;

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let mut reader = Reader { bytes, at: 6 };
    let screen = (reader.u16()?, reader.u16()?);
    let [flags, _background, _aspect] = *reader.take(3)?.first_chunk().expect("three bytes");
    let global = reader.palette(flags)?;
    let Some((frame, transparent)) = reader.first_frame()? else { return Err(damaged("it has no frame")) };
    let (left, top, width, height) = frame;
    let flags = reader.byte()?;
    let local = reader.palette(flags)?;
    let palette = local.or(global);
    let size = (screen.0.max(left + width), screen.1.max(top + height));
    let _turn = take_turn(size.0 as u64, size.1 as u64)?;
    if width == 0 || height == 0 {
        return Err(damaged(format!("its first frame has {width} x {height} pixels")));
    }
    let interlaced = flags & 0x40 != 0;
    let indices = indices(&mut reader, width, height, interlaced)?;
    let image = on_screen(&indices, frame, size, palette, transparent)?;
    Ok(Stored { image, orientation: 1 })
}

/// Left, top, width and height.
type FrameRectangle = (usize, usize, usize, usize);

/// The frame in its place, over white. As in Pillow, the screen grows to hold it, and what it leaves bare has
/// the transparent colour, else the first of the palette; without a palette the indices are grey levels.
fn on_screen(
    indices: &[u8],
    (left, top, frame_width, _): FrameRectangle,
    (width, height): (usize, usize),
    palette: Option<&[u8]>,
    transparent: Option<u8>,
) -> Result<Rgb8> {
    let colors: [[u8; 3]; 256] = std::array::from_fn(|index| match palette {
        _ if transparent == Some(index as u8) => [255; 3],
        Some(palette) => palette.as_chunks().0.get(index).copied().unwrap_or([0; 3]),
        None => [index as u8; 3],
    });
    let bare = colors[usize::from(transparent.unwrap_or(0))];
    let mut data = reserve(Format::Gif, width * height * 3, 0)?;
    data.as_chunks_mut().0.fill(bare);
    let rows = data.chunks_exact_mut(width * 3).skip(top);
    for (row, indices) in rows.zip(indices.chunks_exact(frame_width)) {
        for (pixel, &index) in row[left * 3..].as_chunks_mut().0.iter_mut().zip(indices) {
            *pixel = colors[usize::from(index)];
        }
    }
    Rgb8::new(width, height, data)
}

/// Where in the file reading is.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let taken = self
            .bytes
            .get(self.at..self.at + len)
            .ok_or_else(|| damaged("it ends before its first frame"))?;
        self.at += len;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<usize> {
        Ok(usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])))
    }

    /// The palette that flags announce. One that gives every index its own number as grey is none, so that
    /// indices beyond it are grey too.
    fn palette(&mut self, flags: u8) -> Result<Option<&'a [u8]>> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        let palette = self.take(3 << ((flags & 7) + 1))?;
        let mut colors = palette.as_chunks().0.iter().enumerate();
        let is_ramp = colors.all(|(index, &color)| color == [index as u8; 3]);
        Ok((!is_ramp).then_some(palette))
    }

    /// The content of a sub-block, as much as there is; `None` for the empty one that ends them.
    fn sub_block(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(*self.bytes.get(self.at)?);
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let block = &rest[..len.min(rest.len())];
        self.at += block.len();
        (len > 0).then_some(block)
    }

    /// Reads up to the first frame's place; what is no block is passed over. With it comes the transparent
    /// index.
    fn first_frame(&mut self) -> Result<Option<(FrameRectangle, Option<u8>)>> {
        const TRAILER: u8 = b';';
        let mut transparent = None;
        let mut first = true;
        while let Some(&kind) = self.bytes.get(self.at) {
            self.at += 1;
            match kind {
                TRAILER => return Ok(None),
                b',' => {
                    let (left, top, width, height) = (self.u16()?, self.u16()?, self.u16()?, self.u16()?);
                    return Ok(Some(((left, top, width, height), transparent)));
                }
                b'!' => self.extension(&mut transparent)?,
                _ => {}
            }
            first = false;
        }
        match first {
            true => Err(damaged("it ends before its first frame")),
            false => Ok(None),
        }
    }

    fn extension(&mut self, transparent: &mut Option<u8>) -> Result<()> {
        const GRAPHIC_CONTROL: u8 = 249;
        const COMMENT: u8 = 254;
        const APPLICATION: u8 = 255;
        let label = self.byte()?;
        let mut block = self.sub_block();
        match (label, block) {
            (GRAPHIC_CONTROL, Some(control)) => {
                if control.len() < 3 || (control[0] & 1 == 1 && control.len() < 4) {
                    return Err(damaged(format!("a graphic control extension of {} bytes", control.len())));
                }
                if control[0] & 1 == 1 {
                    *transparent = Some(control[3]);
                }
            }
            (COMMENT, _) => {
                while block.is_some() {
                    block = self.sub_block();
                }
                return Ok(());
            }
            (APPLICATION, Some(name)) if name.starts_with(b"NETSCAPE2.0") => {
                self.sub_block();
            }
            _ => {}
        }
        // Pillow looks for the end even behind an extension that has ended at once.
        while self.sub_block().is_some() {}
        Ok(())
    }
}

/// The indices of a frame, in their rows.
fn indices(reader: &mut Reader, width: usize, height: usize, interlaced: bool) -> Result<Vec<u8>> {
    let bits = u32::from(reader.byte()?);
    if bits > MAX_CODE_BITS {
        return Err(damaged(format!("codes of {bits} bits, expected at most {MAX_CODE_BITS}")));
    }
    let mut indices = reserve(Format::Gif, width * height, 0)?;
    let mut codes = Codes { bytes: &reader.bytes[reader.at..], block: &[], buffer: 0, bits_left: 0 };
    let mut table = Table::new(bits);
    let mut rows = RowOrder::new(height, interlaced);
    let (mut row, mut column) = (0, 0);
    while let Some(run) = table.next(&mut codes)? {
        for &index in run {
            indices[row * width + column] = index;
            column += 1;
            if column == width {
                column = 0;
                match rows.next() {
                    Some(next) => row = next,
                    None => return Ok(indices),
                }
            }
        }
    }
    Err(damaged("its first frame ends before its last pixel"))
}

/// The rows of a frame behind the first one, in the file's order.
struct RowOrder {
    height: usize,
    row: usize,
    step: usize,
    /// Where the passes that are left begin, and their steps.
    passes: std::slice::Iter<'static, (usize, usize)>,
}

impl RowOrder {
    fn new(height: usize, interlaced: bool) -> Self {
        let passes: &[_] = if interlaced { &[(4, 8), (2, 4), (1, 2)] } else { &[] };
        Self { height, row: 0, step: if interlaced { 8 } else { 1 }, passes: passes.iter() }
    }

    fn next(&mut self) -> Option<usize> {
        self.row += self.step;
        while self.row >= self.height {
            (self.row, self.step) = *self.passes.next()?;
        }
        Some(self.row)
    }
}

/// Codes of changing length, low bits first, in sub-blocks that are there as a whole.
struct Codes<'a> {
    bytes: &'a [u8],
    block: &'a [u8],
    buffer: u32,
    bits_left: u32,
}

impl Codes<'_> {
    fn next(&mut self, bits: u32) -> Result<usize> {
        while self.bits_left < bits {
            match self.block.split_first() {
                Some((&byte, rest)) => {
                    self.buffer |= u32::from(byte) << self.bits_left;
                    self.bits_left += 8;
                    self.block = rest;
                }
                None => {
                    let block =
                        self.bytes.split_first().and_then(|(&len, rest)| rest.split_at_checked(len.into()));
                    (self.block, self.bytes) =
                        block.ok_or_else(|| damaged("it ends within its first frame"))?;
                }
            }
        }
        let code = self.buffer & ((1 << bits) - 1);
        self.buffer >>= bits;
        self.bits_left -= bits;
        Ok(code as usize)
    }
}

/// What codes stand for (Lempel, Ziv and Welch's): an index, or what another code stands for and one more.
struct Table {
    /// Bits of an index.
    bits: u32,
    /// Bits of the next code.
    code_bits: u32,
    /// The code that is defined next.
    next: usize,
    /// The last index of each code, and the code before it.
    last: [u8; MAX_CODES],
    before: [u16; MAX_CODES],
    /// The code that came last and the first index it stood for; `None` behind a clear code.
    previous: Option<(usize, u8)>,
    /// What a code stands for, from its end.
    run: Vec<u8>,
}

impl Table {
    fn new(bits: u32) -> Self {
        let mut table = Self {
            bits,
            code_bits: 0,
            next: 0,
            last: [0; MAX_CODES],
            before: [0; MAX_CODES],
            previous: None,
            run: Vec::new(),
        };
        table.clear();
        table
    }

    fn clear(&mut self) {
        self.code_bits = self.bits + 1;
        self.next = (1 << self.bits) + 2;
        self.previous = None;
    }

    /// The indices of the next code; `None` at the end.
    fn next(&mut self, codes: &mut Codes) -> Result<Option<&[u8]>> {
        let (clear, end) = (1 << self.bits, (1 << self.bits) + 1);
        let code = loop {
            match codes.next(self.code_bits)? {
                code if code == clear => self.clear(),
                code if code == end => return Ok(None),
                code => break code,
            }
        };
        self.run.clear();
        let undefined = || damaged(format!("code {code} is not defined yet"));
        let Some((previous, first)) = self.previous else {
            if code > clear {
                return Err(undefined());
            }
            self.run.push(code as u8);
            self.previous = Some((code, code as u8));
            return Ok(Some(&self.run));
        };
        let mut link = code;
        if code > self.next {
            return Err(undefined());
        } else if code == self.next {
            self.run.push(first);
            link = previous;
        }
        while link >= clear {
            if link >= MAX_CODES || self.run.len() >= MAX_CODES {
                return Err(undefined());
            }
            self.run.push(self.last[link]);
            link = self.before[link].into();
        }
        self.run.push(link as u8);
        if self.next < MAX_CODES {
            self.last[self.next] = link as u8;
            self.before[self.next] = previous as u16;
            if self.next == (1 << self.code_bits) - 1 && self.code_bits < MAX_CODE_BITS {
                self.code_bits += 1;
            }
            self.next += 1;
        }
        self.previous = Some((code, link as u8));
        self.run.reverse();
        Ok(Some(&self.run))
    }
}

fn damaged(reason: impl Display) -> Error {
    undecodable(Format::Gif, reason)
}
