//! The tile product in WebAssembly SIMD: codes of 16 bits, `i32x4.dot_i16x8_s`.
//!
//! ```text
//! b: half a step's bytes         c0k0 c0k1 c1k0 c1k1 c2k0 c2k1 c3k0 c3k1 | c0k2 c0k3 .. c3k3
//! low half, widened              c0k0 c0k1   c1k0 c1k1   c2k0 c2k1   c3k0 c3k1
//! a: two codes, splat            k0   k1     k0   k1     k0   k1     k0   k1
//! dot, 32 bits                   c0:k01      c1:k01      c2:k01      c3:k01
//! ```
//!
//! That is the layout of builds without relaxed SIMD. The others have this kernel as well, over
//! their own layout: there a widened half has two columns of four codes, and the dots of each
//! column are added pairwise after a block.

#![expect(unsafe_code, reason = "loads of vectors, by pointers that walk through both operands")]

use std::arch::wasm32::*;

use super::super::lanes::F32x4;
use super::BLOCK;
use super::layout::{
    CODE_BYTES, COLUMNS, PANEL_BLOCK_BYTES, PanelBlock, STEP, Tile, WIDENED, tile_block_bytes,
};

/// Two vectors of four columns for each of `R` rows.
pub(super) type Vectors<const R: usize> = [[v128; 2]; R];

/// Defines `$name`, which adds the products of tiles of `R` rows with a panel to `sums`, one block after the other, by
/// the integer products that `$block_dots` gives of a tile's block. A macro, because a function that is told what
/// to call could not carry the target features of what it calls.
macro_rules! tile_product {
    ($(#[$attribute:meta])* $name:ident, $block_dots:ident) => {
        $(#[$attribute])*
        ///
        /// # Safety
        /// Each block of the panel has to have one of each tile, and as many sums as there are tiles.
        pub(super) unsafe fn $name<const R: usize>(tiles: &[u8], panel: &[PanelBlock], sums: &mut [Tile<R>]) {
            let (mut a, mut b) = (tiles.as_ptr(), panel.as_ptr().cast::<u8>());
            let codes = hidden_block_bytes();
            // SAFETY: the caller vouches that each block of the panel has one of each tile; each turn reads one of
            // either, and loads have no alignment rule.
            unsafe {
                let end = b.add(size_of_val(panel));
                while b != end {
                    let column_scales = b.add(COLUMNS * BLOCK);
                    for sums in sums.iter_mut() {
                        let row_scales = a.add(R * BLOCK * CODE_BYTES);
                        let dots = $block_dots::<R>(a, b, codes, zero_dots(row_scales, column_scales));
                        add_block(row_scales, column_scales, &dots, sums);
                        a = a.add(tile_block_bytes(R));
                    }
                    b = b.add(PANEL_BLOCK_BYTES);
                }
            }
        }
    };
}
#[cfg(feature = "relaxed")]
pub(super) use tile_product;

tile_product! {
    /// Adds the products of tiles of `R` rows with a panel to their sums.
    multiply, block_dots
}

/// `dots` and the integer products of one block, in this build's layout. Reads a tile's block of `R` rows and
/// `codes` bytes of `b`.
#[inline(always)]
unsafe fn block_dots<const R: usize>(
    a: *const u8,
    b: *const u8,
    codes: usize,
    dots: Vectors<R>,
) -> Vectors<R> {
    // SAFETY: the caller vouches for the block.
    unsafe {
        if WIDENED { dots_of_pairs::<R>(a, b, codes, dots) } else { dots_of_quads::<R>(a, b, codes, dots) }
    }
}

/// The bytes of a panel block's codes, in a way that the compiler cannot see through: it would
/// unroll the loop over them whole, and engines then spill every register.
#[inline(always)]
pub(super) fn hidden_block_bytes() -> usize {
    std::hint::black_box(COLUMNS * BLOCK)
}

/// `dots` and the integer products of one block in the layout of pairs. Reads `2 * R * BLOCK` bytes of `a` and
/// `codes` of `b`.
#[inline(always)]
unsafe fn dots_of_pairs<const R: usize>(
    mut a: *const u8,
    mut b: *const u8,
    codes: usize,
    mut dots: Vectors<R>,
) -> Vectors<R> {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(codes);
        while b != end {
            let (b0, b1) = (v128_load(b.cast()), v128_load(b.add(16).cast()));
            let first = [i16x8_extend_low_i8x16(b0), i16x8_extend_low_i8x16(b1)];
            let second = [i16x8_extend_high_i8x16(b0), i16x8_extend_high_i8x16(b1)];
            for (r, dots) in dots.iter_mut().enumerate() {
                let low = v128_load32_splat(a.add(r * STEP * 2).cast());
                let high = v128_load32_splat(a.add(r * STEP * 2 + 4).cast());
                for (half, dot) in dots.iter_mut().enumerate() {
                    *dot = i32x4_add(*dot, i32x4_dot_i16x8(low, first[half]));
                    *dot = i32x4_add(*dot, i32x4_dot_i16x8(high, second[half]));
                }
            }
            a = a.add(R * STEP * 2);
            b = b.add(COLUMNS * STEP);
        }
    }
    dots
}

/// `dots` and the integer products of one block in the layout of quads. Reads `R * BLOCK` bytes of `a` and
/// `codes` of `b`.
#[inline(always)]
unsafe fn dots_of_quads<const R: usize>(
    mut a: *const u8,
    mut b: *const u8,
    codes: usize,
    mut dots: Vectors<R>,
) -> Vectors<R> {
    let mut pairs = [[i32x4_splat(0); 4]; R];
    // SAFETY: the caller vouches for the block.
    unsafe {
        let end = b.add(codes);
        while b != end {
            let (b0, b1) = (v128_load(b.cast()), v128_load(b.add(16).cast()));
            let columns = [
                i16x8_extend_low_i8x16(b0),
                i16x8_extend_high_i8x16(b0),
                i16x8_extend_low_i8x16(b1),
                i16x8_extend_high_i8x16(b1),
            ];
            for (r, pairs) in pairs.iter_mut().enumerate() {
                let row = i16x8_extend_low_u8x16(v128_load32_splat(a.add(r * STEP).cast()));
                for (pair, column) in pairs.iter_mut().zip(columns) {
                    *pair = i32x4_add(*pair, i32x4_dot_i16x8(row, column));
                }
            }
            a = a.add(R * STEP);
            b = b.add(COLUMNS * STEP);
        }
    }
    for ([d0, d1], [p0, p1, p2, p3]) in dots.iter_mut().zip(pairs) {
        *d0 = i32x4_add(*d0, add_pairs(p0, p1));
        *d1 = i32x4_add(*d1, add_pairs(p2, p3));
    }
    dots
}

/// The sums of the even-odd pairs of two vectors.
#[inline(always)]
fn add_pairs(low: v128, high: v128) -> v128 {
    i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(low, high), i32x4_shuffle::<1, 3, 5, 7>(low, high))
}

