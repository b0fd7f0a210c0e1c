//! Properties of the taps and of the two passes. Equality with Pillow is checked in `tests/image/resize.rs`.

use super::*;
use crate::kernels::random::Random;

const FILTERS: [Filter; 5] =
    [Filter::Lanczos, Filter::Bilinear, Filter::Bicubic, Filter::Box, Filter::Hamming];

fn taps(filter: Filter, input: usize, output: usize) -> Taps {
    Taps::new(Backend::Pillow, filter, input, output, 0..output)
}

fn torch_taps(filter: Filter, input: usize, output: usize) -> Taps {
    Taps::new(Backend::Torchvision, filter, input, output, 0..output)
}

#[test]
fn weights_of_an_output_sum_to_one() {
    for filter in FILTERS {
        for (input, output) in [(1, 1), (1, 9), (9, 1), (7, 5), (5, 7), (640, 224), (3, 1000)] {
            for (start, weights) in taps(filter, input, output).iter() {
                let sum: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
                let error = (sum - (1 << PRECISION_BITS)).unsigned_abs();
                assert!(
                    error <= weights.len() as u64,
                    "{filter:?} {input} -> {output} at {start}: sum {sum}"
                );
            }
        }
    }
}

#[test]
fn no_sum_leaves_the_range_of_i32() {
    for filter in FILTERS {
        for (input, output) in [(1, 50), (2, 50), (3, 50), (50, 3), (51, 50), (50, 51), (200, 7)] {
            let (pillow, torch) = (taps(filter, input, output), torch_taps(filter, input, output));
            for (_, weights) in pillow.iter().chain(torch.iter()) {
                let reach: i64 = weights.iter().map(|&weight| i64::from(weight).abs() * 255).sum();
                assert!(reach + (1 << 21) <= i64::from(i32::MAX), "{filter:?} {input} -> {output}: {reach}");
            }
        }
    }
}

#[test]
fn pytorchs_weights_fit_into_sixteen_bits() {
    for filter in [Filter::Lanczos, Filter::Bilinear, Filter::Bicubic] {
        for (input, output) in [(1, 9), (7, 5), (5, 7), (640, 224), (3, 1000), (9_000, 3)] {
            let taps = torch_taps(filter, input, output);
            let weights: Vec<i32> = taps.iter().flat_map(|(_, weights)| weights.into_owned()).collect();
            let unit = weights.iter().map(|weight| weight.trailing_zeros()).min().unwrap();
            let largest = weights.iter().map(|weight| weight.abs() >> unit).max().unwrap();
            assert!(largest < 1 << 15, "{filter:?} {input} -> {output}: {largest} units of 2^{unit}");
            let window = Taps::new(Backend::Torchvision, filter, input, output, 1..2);
            assert_eq!(window.of(0), taps.of(1), "{filter:?} {input} -> {output}");
        }
    }
}

#[test]
fn a_window_changes_no_weight() {
    let whole = taps(Filter::Bicubic, 500, 224);
    let window = Taps::new(Backend::Pillow, Filter::Bicubic, 500, 224, 100..130);
    let expected: Vec<_> = whole.iter().skip(100).take(30).collect();
    assert_eq!(window.iter().collect::<Vec<_>>(), expected);
    assert_eq!(window.input_range(), expected[0].0..expected[29].0 + expected[29].1.len());
}

#[test]
fn the_same_length_is_the_identity() {
    let src: Vec<u8> = (0..=255).cycle().take(30 * CHANNELS).collect();
    for filter in FILTERS {
        let mut dst = vec![0; src.len()];
        horizontal(&src, 30, &taps(filter, 30, 30), &mut dst);
        assert_eq!(dst, src, "{filter:?}");
    }
}

#[test]
fn a_flat_picture_stays_flat() {
    for filter in FILTERS {
        for level in [0, 1, 127, 254, 255] {
            let mut rows = vec![0; 4 * 9 * CHANNELS];
            horizontal(&vec![level; 4 * 31 * CHANNELS], 31, &taps(filter, 31, 9), &mut rows);
            let mut dst = vec![0; 17 * 9 * CHANNELS];
            vertical(&rows, 9 * CHANNELS, 0, &taps(filter, 4, 17), &mut dst);
            assert!(dst.iter().all(|&sample| sample == level), "{filter:?} at {level}");
        }
    }
}

