//! Four lanes as one WebAssembly vector.

#![expect(unsafe_code, reason = "loads and stores of vectors")]

use std::arch::wasm32::*;
use std::ops::{Add, Div, Mul, Sub};

/// Lane `i` of each of four vectors of 32-bit lanes as vector `i`.
#[inline(always)]
pub fn transposed([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
    let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    [
        i64x2_shuffle::<0, 2>(ab, cd),
        i64x2_shuffle::<1, 3>(ab, cd),
        i64x2_shuffle::<0, 2>(ab_high, cd_high),
        i64x2_shuffle::<1, 3>(ab_high, cd_high),
    ]
}

/// Four `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x4(v128);

impl F32x4 {
    /// `value` in each lane.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    pub fn load(values: &[f32; 4]) -> Self {
        // SAFETY: the reference guarantees 16 readable bytes; v128.load has no alignment rule.
        Self(unsafe { v128_load(values.as_ptr().cast()) })
    }

    #[inline(always)]
    pub fn store(self, values: &mut [f32; 4]) {
        // SAFETY: the reference guarantees 16 writable bytes; v128.store has no alignment rule.
        unsafe { v128_store(values.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        let mut values = [0.0; 4];
        self.store(&mut values);
        values
    }

    /// Lane 0.
    #[inline(always)]
    pub(super) fn first(self) -> f32 {
        f32x4_extract_lane::<0>(self.0)
    }

    /// Lanes 2, 3, 0, 1.
    #[inline(always)]
    pub(super) fn swap_halves(self) -> Self {
        Self(i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0))
    }

    /// Lanes 1, 0, 3, 2.
    #[inline(always)]
    pub(super) fn swap_neighbours(self) -> Self {
        Self(i32x4_shuffle::<1, 0, 3, 2>(self.0, self.0))
    }

    /// Lane `i` of each of four vectors as vector `i`.
    #[inline(always)]
    pub(super) fn transposed(rows: [Self; 4]) -> [Self; 4] {
        transposed(rows.map(|row| row.0)).map(Self)
    }

    /// The bits of each lane, less those of `base`.
    #[inline(always)]
    pub(super) fn bits_less(self, base: u32) -> [i32; 4] {
        let mut integers = [0; 4];
        // SAFETY: there is room for 16 bytes; v128.store has no alignment rule.
        unsafe { v128_store(integers.as_mut_ptr().cast(), i32x4_sub(self.0, u32x4_splat(base))) };
        integers
    }

    /// Lane by lane `if other < self { other } else { self }`.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }

    /// Lane by lane `if self < other { other } else { self }`.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }

    /// Lane by lane `if self < bound { value } else { otherwise }`.
    #[inline(always)]
    pub fn if_less(self, bound: Self, value: Self, otherwise: Self) -> Self {
        Self(v128_bitselect(value.0, otherwise.0, f32x4_lt(self.0, bound.0)))
    }

    /// Two to the power of the integer -126..=127 that a lane has in its lowest bits: see [`F32x4::shifted`].
    #[inline(always)]
    pub(super) fn exp2_of_lowest_bits(self) -> Self {
        Self(i32x4_shl(i32x4_add(self.0, i32x4_splat(127)), 23))
    }

    /// The bits of sixteen lanes, less those of `base`: within 0..=255. (Where LLVM knows that, as after a mask, it
    /// makes moves of single bytes of it.)
    #[inline(always)]
    pub(super) fn bytes_less(quads: [Self; 4], base: u32) -> [u8; 16] {
        let [a, b, c, d] = quads.map(|quad| i32x4_sub(quad.0, u32x4_splat(base)));
        let bytes = u8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        let mut lowest = [0; 16];
        // SAFETY: there is room for 16 bytes; v128.store has no alignment rule.
        unsafe { v128_store(lowest.as_mut_ptr().cast(), bytes) };
        lowest
    }

    /// The vector itself, for kernels that go below lanes.
    #[inline(always)]
    pub fn from_v128(vector: v128) -> Self {
        Self(vector)
    }
}

impl Add for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
}

impl Sub for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }
}

impl Mul for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }
}

impl Div for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0))
    }
}

/// Sixteen bytes that lie in a row.
pub(super) trait Sixteen: Copy {}
impl Sixteen for [u8; 16] {}
impl Sixteen for [i16; 8] {}
impl Sixteen for [i32; 4] {}

#[inline(always)]
pub(super) fn load<T: Sixteen>(values: &T) -> v128 {
    // SAFETY: each such type has 16 readable bytes; v128.load has no alignment rule.
    unsafe { v128_load((&raw const *values).cast()) }
}

#[inline(always)]
pub(super) fn store<T: Sixteen + Default>(vector: v128) -> T {
    let mut values = T::default();
    // SAFETY: each such type has 16 writable bytes, and any bytes are one of its values; v128.store has no alignment rule.
    unsafe { v128_store((&raw mut values).cast(), vector) };
    values
}

/// Eight bytes, each in 16 bits.
#[inline(always)]
pub(super) fn widening_load(bytes: &[u8; 8]) -> v128 {
    // SAFETY: the reference guarantees 8 readable bytes; the instruction has no alignment rule.
    unsafe { u16x8_load_extend_u8x8(bytes.as_ptr()) }
}
