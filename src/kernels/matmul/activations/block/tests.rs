//! Blocks of activations: what their codes stand for.

use super::super::super::layout::tile_block_bytes;
use super::*;

/// What is made of a block of one row.
fn quantize_one(values: &[f32; BLOCK]) -> (f32, i16, [u8; BLOCK]) {
    let (scales, zeros, [codes]) = quantize(&[*values]);
    (scales[0], zeros[0], codes)
}

/// Whether codes stand for values to within half a step.
fn assert_close(values: &[f32; BLOCK]) -> (f32, i16, [u8; BLOCK]) {
    let (scale, zero, codes) = quantize_one(values);
    for (code, value) in codes.iter().zip(values) {
        let error = scale * f32::from(i16::from(*code) + zero) - value;
        assert!(error.abs() <= scale * 0.51, "{value}: {code} + {zero}, times {scale}");
    }
    (scale, zero, codes)
}

#[test]
fn codes_span_the_range_of_their_block() {
    let (_, zero, codes) = assert_close(&std::array::from_fn(|i| i as f32 * 0.5 - 3.0));
    assert_eq!((zero, codes[0], codes[31]), (-25, 0, 127));
}

#[test]
fn a_block_far_from_zero_keeps_its_differences_as_far_as_its_values_go() {
    for far in [1.0, -1.0] {
        let (scale, _, codes) = assert_close(&std::array::from_fn(|i| far * (1000.0 + i as f32 / 31.0)));
        assert!(scale < 0.04 && codes.iter().any(|code| *code > 20), "{scale} {codes:?}");
    }
}

#[test]
fn a_constant_block_is_all_in_what_is_added_to_its_codes() {
    for constant in [7.25, -7.25, 1e-20, 3e38] {
        let (scale, zero, codes) = assert_close(&[constant; BLOCK]);
        let value = f64::from(scale) * f64::from(i16::from(codes[0]) + zero);
        assert!((value / f64::from(constant) - 1.0).abs() < 1e-4);
    }
    assert_eq!(quantize_one(&[0.0; BLOCK]), (0.0, 0, [0; BLOCK]));
}

#[test]
fn rows_side_by_side_are_quantized_as_each_alone() {
    let rows: [[f32; BLOCK]; ROWS] = std::array::from_fn(|r| {
        std::array::from_fn(|i| ((i * 37 + r * 11) % 101) as f32 * 0.1 - [5.0, 0.0, 90.0, 1e-40][r])
    });
    let (scales, zeros, codes) = quantize(&rows);
    for r in 0..ROWS {
        assert_eq!((scales[r], zeros[r], codes[r]), quantize_one(&rows[r]));
    }
}

#[test]
fn values_that_are_not_finite_do_not_make_codes_beyond_seven_bits() {
    let mut values = [1.0; BLOCK];
    values[3] = f32::NAN;
    values[9] = f32::INFINITY;
    let mut block = [0; tile_block_bytes(1)];
    for _ in ["the first digit", "the second"] {
        write(&[values], &mut block);
        let (_, _, codes) = quantize_one(&values);
        assert!(codes.iter().all(|code| *code <= 127));
        subtract(&block, 1, 0, &mut values);
    }
}

#[test]
fn what_is_left_of_each_row_is_what_its_codes_do_not_say() {
    let rows: [[f32; BLOCK]; 3] =
        std::array::from_fn(|r| std::array::from_fn(|i| ((i * 37 + r * 11) % 101) as f32 - 40.0));
    let mut block = [0; tile_block_bytes(3)];
    write(&rows, &mut block);
    for (r, row) in rows.iter().enumerate() {
        let (scale, zero, codes) = quantize_one(row);
        let mut left = *row;
        subtract(&block, 3, r, &mut left);
        let expected: Vec<f32> = row
            .iter()
            .zip(codes)
            .map(|(value, code)| value - scale * f32::from(i16::from(code) + zero))
            .collect();
        assert_eq!(left.to_vec(), expected, "row {r}");
    }
}
