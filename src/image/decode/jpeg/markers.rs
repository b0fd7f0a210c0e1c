//! The segments of a JPEG before each scan: tables, the frame header, the scan header.

use std::rc::Rc;

use super::damaged;
use super::frame::Frame;
use super::huffman::Code;
use super::source::Source;
use crate::Result;

/// Names of markers (T.81, table B.1).
mod code {
    pub(super) const TEM: u8 = 0x01;
    pub(super) const SOF0: u8 = 0xc0;
    pub(super) const SOF1: u8 = 0xc1;
    pub(super) const SOF2: u8 = 0xc2;
    pub(super) const SOF3: u8 = 0xc3;
    pub(super) const DHT: u8 = 0xc4;
    pub(super) const SOF9: u8 = 0xc9;
    pub(super) const SOF11: u8 = 0xcb;
    pub(super) const DAC: u8 = 0xcc;
    pub(super) const RST0: u8 = 0xd0;
    pub(super) const RST7: u8 = 0xd7;
    pub(super) const SOI: u8 = 0xd8;
    pub(super) const EOI: u8 = 0xd9;
    pub(super) const SOS: u8 = 0xda;
    pub(super) const DQT: u8 = 0xdb;
    pub(super) const DNL: u8 = 0xdc;
    pub(super) const DRI: u8 = 0xdd;
    pub(super) const APP0: u8 = 0xe0;
    pub(super) const APP14: u8 = 0xee;
    pub(super) const APP15: u8 = 0xef;
    pub(super) const COM: u8 = 0xfe;
}

/// Positions of coefficients in the order a file has them, row after row of eight (T.81, figure A.6). A damaged
/// file may count up to 15 too far, which means the last one.
pub(super) const ZIGZAG: [u8; 80] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
];

/// What the segments so far have said.
pub(super) struct Markers<'a> {
    pub(super) source: Source<'a>,
    pub(super) frame: Option<Rc<Frame>>,
    pub(super) dc_codes: [Option<Code>; 4],
    pub(super) ac_codes: [Option<Code>; 4],
    /// Quantization tables, row after row.
    pub(super) quantization: [Option<[u16; 64]>; 4],
    /// MCUs between restart markers, 0 for none.
    pub(super) restart_interval: u16,
    pub(super) jfif: bool,
    /// The transform that an Adobe segment names.
    pub(super) adobe: Option<u8>,
    /// Whether a picture has begun.
    begun: bool,
    next_restart: u8,
}

/// What a scan holds.
pub(super) struct Scan {
    pub(super) components: Vec<ScanComponent>,
    /// First and last coefficient, in the file's order; in a lossless file, the predictor and 0.
    pub(super) first: u8,
    pub(super) last: u8,
    /// The bit that was the lowest one so far, plus one, and the lowest one now.
    pub(super) high_bit: u8,
    pub(super) low_bit: u8,
}

/// A component of a scan: its index in the frame, and which codes it has.
#[derive(Clone, Copy)]
pub(super) struct ScanComponent {
    pub(super) index: usize,
    pub(super) dc: u8,
    pub(super) ac: u8,
}

