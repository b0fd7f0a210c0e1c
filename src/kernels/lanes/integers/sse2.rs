//! Lanes of integers as one x86-64 vector: SSE2, which every such processor has.

#![expect(unsafe_code, reason = "instructions that a target may be without")]

use std::arch::x86_64::*;
use std::ops::{Add, Mul, Sub};

/// The result of instructions of SSE2.
macro_rules! sse2 {
    ($instructions:expr) => {
        // SAFETY: this file is compiled only where the target has SSE2, and none of them reads or writes memory.
        unsafe { $instructions }
    };
}

/// Eight `i16`.
#[derive(Clone, Copy, Debug)]
pub struct I16x8(__m128i);

/// Four `i32`.
#[derive(Clone, Copy, Debug)]
pub struct I32x4(__m128i);

/// The first, second and last of each three bytes.
#[inline(always)]
pub fn thirds(bytes: &[u8; 48]) -> [[u8; 16]; 3] {
    let load = |start: usize| {
        let half =
            |start: usize| i64::from_le_bytes(*bytes[start..].first_chunk().expect("eight of 48 bytes"));
        sse2!(_mm_set_epi64x(half(start + 8), half(start)))
    };
    let mut parts = [load(0), load(16), load(32)];
    // Each round puts the bytes that are 24 apart side by side.
    for _ in 0..4 {
        let [a, b, c] = parts;
        let upper = |vector| sse2!(_mm_unpackhi_epi64(vector, vector));
        parts = [
            sse2!(_mm_unpacklo_epi8(a, upper(b))),
            sse2!(_mm_unpacklo_epi8(upper(a), c)),
            sse2!(_mm_unpacklo_epi8(b, upper(c))),
        ];
    }
    parts.map(bytes_of)
}

impl I16x8 {
    /// `even` and `odd` in turns.
    #[inline(always)]
    pub fn pairs(even: i16, odd: i16) -> Self {
        Self(sse2!(_mm_set1_epi32(i32::from(even as u16) | i32::from(odd) << 16)))
    }

    #[inline(always)]
    pub fn load(values: &[i16; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *values;
        Self(sse2!(_mm_set_epi16(h, g, f, e, d, c, b, a)))
    }

    #[inline(always)]
    pub fn to_array(self) -> [i16; 8] {
        let bytes = bytes_of(self.0);
        std::array::from_fn(|lane| i16::from_le_bytes([bytes[2 * lane], bytes[2 * lane + 1]]))
    }

    /// Eight bytes, 0 to 255.
    #[inline(always)]
    pub fn widened(bytes: &[u8; 8]) -> Self {
        Self(sse2!(_mm_unpacklo_epi8(_mm_cvtsi64_si128(i64::from_le_bytes(*bytes)), _mm_setzero_si128())))
    }

    /// Lanes of both in turns: from the first half of each, and from the second.
    #[inline(always)]
    pub fn interleaved(self, other: Self) -> [Self; 2] {
        [Self(sse2!(_mm_unpacklo_epi16(self.0, other.0))), Self(sse2!(_mm_unpackhi_epi16(self.0, other.0)))]
    }

    /// The inner product of each two neighbouring lanes with those of `other`.
    #[inline(always)]
    pub fn dot(self, other: Self) -> I32x4 {
        I32x4(sse2!(_mm_madd_epi16(self.0, other.0)))
    }

    /// The lanes of both, clamped to -128..=127, and 128 added.
    #[inline(always)]
    pub fn levels(first: Self, second: Self) -> [u8; 16] {
        bytes_of(sse2!(_mm_xor_si128(_mm_packs_epi16(first.0, second.0), _mm_set1_epi8(i8::MIN))))
    }
}

impl I32x4 {
    /// `value` in each lane.
    #[inline(always)]
    pub fn splat(value: i32) -> Self {
        Self(sse2!(_mm_set1_epi32(value)))
    }

    #[cfg(test)]
    pub fn to_array(self) -> [i32; 4] {
        let bytes = bytes_of(self.0);
        std::array::from_fn(|lane| i32::from_le_bytes(std::array::from_fn(|byte| bytes[4 * lane + byte])))
    }

    #[inline(always)]
    pub fn shifted_left<const BITS: i32>(self) -> Self {
        Self(sse2!(_mm_slli_epi32::<BITS>(self.0)))
    }

    /// With the sign.
    #[inline(always)]
    pub fn shifted_right<const BITS: i32>(self) -> Self {
        Self(sse2!(_mm_srai_epi32::<BITS>(self.0)))
    }

    /// The lanes of both, clamped to what an `i16` holds.
    #[inline(always)]
    pub fn narrowed(first: Self, second: Self) -> I16x8 {
        I16x8(sse2!(_mm_packs_epi32(first.0, second.0)))
    }

    /// The sum of the lanes of each of four vectors.
    #[inline(always)]
    pub fn sum_of_each(vectors: [Self; 4]) -> Self {
        let [a, b, c, d] = vectors.map(|vector| vector.0);
        let halves = |a, b| sse2!(_mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b)));
        let (ab, cd) = (halves(a, b), halves(c, d));
        Self(sse2!(_mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd))))
    }
}

impl Add for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(sse2!(_mm_add_epi16(self.0, other.0)))
    }
}

impl Sub for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(sse2!(_mm_sub_epi16(self.0, other.0)))
    }
}

impl Mul for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(sse2!(_mm_mullo_epi16(self.0, other.0)))
    }
}

impl Add for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(sse2!(_mm_add_epi32(self.0, other.0)))
    }
}

impl Sub for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(sse2!(_mm_sub_epi32(self.0, other.0)))
    }
}

#[inline(always)]
fn bytes_of(vector: __m128i) -> [u8; 16] {
    let halves =
        [sse2!(_mm_cvtsi128_si64(vector)), sse2!(_mm_cvtsi128_si64(_mm_unpackhi_epi64(vector, vector)))];
    let mut bytes = [0; 16];
    for (bytes, half) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(halves) {
        *bytes = half.to_le_bytes();
    }
    bytes
}
