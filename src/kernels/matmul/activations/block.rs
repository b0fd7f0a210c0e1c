//! One block of activations: its scale, its zero point and its codes, and what these leave of its values.

use super::super::super::lanes::{F32x4, quads};
use super::super::BLOCK;
use super::super::layout::{CODE_BYTES, ROWS, STEP, tile_offset};

/// The largest code: seven bits.
const LEVELS: f32 = 127.0;

/// The least range of a block, as a part of its smallest value's magnitude: `z` then is at most 127 * 257 < 2^15.
const LEAST_RANGE: f32 = 1.0 / 257.0;

/// Quantizes one block of `R` rows into a tile's block. A function of its own: see [`super::super::epilogue`].
#[inline(never)]
pub(super) fn write<const R: usize>(values: &[[f32; BLOCK]; R], block: &mut [u8]) {
    let (scales, zeros, codes) = quantize(values);
    for (r, codes) in codes.iter().enumerate() {
        for (step, codes) in codes.as_chunks::<STEP>().0.iter().enumerate() {
            let target = &mut block[tile_offset(R, r, step)..][..STEP * CODE_BYTES];
            if CODE_BYTES == 1 {
                target.copy_from_slice(codes);
            } else {
                for (target, code) in target.as_chunks_mut::<2>().0.iter_mut().zip(codes) {
                    *target = u16::from(*code).to_le_bytes();
                }
            }
        }
    }
    let (of_rows, of_zeros) = block[R * BLOCK * CODE_BYTES..].as_chunks_mut::<4>().0.split_at_mut(R);
    for (r, (scale, zero)) in of_rows.iter_mut().zip(of_zeros).enumerate() {
        *scale = scales[r].to_le_bytes();
        *zero = i32::from(zeros[r]).to_le_bytes();
    }
}

/// Subtracts what a block of a tile of `rows` rows says of its row `r` from that row's values. One function for every number
/// of rows, which reads the codes back instead of keeping them in registers: that saves kilobytes of each visitor's download.
#[inline(never)]
pub(super) fn subtract(block: &[u8], rows: usize, r: usize, values: &mut [f32; BLOCK]) {
    let numbers = block[rows * BLOCK * CODE_BYTES..].as_chunks::<4>().0;
    let (scale, zero) = (f32::from_le_bytes(numbers[r]), i32::from_le_bytes(numbers[rows + r]));
    for (step, values) in values.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
        let codes = &block[tile_offset(rows, r, step)..][..STEP * CODE_BYTES];
        for (value, code) in values.iter_mut().zip(codes.chunks_exact(CODE_BYTES)) {
            *value -= scale * (i32::from(code[0]) + zero) as f32;
        }
    }
}

/// The scale, what is added to the codes, and the codes of a block of each of `R` rows, of which there are at most
/// four: what is one number a row is computed for all of them at once.
#[inline(always)]
fn quantize<const R: usize>(values: &[[f32; BLOCK]; R]) -> ([f32; ROWS], [i16; ROWS], [[u8; BLOCK]; R]) {
    let none = F32x4::splat(0.0);
    let (mut lowest, mut highest) = ([none; ROWS], [none; ROWS]);
    for (r, values) in values.iter().enumerate() {
        let quads = quads(values);
        (lowest[r], highest[r]) = (F32x4::load(&quads[0]), F32x4::load(&quads[0]));
        for quad in &quads[1..] {
            let quad = F32x4::load(quad);
            lowest[r] = lowest[r].min(quad);
            highest[r] = highest[r].max(quad);
        }
    }
    let (lowest, highest) = (F32x4::smallest_of_each(lowest), F32x4::largest_of_each(highest));
    let magnitude = lowest.max(none - lowest);
    let range = (highest - lowest).max(magnitude * F32x4::splat(LEAST_RANGE));
    let scale = range / F32x4::splat(LEVELS);
    let or_nothing = |value| scale.if_less(F32x4::splat(f32::MIN_POSITIVE), none, value);
    let inverse = or_nothing(F32x4::splat(LEVELS) / range);
    let (zero, zeros) = or_nothing(lowest * inverse).to_nearest();
    let (inverse, zero) = (inverse.to_array(), zero.to_array());
    let codes = std::array::from_fn(|r| {
        let (inverse, shift) = (F32x4::splat(inverse[r]), F32x4::splat(zero[r]));
        let mut codes = [0; BLOCK];
        for (codes, values) in codes.as_chunks_mut::<16>().0.iter_mut().zip(values[r].as_chunks::<16>().0) {
            let code = |quad: usize| F32x4::load(&values.as_chunks::<4>().0[quad]) * inverse - shift;
            *codes = F32x4::to_seven_bits([code(0), code(1), code(2), code(3)]);
        }
        codes
    });
    (or_nothing(scale).to_array(), zeros.map(|zero| zero as i16), codes)
}

#[cfg(test)]
mod tests;
