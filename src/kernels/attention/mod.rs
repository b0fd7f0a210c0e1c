//! Multi-head attention over rows that hold query, key and value side by side.

mod mask;

use std::cell::Cell;
use std::ops::Range;

use super::exp::softmax;
use super::lanes::{F32x4, dots, quads_mut};
use super::threads;

pub use mask::{AttentionMask, Span};

/// Queries that go together where they see the same keys, or one those of the other and more.
const PAIR: usize = 2;
/// Groups of four values that are added up side by side.
const TOGETHER: usize = 4;
/// Queries for which keys and values of a head are worth copying together: where they lie, rows are a power of two apart,
/// or nearly, and drive each other out of the cache.
const WORTH_PACKING: usize = 8;

thread_local! {
    /// A query's scores, kept from one to the next.
    static SCORES: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
    /// Keys and values of a head side by side, kept likewise.
    static PACKED: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// softmax(q k / sqrt(d)) v for each head: `qkv` is `[rows, 3 * width]`, `output` is
/// `[mask.queries().len(), width]`, the head width `d = width / heads` a multiple of four.
///
/// # Panics
/// If the shapes do not fit together: models check theirs at load.
pub fn attend(qkv: &[f32], heads: usize, width: usize, mask: &AttentionMask, output: &mut [f32]) {
    assert_eq!(output.len(), mask.queries.len() * width);
    if output.is_empty() {
        return;
    }
    let head_width = width / heads;
    let run = mask.queries.len().div_ceil(threads::count()).next_multiple_of(PAIR);
    threads::for_each_piece(output, run * width, 1, |index, output| {
        let (scores, packed) = (&mut SCORES.take(), &mut PACKED.take());
        let first = index * run;
        let mut output = output;
        for queries in mask.alike(first..first + output.len() / width) {
            let own = output.split_off_mut(..queries.len() * width).unwrap_or_default();
            for start in (0..width).step_by(head_width) {
                let head = Head { qkv, width, head_width, start, mask };
                head.attend(queries.clone(), packed, scores, own);
            }
        }
        SCORES.set(std::mem::take(scores));
        PACKED.set(std::mem::take(packed));
    });
}

/// Query, key and value of all rows in one head, whose values begin at `start` in each.
struct Head<'a> {
    qkv: &'a [f32],
    width: usize,
    head_width: usize,
    start: usize,
    mask: &'a AttentionMask,
}

impl<'a> Head<'a> {
    /// Query (0), key (1) or value (2) of a row.
    fn part(&self, row: u32, which: usize) -> &'a [f32] {
        &self.qkv[(row as usize * 3 + which) * self.width + self.start..][..self.head_width]
    }

    /// What `queries` of the mask, which see beginnings of one list, find.
    fn attend(
        &self,
        queries: Range<usize>,
        packed: &mut Vec<f32>,
        scores: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let keys = queries.clone().map(|query| self.mask.keys(query)).max_by_key(|keys| keys.len());
        let keys = keys.unwrap_or_default();
        if queries.len() < WORTH_PACKING {
            let [key, value] = [1, 2].map(|which| move |index: usize| self.part(keys[index], which));
            return self.attend_pairs(queries, key, value, scores, output);
        }
        packed.clear();
        for which in [1, 2] {
            keys.iter().for_each(|row| packed.extend_from_slice(self.part(*row, which)));
        }
        let (all_keys, all_values) = packed.split_at(keys.len() * self.head_width);
        let [key, value] = [all_keys, all_values]
            .map(|all| move |index: usize| &all[index * self.head_width..][..self.head_width]);
        self.attend_pairs(queries, key, value, scores, output);
    }

    /// [`Self::attend`], two queries at a time.
    fn attend_pairs<'k>(
        &self,
        queries: Range<usize>,
        key: impl Fn(usize) -> &'k [f32] + Copy,
        value: impl Fn(usize) -> &'k [f32] + Copy,
        scores: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let scale = 1.0 / (self.head_width as f32).sqrt();
        let query = |index: usize| self.part(self.mask.queries[index], 0);
        let count = |index: usize| self.mask.keys(index).len();
        let at = |row: usize| row * self.width + self.start;
        for (first, output) in queries.clone().step_by(PAIR).zip(output.chunks_mut(PAIR * self.width)) {
            if first + 1 < queries.end {
                let pair = [first, first + 1];
                let rows = score(pair.map(query), scale, pair.map(count), key, scores).map(softmax);
                mix(rows, pair.map(count), value, at, output);
            } else {
                let rows = score([query(first)], scale, [count(first)], key, scores).map(softmax);
                mix(rows, [count(first)], value, at, output);
            }
        }
    }
}

