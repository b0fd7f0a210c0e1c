//! The tile product for x86-64 with VNNI: `vpdpbusd` adds four products of an unsigned with a signed byte to each 32-bit
//! lane.
//!
//! AVX-VNNI has vectors of 256 bits, a step of a whole panel each, as in [`super::avx2`]. AVX-512 VNNI has 512: four rows by
//! four columns, so that one load brings a step of all four rows, and a panel's columns are spread out once for all tiles.
//!
//! ```text
//! a: 4 rows x 4 k, in each quarter   r0k0-3 r1k0-3 r2k0-3 r3k0-3 | r0k0-3 ...
//! b: column j, splat, in quarter j   c0k0-3 c0k0-3 c0k0-3 c0k0-3 | c1k0-3 ... | c2 ... | c3 ...
//! vpdpbusd, 32 bits                  r0c0   r1c0   r2c0   r3c0   | r0c1   ...
//! ```

#![expect(unsafe_code, reason = "loads and stores of vectors")]

use std::arch::x86_64::*;

use super::super::lanes::F32x4;
use super::BLOCK;
use super::avx2::eight_columns;
use super::layout::{COLUMNS, GROUP, PANEL_BLOCK_BYTES, PanelBlock, ROWS, STEP, Tile, tile_block_bytes};

eight_columns! {
    /// Adds the products of tiles of `R` rows with a panel to `sums`.
    "avx2,avxvnni", multiply_256, |dot, row, b| _mm256_dpbusd_avx_epi32(dot, row, b)
}

eight_columns! {
    /// [`multiply_256`] with the instruction of AVX-512, for tiles that [`multiply_quads`] does not take.
    "avx2,avx512f,avx512vl,avx512vnni", multiply_rows, |dot, row, b| _mm256_dpbusd_epi32(dot, row, b)
}

/// Adds the products of tiles of `R` rows with a panel to `sums`. [`super::Kernel::multiply`] has checked that there are as
/// many blocks of as many tiles.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn multiply_512<const R: usize>(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<R>]) {
    if R == ROWS {
        multiply_quads(tiles, panel, sums.as_flattened_mut().as_chunks_mut().0);
    } else {
        multiply_rows(tiles, panel, sums);
    }
}

/// Four rows and columns `4 * half..` of a tile's sums, column by column.
type Quads = [__m512; COLUMNS / 4];

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
fn multiply_quads(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<ROWS>]) {
    assert!(sums.len() <= GROUP);
    let mut quads = [[_mm512_setzero_ps(); 2]; GROUP];
    let quads = &mut quads[..sums.len()];
    for (quads, tile) in quads.iter_mut().zip(sums.iter()) {
        *quads = by_columns(tile);
    }
    for (tiles, PanelBlock(b)) in tiles.chunks_exact(sums.len() * tile_block_bytes(ROWS)).zip(panel) {
        let columns = Columns::of(b);
        for (a, quads) in tiles.as_chunks::<{ tile_block_bytes(ROWS) }>().0.iter().zip(quads.iter_mut()) {
            columns.add_block(a, quads);
        }
    }
    for (quads, tile) in quads.iter().zip(sums) {
        put_rows(quads, tile);
    }
}

/// A block of a panel, each of its numbers in the four lanes of its column.
struct Columns {
    codes: [[__m512i; 2]; BLOCK / STEP],
    scales: [__m512; 2],
    /// In the lower half of each lane, with nothing in the upper.
    code_sums: [__m512i; 2],
}

impl Columns {
    // Loops and no closures: those would be called, being without the target features of what they do.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn of(b: &[u8; PANEL_BLOCK_BYTES]) -> Self {
        let (steps, rest) = b.split_at(COLUMNS * BLOCK);
        let (scales, code_sums) = rest.split_at(COLUMNS * 4);
        let mut codes = [[_mm512_setzero_si512(); 2]; BLOCK / STEP];
        for (codes, step) in codes.iter_mut().zip(steps.as_chunks().0) {
            *codes = spread(load_256(step));
        }
        let [first, others] = spread(load_256(&scales.as_chunks().0[0]));
        let code_sums = _mm256_cvtepu16_epi32(load_128(&code_sums.as_chunks().0[0]));
        let scales = [_mm512_castsi512_ps(first), _mm512_castsi512_ps(others)];
        Self { codes, scales, code_sums: spread(code_sums) }
    }

    /// Adds the products of one block of a tile.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn add_block(&self, a: &[u8; tile_block_bytes(ROWS)], sums: &mut Quads) {
        let (steps, row_scales) = a.split_at(ROWS * BLOCK);
        let [row_scales, zeros] = row_scales.as_chunks().0 else { return };
        let row_scales = _mm512_castsi512_ps(_mm512_broadcast_i32x4(load_128(row_scales)));
        let zeros = _mm512_broadcast_i32x4(load_128(zeros));
        let [mut first, mut others] =
            [_mm512_madd_epi16(zeros, self.code_sums[0]), _mm512_madd_epi16(zeros, self.code_sums[1])];
        for (rows, codes) in steps.as_chunks().0.iter().zip(&self.codes) {
            let rows = _mm512_broadcast_i32x4(load_128(rows));
            first = _mm512_dpbusd_epi32(first, rows, codes[0]);
            others = _mm512_dpbusd_epi32(others, rows, codes[1]);
        }
        for (half, dots) in [first, others].into_iter().enumerate() {
            let scales = _mm512_mul_ps(row_scales, self.scales[half]);
            sums[half] = _mm512_add_ps(sums[half], _mm512_mul_ps(_mm512_cvtepi32_ps(dots), scales));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_256(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: there are 32 bytes; the load has no alignment rule.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: there are 16 bytes; the load has no alignment rule.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Each of eight lanes four times: the first four lanes, and the others.
#[inline]
#[target_feature(enable = "avx512f")]
fn spread(lanes: __m256i) -> [__m512i; 2] {
    let lanes = _mm512_castsi256_si512(lanes);
    let first = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
    let others = _mm512_set_epi32(7, 7, 7, 7, 6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4);
    [_mm512_permutexvar_epi32(first, lanes), _mm512_permutexvar_epi32(others, lanes)]
}

/// A tile's sums, column by column: four rows side by side.
#[inline]
#[target_feature(enable = "avx512f")]
fn by_columns(tile: &Tile<ROWS>) -> Quads {
    let mut columns = [[0.0; 16]; 2];
    for (r, row) in tile.iter().enumerate() {
        for (columns, four) in columns.iter_mut().zip(row) {
            for (c, sum) in four.to_array().into_iter().enumerate() {
                columns[c * 4 + r] = sum;
            }
        }
    }
    // SAFETY: there are 16 floats in each; the load has no alignment rule.
    unsafe { [_mm512_loadu_ps(columns[0].as_ptr()), _mm512_loadu_ps(columns[1].as_ptr())] }
}

/// Puts what [`by_columns`] gives back into a tile.
#[inline]
#[target_feature(enable = "avx512f")]
fn put_rows(quads: &Quads, tile: &mut Tile<ROWS>) {
    let mut columns = [[0.0; 16]; 2];
    for (columns, quads) in columns.iter_mut().zip(quads) {
        // SAFETY: there is room for 16 floats; the store has no alignment rule.
        unsafe { _mm512_storeu_ps(columns.as_mut_ptr(), *quads) };
    }
    for (r, row) in tile.iter_mut().enumerate() {
        for (columns, four) in columns.iter().zip(row) {
            *four = F32x4::load(&[columns[r], columns[4 + r], columns[8 + r], columns[12 + r]]);
        }
    }
}