#[test]
fn the_vertical_pass_needs_only_the_rows_of_its_window() {
    let row_len = 4 * CHANNELS;
    let src: Vec<u8> = (0..100 * row_len).map(|i| (i * 37 % 251) as u8).collect();
    let mut whole = vec![0; 20 * row_len];
    vertical(&src, row_len, 0, &taps(Filter::Bicubic, 100, 20), &mut whole);
    let window = Taps::new(Backend::Pillow, Filter::Bicubic, 100, 20, 5..9);
    let rows = window.input_range();
    let mut part = vec![0; 4 * row_len];
    vertical(&src[rows.start * row_len..rows.end * row_len], row_len, rows.start, &window, &mut part);
    assert_eq!(part, whole[5 * row_len..9 * row_len]);
}

/// Inputs and outputs of every tail, and scales far from one.
fn lengths() -> impl Iterator<Item = (usize, usize)> {
    let tails = (1..=40).flat_map(|input| [1, 2, 3, 7, 8, 9, 16, 17, 31, 40].map(|output| (input, output)));
    tails.chain([(3, 900), (1, 333), (5000, 1), (5001, 3), (2049, 16), (70_000, 2), (641, 224)])
}

/// Samples of every size, the extremes often.
fn samples(random: &mut Random, count: usize) -> Vec<u8> {
    (0..count).map(|_| [0, 255, random.bits() as u8, random.bits() as u8][random.below(4)]).collect()
}

#[test]
fn rows_in_lanes_have_the_bytes_of_the_plain_sums() {
    let mut random = Random::new(1);
    for (input, output) in lengths() {
        let src = samples(&mut random, input * CHANNELS);
        for filter in FILTERS {
            for window in [0..output, output / 3..output.div_ceil(2)] {
                let backend = [Backend::Pillow, Backend::Torchvision][random.below(2)];
                let taps = Taps::new(backend, filter, input, output, window.clone());
                let mut expected = vec![0; window.len() * CHANNELS];
                portable::horizontal_row(&src, &taps, &mut expected);
                let mut found = vec![0; expected.len()];
                horizontal(&src, input, &taps, &mut found);
                assert_eq!(found, expected, "{filter:?} {input} -> {output} {window:?}");
            }
        }
    }
}

#[test]
fn columns_in_lanes_have_the_bytes_of_the_plain_sums() {
    let mut random = Random::new(2);
    for (input, output) in lengths().filter(|(input, _)| *input < 3000) {
        for row_len in [1, 15, 16, 17, 3 * (1 + random.below(40))] {
            let src = samples(&mut random, input * row_len);
            for filter in FILTERS {
                let taps = [taps, torch_taps][random.below(2)](filter, input, output);
                let mut found = vec![0; output * row_len];
                vertical(&src, row_len, 0, &taps, &mut found);
                for (found, (start, weights)) in found.chunks(row_len).zip(taps.iter()) {
                    let mut expected = vec![0; row_len];
                    portable::vertical_row(
                        &src[start * row_len..][..weights.len() * row_len],
                        row_len,
                        0,
                        &weights,
                        &mut expected,
                    );
                    assert_eq!(found, expected, "{filter:?} {input} -> {output}, {row_len} samples");
                }
            }
        }
    }
}

#[test]
fn rows_whose_weights_are_too_many_to_keep_are_resampled_too() {
    let (input, output) = (40_000, 20_000);
    let taps = Taps::new(Backend::Pillow, Filter::Lanczos, input, 40, 0..40);
    assert!(taps.are_kept());
    let src = vec![200; input * CHANNELS];
    let many = Taps::new(Backend::Pillow, Filter::Lanczos, 12, output * 300, 0..output * 300);
    assert!(!many.are_kept());
    let mut dst = vec![0; output * 300 * CHANNELS];
    horizontal(&src[..12 * CHANNELS], 12, &many, &mut dst);
    assert!(dst.iter().all(|&sample| sample == 200));
}
