//! NumPy's .npy files: f32, C order.
//!
//! Read and written here, because that one form is a line of text before the values: crates for the format bring all
//! its types.

use crate::{Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Values of `shape` as a .npy file, format version 1.0.
pub fn write(values: &[f32], shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape.trim_end());
    // The data starts at a multiple of 64; ten bytes go before the header, a newline ends it.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = MAGIC.to_vec();
    file.extend([1, 0]);
    file.extend((padded as u16).to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = padded - 1).bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

/// The values and the two sides `[rows, width]` of a .npy file of f32.
///
/// # Errors
/// `Malformed` for anything else.
pub fn read_matrix(bytes: &[u8]) -> Result<(Vec<f32>, [usize; 2])> {
    let wrong = |reason: &str| Error::Malformed { format: "npy", reason: reason.to_owned() };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("it does not begin with \\x93NUMPY"))?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err(wrong("its format version is not 1, 2 or 3")),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(|| wrong("its header is cut off"))?;
    let header: String = header.iter().map(|&byte| char::from(byte)).filter(|c| !c.is_whitespace()).collect();
    if !header.contains("'descr':'<f4'") || !header.contains("'fortran_order':False") {
        return Err(wrong("expected little-endian f32 in C order"));
    }
    let shape = header.split("'shape':(").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or_default();
    let sides: Option<Vec<usize>> =
        shape.split(',').filter(|side| !side.is_empty()).map(|side| side.parse().ok()).collect();
    let sides: [usize; 2] =
        sides.and_then(|sides| sides.try_into().ok()).ok_or_else(|| wrong("expected two dimensions"))?;
    let needed = sides[0].checked_mul(sides[1]).and_then(|values| values.checked_mul(4));
    if needed != Some(data.len()) {
        return Err(Error::Malformed {
            format: "npy",
            reason: format!("the shape {sides:?} of f32 does not fill its {} bytes of data", data.len()),
        });
    }
    Ok((data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(), sides))
}
