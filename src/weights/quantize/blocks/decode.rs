//! Decodes stored blocks to f32.

use half::{bf16, f16};

use super::Q6K_SCALE;
use crate::weights::quantize::blocks::dtype::Dtype;

/// How many values are best read in one call: whole blocks of every type. Engines of WebAssembly exchange a function's
/// first code for faster code between its calls alone.
pub const PIECE: usize = 1 << 13;

/// Decodes `bytes` into `out`; `bytes` holds exactly `out.len()` values of `dtype`.
///
/// # Panics
/// If the lengths do not agree.
#[inline(never)]
pub fn decode(dtype: Dtype, bytes: &[u8], out: &mut [f32]) {
    assert_eq!(Some(bytes.len()), dtype.bytes_of(&[out.len()]), "{dtype} bytes for {} values", out.len());
    let blocks = bytes.chunks_exact(dtype.block_bytes()).zip(out.chunks_exact_mut(dtype.block_len()));
    match dtype {
        Dtype::F32 => blocks
            .for_each(|(block, out)| out[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]])),
        Dtype::F16 => bytes.as_chunks().0.iter().zip(out).for_each(|(half, out)| *out = f16_to_f32(*half)),
        Dtype::Bf16 => {
            blocks.for_each(|(block, out)| out[0] = bf16::from_le_bytes([block[0], block[1]]).to_f32())
        }
        Dtype::Q8_0 => blocks.for_each(|(block, out)| decode_q8_0(block, out)),
        Dtype::Q6K => blocks.for_each(|(block, out)| decode_q6_k(block, out)),
        Dtype::Q5_0 => blocks.for_each(|(block, out)| decode_q5_0(block, out)),
        Dtype::Q4_0 => blocks.for_each(|(block, out)| decode_q4_0(block, out)),
    }
}

/// The index of the first value that is NaN or infinite: of the first in a block whose scale is, if
/// quantized.
pub fn first_non_finite(dtype: Dtype, bytes: &[u8]) -> Option<usize> {
    let piece = PIECE / dtype.block_len() * dtype.block_bytes();
    let in_piece = |(index, bytes)| Some(index * PIECE + first_in_piece(dtype, bytes)?);
    bytes.chunks(piece).enumerate().find_map(in_piece)
}

#[inline(never)]
fn first_in_piece(dtype: Dtype, bytes: &[u8]) -> Option<usize> {
    let is_finite = |block: &[u8]| match dtype {
        Dtype::F32 => f32::from_le_bytes([block[0], block[1], block[2], block[3]]).is_finite(),
        Dtype::Bf16 => bf16::from_le_bytes([block[0], block[1]]).is_finite(),
        Dtype::F16 | Dtype::Q8_0 | Dtype::Q5_0 | Dtype::Q4_0 => f16_at(block, 0).is_finite(),
        Dtype::Q6K => f16_at(block, Q6K_SCALE).is_finite(),
    };
    let block = bytes.chunks_exact(dtype.block_bytes()).position(|block| !is_finite(block))?;
    Some(block * dtype.block_len())
}

/// What `half`'s conversion gives, without branches: 2.4 million of them are a patch embedding, and each block of a matrix
/// has one.
#[inline(always)]
pub(super) fn f16_to_f32(half: [u8; 2]) -> f32 {
    const TO_THE_112: f32 = f32::from_bits((112 + 127) << 23);
    const INFINITE: u32 = 0x7c00 << 13;
    let half = u32::from(u16::from_le_bytes(half));
    let magnitude = (half & 0x7fff) << 13;
    let scaled = (f32::from_bits(magnitude) * TO_THE_112).to_bits();
    let endless = if magnitude >= INFINITE { 0xff << 23 } else { 0 };
    f32::from_bits(scaled | endless | (half & 0x8000) << 16)
}

fn f16_at(block: &[u8], offset: usize) -> f16 {
    f16::from_le_bytes([block[offset], block[offset + 1]])
}

fn decode_q8_0(block: &[u8], out: &mut [f32]) {
    let scale = f16_at(block, 0).to_f32();
    for (out, &level) in out.iter_mut().zip(&block[2..]) {
        *out = f32::from(level as i8) * scale;
    }
}

fn decode_q4_0(block: &[u8], out: &mut [f32]) {
    let scale = f16_at(block, 0).to_f32();
    let (low, high) = out.split_at_mut(16);
    for ((low, high), &pair) in low.iter_mut().zip(high).zip(&block[2..]) {
        *low = (f32::from(pair & 15) - 8.0) * scale;
        *high = (f32::from(pair >> 4) - 8.0) * scale;
    }
}

fn decode_q5_0(block: &[u8], out: &mut [f32]) {
    let scale = f16_at(block, 0).to_f32();
    let fifth_bits = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
    let level = |nibble: u8, index: usize| u32::from(nibble) | ((fifth_bits >> index) & 1) << 4;
    let (low, high) = out.split_at_mut(16);
    for (i, ((low, high), &pair)) in low.iter_mut().zip(high).zip(&block[6..]).enumerate() {
        *low = (level(pair & 15, i) as f32 - 16.0) * scale;
        *high = (level(pair >> 4, i + 16) as f32 - 16.0) * scale;
    }
}

/// A block is two halves of 128 values; a half is four groups of 32 that share bytes: groups 0 and 2 the
/// nibbles of the first 32 low bytes, groups 1 and 3 those of the next 32, and all four the bit pairs of 32
/// high bytes.
fn decode_q6_k(block: &[u8], out: &mut [f32]) {
    let scale = f16_at(block, Q6K_SCALE).to_f32();
    let inner_scales = &block[192..Q6K_SCALE];
    for (half, out) in out.chunks_exact_mut(128).enumerate() {
        let low = &block[half * 64..][..64];
        let high = &block[128 + half * 32..][..32];
        for (i, out) in out.iter_mut().enumerate() {
            let (group, lane) = (i / 32, i % 32);
            let nibble = (low[(group % 2) * 32 + lane] >> (group / 2 * 4)) & 15;
            let level = nibble | ((high[lane] >> (group * 2)) & 3) << 4;
            let inner_scale = inner_scales[half * 8 + i / 16] as i8;
            *out = scale * f32::from(inner_scale) * (f32::from(level) - 32.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_becomes_the_float_that_it_is() {
        for bits in 0..=u16::MAX {
            let expected = f16::from_bits(bits).to_f32();
            let found = f16_to_f32(bits.to_le_bytes());
            assert!(
                found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
                "{bits:#06x}: {found} where {expected} is meant"
            );
        }
    }
}
