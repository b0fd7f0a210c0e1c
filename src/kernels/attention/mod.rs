//! Multi-head attention over rows that hold query, key and value side by side.

mod mask;

use std::cell::Cell;

use super::exp::softmax;
use super::lanes::{F32x4, dots, quads_mut};
use super::threads;

pub use mask::{AttentionMask, Span};

/// Queries that go together where they see the same keys.
const PAIR: usize = 2;
/// Groups of four values that are added up side by side.
const TOGETHER: usize = 4;
/// Queries that a thread takes at least.
const GRAIN: usize = 4;

thread_local! {
    /// A query's scores, kept from one to the next.
    static SCORES: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// softmax(q k / sqrt(d)) v for each head: `qkv` is `[rows, 3 * width]`, `output` is
/// `[mask.queries().len(), width]`, the head width `d = width / heads` a multiple of four.
///
/// # Panics
/// If the shapes do not fit together: models check theirs at load.
pub fn attend(qkv: &[f32], heads: usize, width: usize, mask: &AttentionMask, output: &mut [f32]) {
    assert_eq!(output.len(), mask.queries.len() * width);
    let heads = Heads { qkv, width, head_width: width / heads };
    threads::for_each_piece(output, PAIR * width, GRAIN / PAIR, |index, output| {
        let first = index * PAIR;
        let scores = &mut SCORES.take();
        match <[u32; PAIR]>::try_from(&mask.queries[first..][..output.len() / width]) {
            Ok(pair) if mask.spans[first] == mask.spans[first + 1] => {
                heads.attend(pair, mask.keys(first), scores, output);
            }
            _ => {
                for (index, output) in (first..).zip(output.chunks_exact_mut(width)) {
                    heads.attend([mask.queries[index]], mask.keys(index), scores, output);
                }
            }
        }
        SCORES.set(std::mem::take(scores));
    });
}

/// Query, key and value of all rows, head by head.
struct Heads<'a> {
    qkv: &'a [f32],
    width: usize,
    head_width: usize,
}

impl<'a> Heads<'a> {
    /// What the rows `queries`, which see the same keys, find: `output` is `[N, width]`.
    fn attend<const N: usize>(
        &self,
        queries: [u32; N],
        keys: &[u32],
        scores: &mut Vec<f32>,
        output: &mut [f32],
    ) {
        let d = self.head_width;
        let scale = 1.0 / (d as f32).sqrt();
        for start in (0..self.width).step_by(d) {
            let part = |row: u32, which: usize| -> &'a [f32] {
                &self.qkv[(row as usize * 3 + which) * self.width + start..][..d]
            };
            let rows = score(queries.map(|row| part(row, 0)), scale, keys, |key| part(key, 1), scores);
            let rows = rows.map(softmax);
            mix(rows, keys, |key| part(key, 2), |query| query * self.width + start, output);
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
    let all: Vec<u32> = (0..(rows.len() / width) as u32).collect();
    let row = |row: u32| &rows[row as usize * width..][..width];
    threads::for_each_piece(output, width, 1, |index, output| {
        let scores = &mut SCORES.take();
        let found = score([&queries[index * width..][..width]], 1.0, &all, row, scores);
        mix(found.map(softmax), &all, row, |_| 0, output);
        SCORES.set(std::mem::take(scores));
    });
}

/// Query times key times `scale`, padded with -infinity to whole lanes: a row of `scores` for each of the queries.
/// Four keys at a time, each product with its own sum.
fn score<'a, 's, const N: usize>(
    queries: [&[f32]; N],
    scale: f32,
    keys: &[u32],
    key: impl Fn(u32) -> &'a [f32],
    scores: &'s mut Vec<f32>,
) -> [&'s mut [f32]; N] {
    let length = keys.len().next_multiple_of(4);
    scores.clear();
    scores.resize(N * length, f32::NEG_INFINITY);
    let mut rows = scores.chunks_exact_mut(length);
    let mut rows: [&mut [f32]; N] = std::array::from_fn(|_| rows.next().unwrap_or_default());
    let (groups, rest) = keys.as_chunks::<4>();
    for (index, group) in groups.iter().enumerate() {
        let products = dots(queries, group.map(&key));
        for (row, products) in rows.iter_mut().zip(products) {
            row.as_chunks_mut::<4>().0[index] = products.map(|product| product * scale);
        }
    }
    for (index, row) in rest.iter().enumerate() {
        for (scores, [product]) in rows.iter_mut().zip(dots(queries, [key(*row)])) {
            scores[groups.len() * 4 + index] = product * scale;
        }
    }
    rows
}

/// The sum of the values, each times its score, in the order of the keys, for each row of scores; into `output`
/// from the place that `start` gives on.
fn mix<'a, const N: usize>(
    scores: [&[f32]; N],
    keys: &[u32],
    value: impl Fn(u32) -> &'a [f32],
    start: impl Fn(usize) -> usize,
    output: &mut [f32],
) {
    let width = value(keys[0]).len();
    let mut done = 0;
    while width - done >= 4 * TOGETHER {
        mix_quads::<N, TOGETHER>(
            scores,
            keys,
            |row| &value(row)[done..],
            |query| start(query) + done,
            output,
        );
        done += 4 * TOGETHER;
    }
    while done < width {
        mix_quads::<N, 1>(scores, keys, |row| &value(row)[done..], |query| start(query) + done, output);
        done += 4;
    }
}

/// [`mix`] for the first `QUADS` groups of four of the values.
#[inline(always)]
fn mix_quads<'a, const N: usize, const QUADS: usize>(
    scores: [&[f32]; N],
    keys: &[u32],
    value: impl Fn(u32) -> &'a [f32],
    start: impl Fn(usize) -> usize,
    output: &mut [f32],
) {
    let scores = scores.map(|row| &row[..keys.len()]);
    let mut sums = [[F32x4::splat(0.0); QUADS]; N];
    for (index, row) in keys.iter().enumerate() {
        let values = &value(*row).as_chunks::<4>().0[..QUADS];
        for (sums, scores) in sums.iter_mut().zip(scores) {
            let score = F32x4::splat(scores[index]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = *sum + score * F32x4::load(value);
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
        let qkv = rows(9, width);
        let (mut shared, mut own) = (AttentionMask::default(), AttentionMask::default());
        let path = shared.see([0, 2, 3, 7, 8]);
        for (depth, row) in [0, 2, 3, 7, 8].into_iter().enumerate() {
            shared.ask(row, path.first(depth + 1));
            own.push(row, [0, 2, 3, 7, 8].into_iter().take(depth + 1));
        }
        let attended = |mask: &AttentionMask| {
            let mut output = vec![0.0; 5 * width];
            attend(&qkv, heads, width, mask, &mut output);
            output
        };
        assert_eq!(attended(&shared), attended(&own));
        assert_eq!((shared.len(), own.len()), (5, 15));
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
