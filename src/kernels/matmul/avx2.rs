//! The tile product for x86-64 with AVX2: a step of a whole panel is one 256-bit vector.
//!
//! ```text
//! b: 8 columns x 4 k, bytes      c0k0 c0k1 c0k2 c0k3 | c1k0 ... | ... | c7 ...
//! a, splat                       k0   k1   k2   k3   | k0   ...
//! vpmaddubsw, 16 bits            c0:k01    c0:k23    | c1:k01 ...
//! vpmaddwd with ones, 32 bits    c0:k0123            | c1:k0123 ...
//! ```
//!
//! `vpmaddubsw` would saturate beyond 16 bits; codes of at most 127 keep it exact.

use std::arch::x86_64::*;

use super::super::lanes::F32x4;
use super::BLOCK;
use super::kernel::Tile;
use super::layout::{COLUMNS, PanelBlock, STEP, tile_block_bytes};

/// Multiplies a tile of `R` rows with a panel. [`super::Kernel::tile`] has checked that both have
/// the same number of whole blocks.
#[target_feature(enable = "avx2")]
pub(super) fn tile<const R: usize>(tile: &[u8], panel: &[PanelBlock]) -> Tile<R> {
    let mut sums = [_mm256_setzero_ps(); R];
    for (a, PanelBlock(b)) in tile.chunks_exact(tile_block_bytes(R)).zip(panel) {
        let (codes, rest) = b.split_at(COLUMNS * BLOCK);
        let dots = block_dots::<R>(a, codes);
        let scales = floats(&rest[..COLUMNS * 4]);
        let code_sums = shorts(&rest[COLUMNS * 4..]);
        let code_sums = _mm256_cvtepi16_epi32(code_sums);
        let row_scales = a[R * BLOCK..].as_chunks::<4>().0;
        for (r, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
            let scale = _mm256_set1_ps(f32::from_le_bytes(row_scales[r]));
            let zero = _mm256_set1_epi32(i32::from_le_bytes(row_scales[R + r]));
            let dot = _mm256_add_epi32(dot, _mm256_mullo_epi32(zero, code_sums));
            let product = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(scale, scales));
            *sum = _mm256_add_ps(*sum, product);
        }
    }
    sums.map(|sum| {
        let mut values = [0.0; COLUMNS];
        // SAFETY: there is room for eight floats.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), sum) };
        let quads = values.as_chunks::<4>().0;
        [F32x4::load(&quads[0]), F32x4::load(&quads[1])]
    })
}

/// The integer products of one block.
#[inline]
#[target_feature(enable = "avx2")]
fn block_dots<const R: usize>(a: &[u8], codes: &[u8]) -> [__m256i; R] {
    let mut dots = [_mm256_setzero_si256(); R];
    let ones = _mm256_set1_epi16(1);
    for (a, b) in a.chunks_exact(R * STEP).zip(codes.as_chunks::<{ COLUMNS * STEP }>().0) {
        // SAFETY: the array has 32 bytes, and the load no alignment rule.
        let b = unsafe { _mm256_loadu_si256(b.as_ptr().cast()) };
        for (dot, a) in dots.iter_mut().zip(a.as_chunks::<STEP>().0) {
            let row = _mm256_set1_epi32(i32::from_le_bytes(*a));
            let pairs = _mm256_maddubs_epi16(row, b);
            *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(pairs, ones));
        }
    }
    dots
}

#[inline]
#[target_feature(enable = "avx2")]
fn floats(bytes: &[u8]) -> __m256 {
    assert!(bytes.len() >= 32);
    // SAFETY: just checked; the load has no alignment rule.
    unsafe { _mm256_loadu_ps(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn shorts(bytes: &[u8]) -> __m128i {
    assert!(bytes.len() >= 16);
    // SAFETY: just checked; the load has no alignment rule.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
