//! Resampling in plain Rust: the reference, and what is left where vectors do not fit.

use super::{CHANNELS, PRECISION_BITS, Taps};

/// Half a unit of an output sample: sums start from it, so that the shift rounds.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// Samples of a row that are summed together: their sums stay in the nearest cache.
const STRIP: usize = 256;

/// One row: `src` is `[taps.input_len(), 3]`, `dst` is `[taps.len(), 3]`.
pub fn horizontal_row(src: &[u8], taps: &Taps, dst: &mut [u8]) {
    for (dst, (start, weights)) in dst.chunks_exact_mut(CHANNELS).zip(taps.iter()) {
        let src = &src[start * CHANNELS..(start + weights.len()) * CHANNELS];
        let mut sums = [HALF; CHANNELS];
        for (pixel, &weight) in src.chunks_exact(CHANNELS).zip(weights.iter()) {
            for channel in 0..CHANNELS {
                sums[channel] += i32::from(pixel[channel]) * weight;
            }
        }
        for channel in 0..CHANNELS {
            dst[channel] = clip8(sums[channel]);
        }
    }
}

/// The samples from `first` on of one output row, from the `[weights.len(), row_len]` rows in `src`.
pub fn vertical_row(src: &[u8], row_len: usize, first: usize, weights: &[i32], dst: &mut [u8]) {
    for (index, dst) in dst.chunks_mut(STRIP).enumerate() {
        let mut sums = [HALF; STRIP];
        let sums = &mut sums[..dst.len()];
        for (row, &weight) in src.chunks_exact(row_len).zip(weights) {
            for (sum, &sample) in sums.iter_mut().zip(&row[first + index * STRIP..]) {
                *sum += i32::from(sample) * weight;
            }
        }
        for (dst, &sum) in dst.iter_mut().zip(sums.iter()) {
            *dst = clip8(sum);
        }
    }
}

fn clip8(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}