/// For each query the mean of the rows, weighted by the softmax of its products with them: `queries` and
/// `output` are `[queries, width]`, `rows` is `[rows, width]`, the width a multiple of four.
///
/// # Panics
/// If the shapes do not fit together, or there is no row: models check theirs at load.
pub fn pool(queries: &[f32], rows: &[f32], width: usize, output: &mut [f32]) {
    assert!(queries.len() == output.len() && !rows.is_empty() && rows.len().is_multiple_of(width));
    let count = rows.len() / width;
    let row = |row: usize| &rows[row * width..][..width];
    threads::for_each_piece(output, width, 1, |index, output| {
        let scores = &mut SCORES.take();
        let found = score([&queries[index * width..][..width]], 1.0, [count], row, scores);
        mix(found.map(softmax), [count], row, |_| 0, output);
        SCORES.set(std::mem::take(scores));
    });
}

/// Query times key times `scale`, padded with -infinity to whole lanes: a row of `scores` for each of the queries.
/// Four keys at a time, each product with its own sum. The queries see the same keys, or one of them more after those.
fn score<'a, 's, const N: usize>(
    queries: [&[f32]; N],
    scale: f32,
    counts: [usize; N],
    key: impl Fn(usize) -> &'a [f32],
    scores: &'s mut Vec<f32>,
) -> [&'s mut [f32]; N] {
    let lengths = counts.map(|count| count.next_multiple_of(4));
    scores.clear();
    scores.resize(lengths.iter().sum(), f32::NEG_INFINITY);
    let mut rest = scores.as_mut_slice();
    let mut rows: [&mut [f32]; N] = lengths.map(|length| rest.split_off_mut(..length).unwrap_or_default());
    let shared = shared(counts);
    for first in (0..shared - shared % 4).step_by(4) {
        let products = dots(queries, [first, first + 1, first + 2, first + 3].map(&key));
        for (row, products) in rows.iter_mut().zip(products) {
            row[first..][..4].copy_from_slice(&products.map(|product| product * scale));
        }
    }
    for index in shared - shared % 4..shared {
        for (scores, [product]) in rows.iter_mut().zip(dots(queries, [key(index)])) {
            scores[index] = product * scale;
        }
    }
    for ((scores, query), count) in rows.iter_mut().zip(queries).zip(counts) {
        for (index, score) in scores[..count].iter_mut().enumerate().skip(shared) {
            let [[product]] = dots([query], [key(index)]);
            *score = product * scale;
        }
    }
    rows
}

/// How many keys all of the queries see.
#[inline(always)]
fn shared<const N: usize>(counts: [usize; N]) -> usize {
    counts.into_iter().min().unwrap_or_default()
}

/// The sum of the values, each times its score, in the order of the keys, for each row of scores; into `output`
/// from the place that `start` gives on.
fn mix<'a, const N: usize>(
    scores: [&[f32]; N],
    counts: [usize; N],
    value: impl Fn(usize) -> &'a [f32],
    start: impl Fn(usize) -> usize,
    output: &mut [f32],
) {
    let width = value(0).len();
    let mut done = 0;
    while width - done >= 4 * TOGETHER {
        mix_quads::<N, TOGETHER>(
            scores,
            counts,
            |row| &value(row)[done..],
            |query| start(query) + done,
            output,
        );
        done += 4 * TOGETHER;
    }
    while done < width {
        mix_quads::<N, 1>(scores, counts, |row| &value(row)[done..], |query| start(query) + done, output);
        done += 4;
    }
}

