//! The element types: their names, sizes and numbers.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::{Dtype, Tensor};

const ALL: [Dtype; 7] =
    [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q6K, Dtype::Q5_0, Dtype::Q4_0];

#[test]
fn every_type_that_can_be_asked_for_is_known_by_its_name() {
    for name in Dtype::ASKABLE.split(", ") {
        assert_eq!(Dtype::parse(name).unwrap().name(), name);
    }
    for (short, dtype) in [("q8", Dtype::Q8_0), ("q6", Dtype::Q6K), ("q5", Dtype::Q5_0), ("q4", Dtype::Q4_0)]
    {
        assert_eq!(Dtype::parse(short).unwrap(), dtype);
    }
    for name in ["", "Q8_0", "q4_k", "bf16", "int8"] {
        assert!(matches!(Dtype::parse(name), Err(Error::UnknownDtype { found, .. }) if found == name));
    }
}

#[test]
fn sizes_and_numbers_are_those_of_candle() {
    for dtype in ALL {
        let candle = dtype.to_candle();
        assert_eq!(
            (dtype.block_len(), dtype.block_bytes()),
            (candle.block_size(), candle.type_size()),
            "{dtype}"
        );
        assert_eq!(Dtype::from_ggml_id(dtype.ggml_id()), Ok(dtype));
    }
}

#[test]
fn a_tensor_takes_exactly_its_bytes() {
    let tensor = |shape: &[usize], dtype, len| {
        Tensor::new("t".into(), shape.to_vec(), dtype, Bytes::from(vec![0; len]))
    };
    assert_eq!(tensor(&[], Dtype::F32, 4).unwrap().shape, [1]);
    assert_eq!(tensor(&[3, 32], Dtype::Q8_0, 3 * 34).unwrap().rows(), 3);
    assert!(tensor(&[3, 32], Dtype::Q8_0, 3 * 34 + 1).is_err());
    assert!(tensor(&[3, 16], Dtype::Q8_0, 51).is_err(), "half a block a row");
    assert!(tensor(&[usize::MAX, 2], Dtype::F32, 0).is_err());
    assert!(tensor(&[0, 32], Dtype::Q8_0, 0).is_err(), "no values at all");
}

#[test]
fn rows_are_unpacked_one_by_one_as_in_the_whole() {
    for dtype in ALL {
        let shape = [5, 512];
        let len = dtype.bytes_of(&shape).unwrap();
        // Bytes that make no scale infinite: the exponent bits of every f16 and f32 stay below their top.
        let data: Vec<u8> = (0..len).map(|i| (i * 37 % 120) as u8).collect();
        let tensor = Tensor::new("t".into(), shape.to_vec(), dtype, data.into()).unwrap();
        let whole = tensor.to_f32().unwrap();
        let mut rows = [0.0; 2 * 512];
        tensor.rows_f32(2, &mut rows);
        assert_eq!(rows, whole[2 * 512..4 * 512], "{dtype}");
    }
}
