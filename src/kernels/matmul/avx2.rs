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

#![expect(unsafe_code, reason = "loads and stores of vectors")]

use std::arch::x86_64::*;

use super::super::lanes::F32x4;
use super::BLOCK;
use super::layout::{COLUMNS, PANEL_BLOCK_BYTES, PanelBlock, STEP, Tile, tile_block_bytes};

/// Adds the products of tiles of `R` rows with a panel to `sums`. [`super::Kernel::multiply`] has checked that there
/// are as many blocks of as many tiles.
#[target_feature(enable = "avx2")]
pub(super) fn multiply<const R: usize>(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<R>]) {
    for (tiles, PanelBlock(b)) in tiles.chunks_exact(sums.len() * tile_block_bytes(R)).zip(panel) {
        for (a, sums) in tiles.chunks_exact(tile_block_bytes(R)).zip(sums.iter_mut()) {
            add_block(a, b, sums);
        }
    }
}

/// Adds the products of one block of a tile.
#[inline]
#[target_feature(enable = "avx2")]
fn add_block<const R: usize>(a: &[u8], b: &[u8; PANEL_BLOCK_BYTES], sums: &mut Tile<R>) {
    let (codes, rest) = b.split_at(COLUMNS * BLOCK);
    let dots = block_dots::<R>(a, codes);
    let scales = floats(&rest[..COLUMNS * 4]);
    let code_sums = _mm256_cvtepi16_epi32(shorts(&rest[COLUMNS * 4..]));
    let row_scales = a[R * BLOCK..].as_chunks::<4>().0;
    for (r, (sums, dot)) in sums.iter_mut().zip(dots).enumerate() {
        let scale = _mm256_set1_ps(f32::from_le_bytes(row_scales[r]));
        let zero = _mm256_set1_epi32(i32::from_le_bytes(row_scales[R + r]));
        let dot = _mm256_add_epi32(dot, _mm256_mullo_epi32(zero, code_sums));
        let product = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(scale, scales));
        let mut products = [0.0; COLUMNS];
        // SAFETY: there is room for eight floats.
        unsafe { _mm256_storeu_ps(products.as_mut_ptr(), product) };
        for (sum, products) in sums.iter_mut().zip(products.as_chunks::<4>().0) {
            *sum = *sum + F32x4::load(products);
        }
    }
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
