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

/// Defines `$name`, which adds the products of tiles of `R` rows with a panel to `sums`; a step's products with one row
/// are added to its dots by `$add_step`. A macro, because a function that is told what to call could not carry the target
/// features of what it calls. [`super::Kernel::multiply`] has checked that there are as many blocks of as many tiles.
macro_rules! eight_columns {
    ($(#[$attribute:meta])* $features:literal, $name:ident, |$dot:ident, $row:ident, $b:ident| $add_step:expr) => {
        $(#[$attribute])*
        #[target_feature(enable = $features)]
        pub(super) fn $name<const R: usize>(
            tiles: &[u8],
            panel: &[$crate::kernels::matmul::layout::PanelBlock],
            sums: &mut [$crate::kernels::matmul::layout::Tile<R>],
        ) {
            use $crate::kernels::lanes::F32x4;
            use $crate::kernels::matmul::BLOCK;
            use $crate::kernels::matmul::layout::{COLUMNS, PanelBlock, STEP, tile_block_bytes};

            for (tiles, PanelBlock(b)) in tiles.chunks_exact(sums.len() * tile_block_bytes(R)).zip(panel) {
                let (codes, rest) = b.split_at(COLUMNS * BLOCK);
                let (codes, _) = codes.as_chunks::<{ COLUMNS * STEP }>();
                let (scales, code_sums) = rest.split_at(COLUMNS * 4);
                // SAFETY: there are eight floats and eight numbers of 16 bits; the loads have no alignment rule.
                let scales = unsafe { _mm256_loadu_ps(scales[..32].as_ptr().cast()) };
                let code_sums = unsafe { _mm_loadu_si128(code_sums[..16].as_ptr().cast()) };
                // Each in the lower half of a lane, with nothing in the upper: `vpmaddwd` multiplies the lower halves.
                let code_sums = _mm256_cvtepu16_epi32(code_sums);
                for (a, sums) in tiles.chunks_exact(tile_block_bytes(R)).zip(sums.iter_mut()) {
                    let (rows, row_scales) = a.split_at(R * BLOCK);
                    let row_scales = row_scales.as_chunks::<4>().0;
                    let mut dots = [_mm256_setzero_si256(); R];
                    for (r, dot) in dots.iter_mut().enumerate() {
                        let zero = _mm256_set1_epi32(i32::from_le_bytes(row_scales[R + r]));
                        *dot = _mm256_madd_epi16(zero, code_sums);
                    }
                    for (rows, step) in rows.chunks_exact(R * STEP).zip(codes) {
                        // SAFETY: the array has 32 bytes, and the load no alignment rule.
                        let $b = unsafe { _mm256_loadu_si256(step.as_ptr().cast()) };
                        for (dot, row) in dots.iter_mut().zip(rows.as_chunks::<STEP>().0) {
                            let ($dot, $row) = (*dot, _mm256_set1_epi32(i32::from_le_bytes(*row)));
                            *dot = $add_step;
                        }
                    }
                    for (r, (sums, dot)) in sums.iter_mut().zip(dots).enumerate() {
                        let scale = _mm256_set1_ps(f32::from_le_bytes(row_scales[r]));
                        let product = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(scale, scales));
                        let mut products = [0.0; COLUMNS];
                        // SAFETY: there is room for eight floats.
                        unsafe { _mm256_storeu_ps(products.as_mut_ptr(), product) };
                        for (sum, products) in sums.iter_mut().zip(products.as_chunks::<4>().0) {
                            *sum = *sum + F32x4::load(products);
                        }
                    }
                }
            }
        }
    };
}
pub(super) use eight_columns;

eight_columns! {
    /// Adds the products of tiles of `R` rows with a panel to `sums`.
    "avx2", multiply, |dot, row, b| {
        let pairs = _mm256_maddubs_epi16(row, b);
        _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
    }
}