impl<'a> Markers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            source: Source::new(bytes),
            frame: None,
            dc_codes: [const { None }; 4],
            ac_codes: [const { None }; 4],
            quantization: [None; 4],
            restart_interval: 0,
            jfif: false,
            adobe: None,
            begun: false,
            next_restart: 0,
        }
    }

    /// Reads up to the first scan. Streams that hold nothing but tables may come before it.
    pub(super) fn first_scan(&mut self) -> Result<Scan> {
        loop {
            if [self.source.byte()?, self.source.byte()?] != [0xff, code::SOI] {
                return Err(damaged("it does not begin with a start-of-image marker"));
            }
            self.source.marker = code::SOI;
            if let Some(scan) = self.next_scan()? {
                return Ok(scan);
            }
            if self.frame.is_some() {
                return Err(damaged("it ends before the first scan"));
            }
            self.begun = false;
        }
    }

    /// Reads up to the next scan; `None` at the end of the picture.
    pub(super) fn next_scan(&mut self) -> Result<Option<Scan>> {
        loop {
            if self.source.marker == 0 {
                self.source.next_marker()?;
            }
            match self.source.marker {
                code::SOI => self.start()?,
                kind @ (code::SOF0 | code::SOF1 | code::SOF2 | code::SOF3) => {
                    if self.frame.is_some() {
                        return Err(damaged("it has two frame headers"));
                    }
                    let (progressive, lossless) = (kind == code::SOF2, kind == code::SOF3);
                    self.frame = Some(Rc::new(Frame::read(&mut self.source, progressive, lossless)?));
                }
                code::SOF9..=code::SOF11 => return Err(damaged("arithmetic coding is not supported")),
                code::SOS => {
                    let scan = self.scan()?;
                    self.source.marker = 0;
                    self.next_restart = 0;
                    return Ok(Some(scan));
                }
                code::EOI => {
                    self.source.marker = 0;
                    return Ok(None);
                }
                code::DHT => self.huffman_codes()?,
                code::DQT => self.quantization_tables()?,
                code::DRI => {
                    self.expect_len(4)?;
                    self.restart_interval = self.source.u16()?;
                }
                code::APP0 | code::APP14 => self.application()?,
                code::APP0..=code::APP15 | code::COM | code::DNL => self.skip_segment()?,
                code::DAC => self.conditioning()?,
                code::RST0..=code::RST7 | code::TEM => {}
                other => return Err(damaged(format!("marker {other:02x} is not known"))),
            }
            self.source.marker = 0;
        }
    }

    fn start(&mut self) -> Result<()> {
        if self.begun {
            return Err(damaged("there is a second start-of-image marker"));
        }
        self.begun = true;
        self.restart_interval = 0;
        self.jfif = false;
        self.adobe = None;
        Ok(())
    }

    /// Passes the restart marker that is due, or comes to terms with its absence as libjpeg does: a marker of
    /// the near future stands for what is lost, one of the near past and an impossible one are passed over, and
    /// any other restart marker is taken for the right one.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.source.drop_bits();
        if self.source.marker == 0 {
            self.source.next_marker()?;
        }
        let due = self.next_restart;
        self.next_restart = (due + 1) & 7;
        loop {
            match self.source.marker {
                marker @ code::RST0..=code::RST7 => match (marker - code::RST0).wrapping_sub(due) & 7 {
                    1 | 2 => break,
                    6 | 7 => self.source.next_marker()?,
                    _ => {
                        self.source.marker = 0;
                        break;
                    }
                },
                ..code::SOF0 => self.source.next_marker()?,
                _ => break,
            }
        }
        // At a marker, the bits up to the next one stay missing.
        if self.source.marker == 0 {
            self.source.insufficient = false;
        }
        Ok(())
    }

    fn expect_len(&mut self, expected: usize) -> Result<()> {
        match usize::from(self.source.u16()?) {
            found if found == expected => Ok(()),
            found => {
                let marker = self.source.marker;
                Err(damaged(format!("segment {marker:02x} has {found} bytes, expected {expected}")))
            }
        }
    }

    /// Bytes of a segment without its length.
    fn content_len(&mut self) -> Result<usize> {
        let len = usize::from(self.source.u16()?);
        let marker = self.source.marker;
        len.checked_sub(2).ok_or_else(|| damaged(format!("segment {marker:02x} has {len} bytes")))
    }

    fn skip_segment(&mut self) -> Result<()> {
        let len = self.source.u16()?;
        self.source.skip(usize::from(len).saturating_sub(2));
        Ok(())
    }

    /// JFIF's and Adobe's segments, which say what the colours are.
    fn application(&mut self) -> Result<()> {
        let len = usize::from(self.source.u16()?).saturating_sub(2);
        let mut data = [0; 14];
        let read = len.min(data.len());
        for byte in &mut data[..read] {
            *byte = self.source.byte()?;
        }
        if self.source.marker == code::APP0 {
            self.jfif |= read == 14 && data.starts_with(b"JFIF\0");
        } else if read >= 12 && data.starts_with(b"Adobe") {
            self.adobe = Some(data[11]);
        }
        self.source.skip(len - read);
        Ok(())
    }

    fn huffman_codes(&mut self) -> Result<()> {
        let mut left = self.content_len()?;
        while left > 16 {
            let index = self.source.byte()?;
            let mut code = Code { counts: [0; 16], symbols: [0; 256] };
            for count in &mut code.counts {
                *count = self.source.byte()?;
            }
            left -= 17;
            let symbols: usize = code.counts.iter().map(|&count| usize::from(count)).sum();
            if symbols > 256 || symbols > left {
                return Err(damaged(format!("a Huffman table has {symbols} codes in {left} bytes")));
            }
            for symbol in &mut code.symbols[..symbols] {
                *symbol = self.source.byte()?;
            }
            left -= symbols;
            let codes = if index & 0x10 == 0 { &mut self.dc_codes } else { &mut self.ac_codes };
            let slot = codes.get_mut(usize::from(index & !0x10));
            *slot.ok_or_else(|| damaged(format!("Huffman table {index:02x}, expected 0 to 3")))? = Some(code);
        }
        self.expect_end(left)
    }

    fn quantization_tables(&mut self) -> Result<()> {
        let mut left = self.content_len()?;
        while left > 0 {
            let byte = self.source.byte()?;
            let (wide, index) = (byte >> 4 != 0, byte & 15);
            let mut table = [0; 64];
            for &at in &ZIGZAG[..64] {
                table[usize::from(at)] = if wide { self.source.u16()? } else { self.source.byte()?.into() };
            }
            let slot = self.quantization.get_mut(usize::from(index));
            *slot.ok_or_else(|| damaged(format!("quantization table {index}, expected 0 to 3")))? =
                Some(table);
            let len = if wide { 129 } else { 65 };
            left = left.checked_sub(len).ok_or_else(|| damaged("a quantization table is cut off"))?;
        }
        Ok(())
    }

    /// What arithmetic coding needs, which is of no account and has to be in order.
    fn conditioning(&mut self) -> Result<()> {
        let mut left = self.content_len()?;
        while left > 0 {
            let (index, value) = (self.source.byte()?, self.source.byte()?);
            if index >= 32 || (index < 16 && value & 15 > value >> 4) {
                return Err(damaged(format!("arithmetic conditioning {index} has the value {value}")));
            }
            left = left
                .checked_sub(2)
                .ok_or_else(|| damaged("the arithmetic conditioning segment is cut off"))?;
        }
        Ok(())
    }

    fn expect_end(&self, left: usize) -> Result<()> {
        match left {
            0 => Ok(()),
            _ => Err(damaged(format!("segment {:02x} has {left} bytes too many", self.source.marker))),
        }
    }

    /// A scan's header. A component that shares its number with others is the first of them that is left.
    fn scan(&mut self) -> Result<Scan> {
        let frame = self.frame.clone().ok_or_else(|| damaged("a scan comes before the frame header"))?;
        let (len, count) = (usize::from(self.source.u16()?), usize::from(self.source.byte()?));
        if len != count * 2 + 6 || !(1..=4).contains(&count) {
            return Err(damaged(format!("a scan's header of {len} bytes names {count} components")));
        }
        let mut components: Vec<ScanComponent> = Vec::with_capacity(count);
        // Which components of the frame have a place in this scan, by the place's number: libjpeg's rule, by
        // which a number that comes twice means the next component of that number.
        let mut taken = [false; 4];
        for place in 0..count {
            let (id, codes) = (self.source.byte()?, self.source.byte()?);
            let candidates = frame.components.iter().enumerate().take(4);
            let found =
                candidates.into_iter().find(|&(index, component)| component.id == id && !taken[index]);
            let (index, _) = found
                .ok_or_else(|| damaged(format!("a scan names a component {id}, which the frame lacks")))?;
            if components.iter().any(|other| other.index == index) {
                return Err(damaged(format!("a scan names component {id} twice")));
            }
            taken[place] = true;
            components.push(ScanComponent { index, dc: codes >> 4, ac: codes & 15 });
        }
        let (first, last, bits) = (self.source.byte()?, self.source.byte()?, self.source.byte()?);
        Ok(Scan { components, first, last, high_bit: bits >> 4, low_bit: bits & 15 })
    }
}
