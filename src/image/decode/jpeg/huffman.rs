//! Huffman tables: as a file lists them, and as lookup tables.

use super::damaged;
use crate::Result;

/// How many codes have each length, and the symbols in the order of their codes.
#[derive(Clone)]
pub(super) struct Code {
    /// Codes of 1 to 16 bits.
    pub(super) counts: [u8; 16],
    pub(super) symbols: [u8; 256],
}

impl Code {
    fn of(counts: [u8; 16], listed: &[u8]) -> Self {
        let mut symbols = [0; 256];
        symbols[..listed.len()].copy_from_slice(listed);
        Self { counts, symbols }
    }

    /// What a file without codes of its own means, luminance or chrominance (T.81, tables K.3 and K.4).
    pub(super) fn standard_dc(chrominance: bool) -> Self {
        let counts = match chrominance {
            false => [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            true => [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        };
        Self::of(counts, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    }

    /// The standard table of the AC coefficients (T.81, tables K.5 and K.6).
    pub(super) fn standard_ac(chrominance: bool) -> Self {
        match chrominance {
            false => Self::of([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], &STANDARD_AC_LUMINANCE),
            true => Self::of([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], &STANDARD_AC_CHROMINANCE),
        }
    }
}

/// A code that can be looked up.
pub(super) struct Table {
    /// Length << 8 | symbol for every beginning of eight bits; 0 where the code is longer.
    short: [u16; 1 << Table::LOOKAHEAD],
    /// The largest code of each length, -1 where there is none.
    largest: [i32; 18],
    /// What to add to a code of each length to find its symbol.
    offsets: [i32; 18],
    symbols: [u8; 256],
}

impl Table {
    /// Codes of up to this many bits are found with one lookup.
    pub(super) const LOOKAHEAD: u32 = 8;

    /// # Errors
    ///
    /// If the code has more symbols than there are, or is no prefix code, or has a symbol above `last_symbol`.
    pub(super) fn new(code: &Code, last_symbol: u8) -> Result<Self> {
        let mut table = Self { short: [0; 256], largest: [-1; 18], offsets: [0; 18], symbols: code.symbols };
        let (mut next, mut index) = (0, 0);
        for (len, &count) in (1..).zip(&code.counts) {
            let count = usize::from(count);
            if index + count > 256 {
                return Err(damaged("a Huffman table has more than 256 codes"));
            }
            if count > 0 {
                table.offsets[len as usize] = index as i32 - next;
                for &symbol in &code.symbols[index..index + count] {
                    if symbol > last_symbol {
                        return Err(damaged(format!(
                            "a Huffman table has the symbol {symbol}, expected at most {last_symbol}"
                        )));
                    }
                    if len <= Self::LOOKAHEAD {
                        let free = Self::LOOKAHEAD - len;
                        let first = (next as usize) << free;
                        let entries = table.short.get_mut(first..first + (1 << free));
                        entries.ok_or_else(no_prefix_code)?.fill((len as u16) << 8 | u16::from(symbol));
                    }
                    next += 1;
                }
                table.largest[len as usize] = next - 1;
                // No code may be all ones.
                if next >= 1 << len {
                    return Err(no_prefix_code());
                }
            }
            index += count;
            next <<= 1;
        }
        // Ends every search.
        table.largest[17] = i32::MAX;
        Ok(table)
    }

    /// The symbol whose code `bits` begins with in their low eight, and the length of that code; `None` for a
    /// longer one.
    #[inline(always)]
    pub(super) fn short(&self, bits: u64) -> Option<(u8, u32)> {
        let entry = self.short[bits as u8 as usize];
        (entry != 0).then_some((entry as u8, (entry >> 8).into()))
    }

    /// Whether `code`, of `len` bits, is only the beginning of one.
    pub(super) fn is_longer(&self, code: i32, len: u32) -> bool {
        code > self.largest[len as usize]
    }

    /// The symbol of a code of `len` bits; 0 for one of 17, which is none.
    pub(super) fn long(&self, code: i32, len: u32) -> u8 {
        match len {
            17 => 0,
            _ => self.symbols[(code + self.offsets[len as usize]) as usize & 0xff],
        }
    }
}

fn no_prefix_code() -> crate::Error {
    damaged("a Huffman table is not a prefix code")
}

const STANDARD_AC_LUMINANCE: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
    0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
    0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34,
    0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55,
    0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5,
    0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4,
    0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1,
    0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

const STANDARD_AC_CHROMINANCE: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13,
    0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62,
    0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29,
    0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54,
    0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
    0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94,
    0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3,
    0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2,
    0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea,
    0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];
