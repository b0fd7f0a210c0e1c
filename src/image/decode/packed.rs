//! Rows of samples that are smaller than a byte.

/// Samples of `bits` bits, 1 to 8, the first one in the high bits of the first byte.
pub(super) fn samples(row: &[u8], bits: usize) -> impl Iterator<Item = u8> {
    let mask = 0xff >> (8 - bits);
    row.iter().flat_map(move |byte| (0..8 / bits).map(move |sample| byte >> (8 - bits * (sample + 1)) & mask))
}

#[cfg(test)]
mod tests {
    use super::samples;

    #[test]
    fn the_first_sample_is_in_the_high_bits() {
        let unpacked = |bits| samples(&[0b1101_0010], bits).collect::<Vec<_>>();
        assert_eq!(unpacked(1), [1, 1, 0, 1, 0, 0, 1, 0]);
        assert_eq!(unpacked(2), [3, 1, 0, 2]);
        assert_eq!(unpacked(4), [13, 2]);
        assert_eq!(unpacked(8), [210]);
    }
}
