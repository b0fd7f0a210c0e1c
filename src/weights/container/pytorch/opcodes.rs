//! The opcodes of a pickle and their lengths: finds where a pickle ends before anything in it is interpreted.

use super::malformed;
use crate::error::Result;

/// The longest name of a tensor, a storage, a module or a class, in bytes.
pub const MAX_NAME: usize = 512;

/// The length of the pickle at the beginning of `bytes`, once it is whole. `scanned` is how far an earlier call came.
///
/// # Errors
/// `Malformed` for an opcode that `torch.save` does not write.
pub fn end(bytes: &[u8], scanned: &mut usize) -> Result<Option<usize>> {
    while let Some(&opcode) = bytes.get(*scanned) {
        let Some(argument) = argument_len(opcode, &bytes[*scanned + 1..])? else { return Ok(None) };
        let next = *scanned + 1 + argument;
        if next > bytes.len() {
            return Ok(None);
        }
        *scanned = next;
        if opcode == b'.' {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// Where a line that begins at `from` ends, with its newline; `None` while too few bytes are here to tell.
///
/// # Errors
/// `Malformed` once it is longer than any name: whoever asks again with each byte that comes looks at no more than
/// that.
fn line_end(rest: &[u8], from: usize) -> Result<Option<usize>> {
    let line = rest.get(from..).unwrap_or_default();
    match line.iter().take(MAX_NAME + 1).position(|&byte| byte == b'\n') {
        Some(at) => Ok(Some(from + at + 1)),
        None if line.len() > MAX_NAME => {
            Err(malformed(format!("the pickle names a module or a class of more than {MAX_NAME} bytes")))
        }
        None => Ok(None),
    }
}

/// How many bytes belong to an opcode; `None` while too few are here to tell.
///
/// # Errors
/// `Malformed` for an opcode that `torch.save` does not write, and for lines as [`line_end`] says.
pub fn argument_len(opcode: u8, rest: &[u8]) -> Result<Option<usize>> {
    Ok(match opcode {
        b'(' | b')' | b'}' | b']' | b'N' | b'R' | b'b' | b'Q' | b's' | b'u' | b'a' | b'e' | b't' | b'.' => {
            Some(0)
        }
        0x81 | 0x85..=0x89 => Some(0),
        0x80 | b'q' | b'h' | b'K' => Some(1),
        b'M' => Some(2),
        b'r' | b'j' | b'J' => Some(4),
        b'G' => Some(8),
        0x8a => rest.first().map(|&len| 1 + usize::from(len)),
        b'X' => rest.first_chunk().map(|len| 4usize.saturating_add(u32::from_le_bytes(*len) as usize)),
        b'c' => match line_end(rest, 0)? {
            Some(end) => line_end(rest, end)?,
            None => None,
        },
        _ => {
            return Err(malformed(format!(
                "the pickle has the opcode {opcode:#04x}, which is not supported"
            )));
        }
    })
}
