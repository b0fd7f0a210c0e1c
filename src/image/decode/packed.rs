//! Rows of samples smaller than a byte.

use super::{Format, reserve};
use crate::Result;

/// A byte for each sample of rows that are `stride` bytes apart and `width` samples long. A sample has `bits`
/// bits, a divisor of 8; the first one is in the high bits of the first byte.
///
/// # Errors
///
/// If there is no room for them.
///
/// # Panics
///
/// If a row is longer than the stride.
pub(super) fn unpack(
    format: Format,
    rows: &[u8],
    bits: usize,
    stride: usize,
    width: usize,
) -> Result<Vec<u8>> {
    assert!(width * bits <= stride * 8, "rows of {width} samples of {bits} bits in {stride} bytes");
    let per_byte = 8 / bits;
    let mask = 0xff >> (8 - bits);
    let mut samples = reserve(format, rows.len() / stride * width, 0)?;
    for (row, samples) in rows.chunks_exact(stride).zip(samples.chunks_exact_mut(width)) {
        for (samples, &byte) in samples.chunks_mut(per_byte).zip(row) {
            for (position, sample) in samples.iter_mut().enumerate() {
                *sample = byte >> (8 - bits * (position + 1)) & mask;
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(rows: &[u8], bits: usize, stride: usize, width: usize) -> Vec<u8> {
        super::unpack(Format::Bmp, rows, bits, stride, width).unwrap()
    }

    #[test]
    fn the_first_sample_is_in_the_high_bits() {
        assert_eq!(unpack(&[0b1101_0010], 1, 1, 8), [1, 1, 0, 1, 0, 0, 1, 0]);
        assert_eq!(unpack(&[0b1101_0010], 2, 1, 4), [3, 1, 0, 2]);
        assert_eq!(unpack(&[0b1101_0010], 4, 1, 2), [13, 2]);
        assert_eq!(unpack(&[0b1101_0010], 8, 1, 1), [210]);
    }

    #[test]
    fn padding_at_the_ends_of_rows_is_left_out() {
        assert_eq!(unpack(&[0x12, 0x3f, 0xff, 0x45, 0x6f, 0xff], 4, 3, 3), [1, 2, 3, 4, 5, 6]);
    }
}