/// What a block's products begin with: each row's `z` times each column's sum of codes. Reads what
/// [`add_block`] reads.
#[inline(always)]
pub(super) unsafe fn zero_dots<const R: usize>(
    row_scales: *const u8,
    column_scales: *const u8,
) -> Vectors<R> {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let code_sums = v128_load(column_scales.add(COLUMNS * 4).cast());
        // Each in the lower half of a lane, with nothing in the upper: `dot_i16x8` multiplies the lower halves.
        let code_sums = [i32x4_extend_low_u16x8(code_sums), i32x4_extend_high_u16x8(code_sums)];
        std::array::from_fn(|r| {
            let zero = v128_load32_splat(row_scales.add((R + r) * 4).cast());
            code_sums.map(|sums| i32x4_dot_i16x8(zero, sums))
        })
    }
}

/// Adds a block's products to the sums in the contract's order. Reads the scales behind the codes:
/// `R` floats and `R` integers of a tile, eight floats and eight 16-bit sums of a panel.
#[inline(always)]
pub(super) unsafe fn add_block<const R: usize>(
    row_scales: *const u8,
    column_scales: *const u8,
    dots: &Vectors<R>,
    sums: &mut Tile<R>,
) {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let scales = [v128_load(column_scales.cast()), v128_load(column_scales.add(16).cast())];
        for (r, sums) in sums.iter_mut().enumerate() {
            let scale = v128_load32_splat(row_scales.add(r * 4).cast());
            let product = |c: usize| {
                let dot = f32x4_mul(f32x4_convert_i32x4(dots[r][c]), f32x4_mul(scale, scales[c]));
                F32x4::from_v128(dot)
            };
            let [first, second] = load_together(sums);
            store_together([first + product(0), second + product(1)], sums);
        }
    }
}

/// Both vectors of a row. Volatile, as in [`store_together`]: LLVM would put each load, addition and store behind the
/// other, and V8 makes 256-bit operations only of what is between two neighbouring stores with no load between them.
#[inline(always)]
fn load_together(row: &[F32x4; 2]) -> [F32x4; 2] {
    // SAFETY: references are valid to read.
    row.each_ref().map(|vector| unsafe { std::ptr::from_ref(vector).read_volatile() })
}

/// Stores both vectors of a row, the second one first: so V8 needs no check whether only that is beyond the memory's end.
#[inline(always)]
fn store_together([first, second]: [F32x4; 2], row: &mut [F32x4; 2]) {
    let [to_first, to_second] = row;
    // SAFETY: references are valid to write.
    unsafe {
        std::ptr::from_mut(to_second).write_volatile(second);
        std::ptr::from_mut(to_first).write_volatile(first);
    }
}
