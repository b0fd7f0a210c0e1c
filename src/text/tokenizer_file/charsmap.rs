//! The normalizer `Precompiled` of SentencePiece's tokenizers, checked before the library sees it.
//!
//! It is a binary trie: a length in bytes, 32-bit units of a double array (darts-clone), then the replacements, each
//! ended by a zero. The library follows its units unchecked, and a damaged one makes it panic.

use base64ct::{Base64, Encoding};

/// The bytes of a map, if every walk that a text can take through it stays in it.
pub fn checked(base64: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_vec(base64).ok()?;
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let units = u32::from_le_bytes(*length) as usize / 4;
    let (units, replacements) = rest.split_at_checked(units * 4)?;
    let units: Vec<u32> = units.as_chunks::<4>().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
    is_closed(&units, std::str::from_utf8(replacements).ok()?)?;
    Some(bytes)
}

/// `None` if a walk from the root leaves the units, or ends at what is no beginning of a character.
fn is_closed(units: &[u32], replacements: &str) -> Option<()> {
    let mut seen = vec![false; units.len()];
    let mut states = vec![offset(*units.first()?)];
    while let Some(state) = states.pop() {
        for byte in 1..=u8::MAX {
            let place = state ^ usize::from(byte);
            let unit = *units.get(place)?;
            if label(unit) != u32::from(byte) || std::mem::replace(&mut seen[place], true) {
                continue;
            }
            let next = place ^ offset(unit);
            if has_value(unit) && !replacements.is_char_boundary(value(*units.get(next)?)) {
                return None;
            }
            states.push(next);
        }
    }
    Some(())
}

/// How far, by exclusive or, the children of a unit lie from it.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize
}

/// The byte that leads to a unit; of one that is a value, what no byte is.
fn label(unit: u32) -> u32 {
    unit & ((1 << 31) | 0xFF)
}

fn has_value(unit: u32) -> bool {
    unit >> 8 & 1 == 1
}

/// Where in the replacements a value points.
fn value(unit: u32) -> usize {
    (unit & !(1 << 31)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_base64_is_no_map() {
        for damaged in ["Zm9", "Zm9v!mFy", "Z===", "Zg==Zg==", "Zh=="] {
            assert_eq!(checked(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn a_walk_out_of_the_map_is_found() {
        // A root whose children lie at 256..512, one unit for the byte 1, whose value is at 512.
        let mut units = vec![0; 768];
        units[0] = 256 << 10;
        units[257] = (257 ^ 512) << 10 | 1 << 8 | 1;
        units[512] = 1 << 31 | 2;
        assert_eq!(is_closed(&units, "a\0b"), Some(()));
        assert_eq!(is_closed(&units, "a"), None, "a value beyond the replacements");
        assert_eq!(is_closed(&units, "aé"), None, "a value within a character");
        assert_eq!(is_closed(&units[..600], "a\0b"), None, "children beyond the units");
        assert_eq!(is_closed(&[], ""), None);
    }
}
