//! Resampling in lanes of integers, with the sums of [`portable`].
//!
//! A weight has up to 24 bits, and a vector multiplies 16: `weight = high · 2^15 + low`, so that a sum is one of the high
//! parts and one of the low ones. They are merged by arithmetic that wraps around, which the whole sum never does.

use super::{CHANNELS, PRECISION_BITS, Taps, portable};
use crate::kernels::lanes::integers::{I16x8, I32x4, thirds};

/// Bits of a weight's low part.
const LOW_BITS: i32 = 15;

/// Samples that a vector multiplies at once.
const LANES: usize = 8;

/// Samples of columns that are summed together.
const STRIP: usize = 16;

/// Half a unit of an output sample, so that the shift rounds.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// Both parts of a weight.
fn split(weight: i32) -> (i16, i16) {
    ((weight >> LOW_BITS) as i16, (weight & ((1 << LOW_BITS) - 1)) as i16)
}

/// The weights of eight input samples.
#[repr(align(32))]
#[derive(Clone, Copy, Default)]
struct Weights {
    high: [i16; LANES],
    low: [i16; LANES],
}

/// What [`Rows::row`] makes rows with: the taps of all outputs.
pub struct Rows {
    /// The first input sample that any output needs, and how many there are from there on.
    first: usize,
    needed: usize,
    /// For each output its first input sample, counted from `first`, and how many of `weights` are its own.
    outputs: Vec<(usize, usize)>,
    weights: Vec<Weights>,
}

impl Rows {
    /// `None` if the taps have not kept their weights: there would be too many.
    pub fn new(taps: &Taps) -> Option<Self> {
        if !taps.are_kept() {
            return None;
        }
        let range = taps.input_range();
        let (mut outputs, mut all) = (Vec::with_capacity(taps.len()), Vec::new());
        for (start, weights) in taps.iter() {
            outputs.push((start - range.start, weights.len().div_ceil(LANES)));
            all.extend(weights.chunks(LANES).map(|chunk| {
                let mut weights = Weights::default();
                for (index, &weight) in chunk.iter().enumerate() {
                    (weights.high[index], weights.low[index]) = split(weight);
                }
                weights
            }));
        }
        Some(Self { first: range.start, needed: range.len(), outputs, weights: all })
    }

    /// One row: `src` is `[taps.input_len(), 3]`, `dst` is `[taps.len(), 3]`. `planes` is room for the channels.
    pub fn row(&self, src: &[u8], planes: &mut [Vec<u8>; CHANNELS], dst: &mut [u8]) {
        self.part(&src[self.first * CHANNELS..][..self.needed * CHANNELS], planes);
        let (mut outputs, mut weights) = (self.outputs.iter(), self.weights.as_slice());
        for dst in dst.chunks_mut(4 * CHANNELS) {
            let mut sums = [I32x4::splat(0); 4];
            for (sums, &(start, count)) in sums.iter_mut().zip(outputs.by_ref().take(dst.len() / CHANNELS)) {
                let (own, others) = weights.split_at(count);
                *sums = sum(own, planes.each_ref().map(|plane| &plane[start..]));
                weights = others;
            }
            let levels = levels(sums);
            for (dst, levels) in dst.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(levels.as_chunks::<4>().0) {
                *dst = [levels[0], levels[1], levels[2]];
            }
        }
    }

    /// The channels of interleaved pixels, one after the other, with room behind them for whole vectors.
    fn part(&self, pixels: &[u8], planes: &mut [Vec<u8>; CHANNELS]) {
        let len = self.needed.next_multiple_of(16) + LANES;
        planes.iter_mut().for_each(|plane| plane.resize(len, 0));
        let (whole, rest) = pixels.as_chunks::<{ 16 * CHANNELS }>();
        let mut last = [0; 16 * CHANNELS];
        last[..rest.len()].copy_from_slice(rest);
        let last = (!rest.is_empty()).then_some(&last);
        let [red, green, blue] = planes.each_mut().map(|plane| plane.as_chunks_mut::<16>().0);
        for (((pixels, red), green), blue) in whole.iter().chain(last).zip(red).zip(green).zip(blue) {
            [*red, *green, *blue] = thirds(pixels);
        }
    }
}

/// The sum of the samples of each channel times their weights; nothing in the last lane.
#[inline(always)]
fn sum(weights: &[Weights], channels: [&[u8]; CHANNELS]) -> I32x4 {
    let [red, green, blue] = channels.map(|samples| &samples.as_chunks::<LANES>().0[..weights.len()]);
    let mut sums = [[I32x4::splat(0); 2]; CHANNELS];
    for (((weights, red), green), blue) in weights.iter().zip(red).zip(green).zip(blue) {
        let (high, low) = (I16x8::load(&weights.high), I16x8::load(&weights.low));
        for ([highs, lows], samples) in sums.iter_mut().zip([red, green, blue]) {
            let samples = I16x8::widened(samples);
            *highs = *highs + samples.dot(high);
            *lows = *lows + samples.dot(low);
        }
    }
    let [red, green, blue] = sums.map(merged);
    I32x4::sum_of_each([red, green, blue, I32x4::splat(0)])
}

/// The sums of the high parts and of the low ones as sums of weights.
#[inline(always)]
fn merged([highs, lows]: [I32x4; 2]) -> I32x4 {
    highs.shifted_left::<LOW_BITS>() + lows
}

/// Sums as output samples.
#[inline(always)]
fn levels(sums: [I32x4; 4]) -> [u8; 16] {
    let [a, b, c, d] =
        sums.map(|sums| (sums + I32x4::splat(HALF)).shifted_right::<{ PRECISION_BITS as i32 }>());
    let [first, second] = [I32x4::narrowed(a, b), I32x4::narrowed(c, d)];
    I16x8::levels(first - I16x8::pairs(128, 128), second - I16x8::pairs(128, 128))
}

/// One output row from the `[weights.len(), dst.len()]` rows in `src`.
pub fn vertical_row(src: &[u8], weights: &[i32], dst: &mut [u8]) {
    let row_len = dst.len();
    // Two rows at a time; the last one, where it is alone, with another whose weight is zero.
    let pairs: Vec<_> = (0..weights.len())
        .step_by(2)
        .map(|first| {
            let second = if first + 1 < weights.len() { first + 1 } else { first };
            let (high, low) = split(weights[first]);
            let (next_high, next_low) = weights.get(first + 1).map_or((0, 0), |&weight| split(weight));
            let rows = [first, second].map(|row| &src[row * row_len..][..row_len]);
            (rows, I16x8::pairs(high, next_high), I16x8::pairs(low, next_low))
        })
        .collect();
    let (strips, rest) = dst.as_chunks_mut::<STRIP>();
    let done = strips.len() * STRIP;
    for (index, dst) in strips.iter_mut().enumerate() {
        // Of each quarter of the strip those of the high parts and of the low ones.
        let mut sums = [[I32x4::splat(0); 2]; 4];
        for (rows, high, low) in &pairs {
            let [first, second] = rows.map(|row| {
                let samples: &[u8; STRIP] = row[index * STRIP..].first_chunk().expect("a whole strip");
                let (first, second) = samples.split_at(LANES);
                [first, second].map(|half| I16x8::widened(half.first_chunk().expect("half a strip")))
            });
            for (half, sums) in sums.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                for ([highs, lows], samples) in sums.iter_mut().zip(first[half].interleaved(second[half])) {
                    *highs = *highs + samples.dot(*high);
                    *lows = *lows + samples.dot(*low);
                }
            }
        }
        *dst = levels(sums.map(merged));
    }
    portable::vertical_row(src, row_len, done, weights, rest);
}
