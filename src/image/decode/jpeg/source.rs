//! The bytes of a JPEG: markers between scans, and bits within them.

use super::huffman::Table;

/// The file ends where more of the picture should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truncated;

/// Bits that are read ahead at least, where the file has them. libjpeg-turbo's number, because it decides which
/// of a scan's last bytes have to be there.
const READ_AHEAD: u32 = 57;

/// Where in the file decoding is.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// A marker that has been read and not yet obeyed; 0 for none. No entropy-coded data is read past it.
    pub(super) marker: u8,
    /// Bits that have been read ahead, in the low `bits_left` bits.
    buffer: u64,
    bits_left: u32,
    /// Whether zeros had to stand in for bits that a marker cut off.
    pub(super) insufficient: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, marker: 0, buffer: 0, bits_left: 0, insufficient: false }
    }

    /// Lets the file end at `end`, if it is longer.
    pub(super) fn end_at(&mut self, end: usize) {
        self.bytes = &self.bytes[..end.min(self.bytes.len())];
    }

    pub(super) fn byte(&mut self) -> Result<u8, Truncated> {
        let byte = *self.bytes.get(self.at).ok_or(Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Truncated> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// Passes over `len` bytes. That the file is shorter shows at the next one that is read.
    pub(super) fn skip(&mut self, len: usize) {
        self.at = self.at.saturating_add(len);
    }

    /// Looks for a marker, over bytes that are none.
    pub(super) fn next_marker(&mut self) -> Result<(), Truncated> {
        loop {
            while self.byte()? != 0xff {}
            let mut code = self.byte()?;
            while code == 0xff {
                code = self.byte()?;
            }
            if code != 0 {
                self.marker = code;
                return Ok(());
            }
        }
    }

    /// Begins to read bits at the next byte.
    pub(super) fn start_bits(&mut self) {
        self.drop_bits();
        self.insufficient = false;
    }

    /// Forgets the bits that were read ahead.
    pub(super) fn drop_bits(&mut self) {
        self.bits_left = 0;
    }

    /// The next `count` bits, at most 16.
    #[inline(always)]
    pub(super) fn bits(&mut self, count: u32) -> Result<i32, Truncated> {
        if self.bits_left < count {
            self.fill(count)?;
        }
        self.bits_left -= count;
        Ok((self.buffer >> self.bits_left) as i32 & ((1 << count) - 1))
    }

    /// A number of `size` bits, the upper half of the range positive and the lower one negative (T.81, figure
    /// F.12).
    #[inline(always)]
    pub(super) fn signed(&mut self, size: u8) -> Result<i32, Truncated> {
        if size == 0 {
            return Ok(0);
        }
        let value = self.bits(size.into())?;
        Ok(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// The next symbol; 0 where the bits are no code.
    #[inline(always)]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Truncated> {
        if self.bits_left < Table::LOOKAHEAD {
            self.fill(0)?;
            if self.bits_left < Table::LOOKAHEAD {
                return self.long_symbol(table, 1);
            }
        }
        match table.short(self.buffer >> (self.bits_left - Table::LOOKAHEAD)) {
            Some((symbol, len)) => {
                self.bits_left -= len;
                Ok(symbol)
            }
            None => self.long_symbol(table, Table::LOOKAHEAD + 1),
        }
    }

    /// A symbol whose code has at least `len` bits.
    #[cold]
    fn long_symbol(&mut self, table: &Table, mut len: u32) -> Result<u8, Truncated> {
        let mut code = self.bits(len)?;
        while table.is_longer(code, len) {
            code = code << 1 | self.bits(1)?;
            len += 1;
        }
        Ok(table.long(code, len))
    }

    /// Reads ahead; zeros stand in where a marker cuts off some of the `needed` bits.
    #[inline(never)]
    fn fill(&mut self, needed: u32) -> Result<(), Truncated> {
        if self.marker == 0 && (self.fill_at_once() || self.fill_by_bytes()?) {
            return Ok(());
        }
        if needed > self.bits_left {
            self.insufficient = true;
            self.buffer <<= READ_AHEAD - self.bits_left;
            self.bits_left = READ_AHEAD;
        }
        Ok(())
    }

    /// Takes as many of the next eight bytes as there is room for, if none of them is special.
    fn fill_at_once(&mut self) -> bool {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let Some(word) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) else { return false };
        let word = u64::from_be_bytes(*word);
        // A byte of all ones is a zero byte of the complement.
        if (!word).wrapping_sub(EACH) & word & (EACH << 7) != 0 {
            return false;
        }
        let bytes = (64 - self.bits_left) / 8;
        self.buffer = match bytes {
            8 => word,
            _ => self.buffer << (bytes * 8) | word >> (64 - bytes * 8),
        };
        self.bits_left += bytes * 8;
        self.at += bytes as usize;
        true
    }

    /// Whether no marker came.
    fn fill_by_bytes(&mut self) -> Result<bool, Truncated> {
        while self.bits_left < READ_AHEAD {
            let mut byte = self.byte()?;
            if byte == 0xff {
                while byte == 0xff {
                    byte = self.byte()?;
                }
                if byte != 0 {
                    self.marker = byte;
                    return Ok(false);
                }
                byte = 0xff;
            }
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.bits_left += 8;
        }
        Ok(true)
    }
}
