//! Stored blocks to what a product reads: 32 signed bytes and their scale, in execution order.
//!
//! Layouts as in ggml's `ggml-quants.h`. All but Q6_K keep their codes exactly; Q6_K has a scale
//! for each 16 weights, so its blocks of 32 are rounded once more, to eight bits.

use super::decode::f16_to_f32;
use super::dtype::{Dtype, Q4_0_BYTES, Q5_0_BYTES, Q6K_BYTES, Q8_0_BYTES};
use crate::kernels::matmul::{BLOCK, PackedMatrix};

/// The matrix `[columns, in_features]` whose rows are stored as `data`, in execution order, with no outlier channels
/// yet; nothing for types of floats.
pub fn pack(dtype: Dtype, columns: usize, in_features: usize, data: &[u8]) -> Option<PackedMatrix> {
    match dtype {
        Dtype::F32 | Dtype::F16 | Dtype::Bf16 => None,
        Dtype::Q8_0 => Some(pack_q8_0(columns, in_features, data)),
        Dtype::Q5_0 => Some(pack_blocks(columns, in_features, data, q5_0)),
        Dtype::Q4_0 => Some(pack_blocks(columns, in_features, data, q4_0)),
        Dtype::Q6K => {
            let (stored, _) = data.as_chunks::<Q6K_BYTES>();
            let per_row = in_features / 256;
            Some(PackedMatrix::pack(columns, in_features, |column, block, codes| {
                q6k(&stored[column * per_row + block / 8], block % 8, codes)
            }))
        }
    }
}

/// [`pack`] for rows in q8_0.
pub fn pack_q8_0(columns: usize, in_features: usize, data: &[u8]) -> PackedMatrix {
    pack_blocks(columns, in_features, data, q8_0)
}

/// Packs blocks of 32 that take `N` bytes each.
fn pack_blocks<const N: usize>(
    columns: usize,
    in_features: usize,
    data: &[u8],
    read: impl Fn(&[u8; N], &mut [i8; BLOCK]) -> f32 + Sync,
) -> PackedMatrix {
    let (stored, per_row) = (data.as_chunks::<N>().0, in_features / BLOCK);
    PackedMatrix::pack(columns, in_features, |column, block, codes| {
        read(&stored[column * per_row + block], codes)
    })
}

/// Reads a Q8_0 block.
fn q8_0(block: &[u8; Q8_0_BYTES], codes: &mut [i8; BLOCK]) -> f32 {
    for (code, byte) in codes.iter_mut().zip(&block[2..]) {
        *code = *byte as i8;
    }
    scale(block[0], block[1])
}

/// Reads a Q5_0 block.
fn q5_0(block: &[u8; Q5_0_BYTES], codes: &mut [i8; BLOCK]) -> f32 {
    let high = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
    for (i, byte) in block[6..].iter().enumerate() {
        let bit = |position: usize| ((high >> position & 1) as i8) << 4;
        codes[i] = ((byte & 15) as i8 | bit(i)) - 16;
        codes[i + 16] = ((byte >> 4) as i8 | bit(i + 16)) - 16;
    }
    scale(block[0], block[1])
}

/// Reads a Q4_0 block.
fn q4_0(block: &[u8; Q4_0_BYTES], codes: &mut [i8; BLOCK]) -> f32 {
    for (i, byte) in block[2..].iter().enumerate() {
        codes[i] = (byte & 15) as i8 - 8;
        codes[i + 16] = (byte >> 4) as i8 - 8;
    }
    scale(block[0], block[1])
}

/// Reads the `part`th 32 weights (0..8) of a Q6_K block.
fn q6k(block: &[u8; Q6K_BYTES], part: usize, codes: &mut [i8; BLOCK]) -> f32 {
    let (half, quarter) = (part / 4, part % 4);
    let low = &block[half * 64 + quarter % 2 * 32..][..BLOCK];
    let high = &block[128 + half * 32..][..BLOCK];
    let scales = &block[192 + half * 8 + quarter * 2..][..2];
    let unit = scale(block[208], block[209]);
    if !unit.is_finite() {
        return unit;
    }
    let values = std::array::from_fn(|i| {
        let nibble = low[i] >> (quarter / 2 * 4) & 15;
        let pair = high[i] >> (quarter * 2) & 3;
        let code = (nibble | pair << 4) as i8 - 32;
        unit * f32::from(scales[i / 16] as i8) * f32::from(code)
    });
    quantize_block(&values, codes)
}

/// Rounds 32 floats to eight bits, symmetrically about zero.
pub fn quantize_block(values: &[f32; BLOCK], codes: &mut [i8; BLOCK]) -> f32 {
    let larger = |largest: f32, value: &f32| if value.abs() > largest { value.abs() } else { largest };
    let largest = values.iter().fold(0.0, larger);
    let scale = largest / 127.0;
    if scale < f32::MIN_POSITIVE {
        codes.fill(0);
        return 0.0;
    }
    let inverse = 127.0 / largest;
    for (code, value) in codes.iter_mut().zip(values) {
        *code = (value * inverse).round_ties_even() as i8;
    }
    scale
}

fn scale(low: u8, high: u8) -> f32 {
    f16_to_f32([low, high])
}