/// [`mix`] for the first `QUADS` groups of four of the values.
#[inline(always)]
fn mix_quads<'a, const N: usize, const QUADS: usize>(
    scores: [&[f32]; N],
    counts: [usize; N],
    value: impl Fn(usize) -> &'a [f32],
    start: impl Fn(usize) -> usize,
    output: &mut [f32],
) {
    let shared = shared(counts);
    let firsts = scores.map(|row| &row[..shared]);
    let mut sums = [[F32x4::splat(0.0); QUADS]; N];
    for index in 0..shared {
        let values = &value(index).as_chunks::<4>().0[..QUADS];
        for (sums, scores) in sums.iter_mut().zip(firsts) {
            let score = F32x4::splat(scores[index]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = *sum + score * F32x4::load(value);
            }
        }
    }
    for ((sums, scores), count) in sums.iter_mut().zip(scores).zip(counts) {
        for (index, score) in scores[..count].iter().enumerate().skip(shared) {
            let values = &value(index).as_chunks::<4>().0[..QUADS];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = *sum + F32x4::splat(*score) * F32x4::load(value);
            }
        }
    }
    for (query, sums) in sums.into_iter().enumerate() {
        let output = &mut output[start(query)..][..4 * QUADS];
        for (sum, output) in sums.into_iter().zip(quads_mut(output)) {
            sum.store(output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows with some spread, the same on every machine.
    fn rows(count: usize, width: usize) -> Vec<f32> {
        (0..count * 3 * width).map(|i| ((i * 7919 % 1013) as f32 / 506.5 - 1.0) * 2.0).collect()
    }

    /// Attention by its definition, in double precision.
    fn reference(qkv: &[f32], heads: usize, width: usize, query: usize, keys: &[u32]) -> Vec<f64> {
        let d = width / heads;
        let at = |row: usize, which: usize, i: usize| f64::from(qkv[(row * 3 + which) * width + i]);
        let mut output = vec![0.0; width];
        for head in 0..heads {
            let lanes = head * d..(head + 1) * d;
            let weight = |key: u32| {
                let dot: f64 = lanes.clone().map(|i| at(query, 0, i) * at(key as usize, 1, i)).sum();
                (dot / (d as f64).sqrt()).exp()
            };
            let total: f64 = keys.iter().map(|key| weight(*key)).sum();
            for key in keys {
                for i in lanes.clone() {
                    output[i] += weight(*key) / total * at(*key as usize, 2, i);
                }
            }
        }
        output
    }

    #[test]
    fn attention_agrees_with_its_definition() {
        for (count, width, heads) in [(1, 8, 2), (5, 24, 2), (17, 64, 2), (9, 80, 1)] {
            let qkv = rows(count, width);
            let mask = AttentionMask::whole(count, 0..count);
            let mut output = vec![0.0; count * width];
            attend(&qkv, heads, width, &mask, &mut output);
            let keys: Vec<u32> = (0..count as u32).collect();
            for (query, output) in output.chunks(width).enumerate() {
                for (value, truth) in output.iter().zip(reference(&qkv, heads, width, query, &keys)) {
                    assert!((f64::from(*value) - truth).abs() < 1e-5, "{value} {truth}");
                }
            }
        }
    }

    #[test]
    fn pooling_agrees_with_its_definition() {
        let (count, width) = (7, 12);
        let values = rows(count + 2, width);
        let (queries, rows) = (&values[..2 * width], &values[2 * width..][..count * width]);
        let mut output = vec![0.0; 2 * width];
        pool(queries, rows, width, &mut output);
        for (query, output) in queries.chunks(width).zip(output.chunks(width)) {
            let product = |row: &[f32]| -> f64 {
                query.iter().zip(row).map(|(q, r)| f64::from(*q) * f64::from(*r)).sum::<f64>().exp()
            };
            let weights: Vec<f64> = rows.chunks(width).map(product).collect();
            for (i, value) in output.iter().enumerate() {
                let sum: f64 = weights.iter().zip(rows.chunks(width)).map(|(w, r)| w * f64::from(r[i])).sum();
                assert!((f64::from(*value) - sum / weights.iter().sum::<f64>()).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_query_sees_its_own_keys_only() {
        let (width, heads) = (16, 2);
        let mut qkv = rows(6, width);
        let mut mask = AttentionMask::default();
        mask.push(5, [0, 2, 5]);
        let mut before = vec![0.0; width];
        attend(&qkv, heads, width, &mask, &mut before);
        for unseen in [1, 3, 4] {
            qkv[unseen * 3 * width..][..3 * width].fill(1e3);
        }
        let mut after = vec![0.0; width];
        attend(&qkv, heads, width, &mask, &mut after);
        assert_eq!(before, after);
    }

    #[test]
    fn queries_that_see_the_beginning_of_a_list_have_the_bits_of_a_list_of_their_own() {
        let (width, heads) = (32, 2);
        let qkv = rows(30, width);
        for length in [2, 5, 7, 8, 9, 20] {
            let list: Vec<u32> = (0..30).filter(|row| row % 3 != 1).take(length).collect();
            let (mut shared, mut own) = (AttentionMask::default(), AttentionMask::default());
            let path = shared.see(list.iter().copied());
            for (depth, row) in list.iter().enumerate() {
                shared.ask(*row, path.first(depth + 1));
                own.push(*row, list[..=depth].iter().copied());
            }
            let attended = |mask: &AttentionMask| {
                let mut output = vec![0.0; length * width];
                attend(&qkv, heads, width, mask, &mut output);
                output
            };
            assert_eq!(attended(&shared), attended(&own));
            assert_eq!((shared.len(), own.len()), (length, length * (length + 1) / 2));
        }
    }

    #[test]
    fn what_a_whole_picture_of_patches_sees_takes_no_more_than_a_row_for_each() {
        assert_eq!(AttentionMask::whole(16_385, 0..16_385).len(), 16_385);
    }

    #[test]
    fn sequences_side_by_side_have_the_bits_of_each_alone() {
        let (width, heads) = (32, 2);
        let qkv = rows(14, width);
        let mask = AttentionMask::whole(7, 0..7).repeated(2, 7);
        let mut together = vec![0.0; 14 * width];
        attend(&qkv, heads, width, &mask, &mut together);
        let mut alone = vec![0.0; 7 * width];
        attend(&qkv[7 * 3 * width..], heads, width, &AttentionMask::whole(7, 0..7), &mut alone);
        assert_eq!(together[7 * width..], alone);
    }
}
