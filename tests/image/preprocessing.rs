//! The record of a model's preprocessing: what it does, and what it refuses.

use clip_wasm::Error;
use clip_wasm::image::{Backend, Preprocessing};
use serde_json::{Value, json};

use crate::{formula, records, sha256_f32, sides};

fn read(record: &Value) -> Result<Preprocessing, Error> {
    let read = Preprocessing::from_json(record.to_string().as_bytes())?;
    let backend = read.backend;
    read.with_backend(backend)
}

/// What Hugging Face's processors make of pictures, those over Pillow first.
fn both_backends() -> impl Iterator<Item = Value> {
    records("preprocessing.json").into_iter().chain(records("torchvision.json"))
}

#[test]
fn every_record_gives_the_bits_of_hugging_face() {
    for golden in both_backends() {
        let (width, height) = sides(&golden["from"]);
        let pixels = read(&golden["record"]).unwrap().apply(&formula(width, height)).unwrap();
        assert_eq!(json!([3, pixels.height, pixels.width]), golden["shape"], "{golden}");
        assert_eq!(sha256_f32(&pixels.data), golden["pixels"].as_str().unwrap(), "{golden}");
    }
}

#[test]
fn a_record_is_read_back_as_it_was_written() {
    for golden in both_backends() {
        let record = read(&golden["record"]).unwrap();
        assert_eq!(Preprocessing::from_json(record.to_json().as_bytes()).unwrap(), record, "{golden}");
    }
}

#[test]
fn the_picture_comes_with_its_pixels() {
    let pixels = Preprocessing::default().apply(&formula(300, 260)).unwrap();
    assert_eq!((pixels.width, pixels.height), (pixels.rgb.width(), pixels.rgb.height()));
    let normalized = |level: u8| (((f64::from(level) / 255.0) as f32) - 0.481_454_66) / 0.268_629_54;
    let red = pixels.rgb.data()[0];
    assert!((pixels.data[0] - normalized(red)).abs() < 1e-6);
}

#[test]
fn every_field_changes_the_pixels() {
    let plain = json!({ "size": 24, "crop_size": 20 });
    let changes = [
        json!({ "size": 25 }),
        json!({ "crop_size": 19 }),
        json!({ "resample": 2 }),
        json!({ "rescale_factor": 0.004 }),
        json!({ "image_mean": [0.5, 0.5, 0.5] }),
        json!({ "image_std": [0.5, 0.5, 0.5] }),
        json!({ "do_resize": false }),
        json!({ "do_center_crop": false }),
        json!({ "do_rescale": false }),
        json!({ "do_normalize": false }),
        json!({ "default_to_square": true }),
        json!({ "image_processor_type": "SiglipImageProcessor" }),
        json!({ "image_processor_type": "CLIPImageProcessorFast" }),
    ];
    let picture = formula(50, 31);
    let expected = read(&plain).unwrap().apply(&picture).unwrap().data;
    for change in changes {
        let mut record = plain.clone();
        record.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_ne!(read(&record).unwrap().apply(&picture).unwrap().data, expected, "{change}");
    }
}

#[test]
fn bad_values_are_refused_by_the_name_of_their_key() {
    let cases = [
        ("size", json!({ "size": 0 })),
        ("size", json!({ "size": -3 })),
        ("size", json!({ "size": 1e9 })),
        ("size", json!({ "size": "224" })),
        ("size", json!({ "size": { "longest_edge": 224 } })),
        ("size", json!({ "size": { "shortest_edge": 224, "longest_edge": 448 } })),
        ("crop_size", json!({ "crop_size": [1, 2, 3] })),
        ("crop_size", json!({ "crop_size": { "height": 224 } })),
        ("crop_size", json!({ "image_processor_type": "SiglipImageProcessor", "do_center_crop": true })),
        ("resample", json!({ "resample": 6 })),
        ("resample", json!({ "resample": "bicubic" })),
        ("do_resize", json!({ "do_resize": 1 })),
        ("do_pad", json!({ "do_pad": true })),
        ("rescale_factor", json!({ "rescale_factor": "1/255" })),
        ("image_mean", json!({ "image_mean": [0.5, 0.5] })),
        ("image_mean", json!({ "image_mean": [0.5, 0.5, 1e300] })),
        ("image_std", json!({ "image_std": [0.5, 0.0, 0.5] })),
        ("image_std", json!({ "image_std": 1e-60 })),
        ("image_processor_type", json!({ "image_processor_type": "LlavaImageProcessor" })),
        ("feature_extractor_type", json!({ "feature_extractor_type": 3 })),
        ("resample", json!({ "image_processor_type": "CLIPImageProcessorFast", "resample": 4 })),
        ("resample", json!({ "image_processor_type": "SiglipImageProcessorFast", "resample": 5 })),
        ("rescale_factor", json!({ "image_processor_type": "CLIPImageProcessorFast", "rescale_factor": 0 })),
        ("size", json!({ "size": null })),
        ("resample", json!({ "resample": null })),
        ("crop_size", json!({ "crop_size": null })),
        ("rescale_factor", json!({ "rescale_factor": null })),
        ("image_mean", json!({ "image_mean": null })),
        ("image_std", json!({ "image_std": null })),
    ];
    for (expected, record) in cases {
        match read(&record) {
            Err(Error::Config { key, .. }) => assert_eq!(key, expected, "{record}"),
            other => panic!("{record} gave {other:?}"),
        }
    }
    for text in ["", "[]", "{", "null", "{\"size\": 224"] {
        assert!(matches!(Preprocessing::from_json(text.as_bytes()), Err(Error::Config { .. })), "{text}");
    }
}

#[test]
fn null_switches_a_step_off_and_says_nothing_of_one_that_is_off() {
    for (null, off) in [
        (json!({ "do_resize": null, "size": null }), json!({ "do_resize": false })),
        (json!({ "do_center_crop": null, "crop_size": null }), json!({ "do_center_crop": false })),
        (json!({ "do_rescale": null, "rescale_factor": null }), json!({ "do_rescale": false })),
        (json!({ "do_normalize": null, "image_mean": null }), json!({ "do_normalize": false })),
        (json!({ "do_convert_rgb": null, "do_pad": null, "use_square_size": null }), json!({})),
    ] {
        assert_eq!(read(&null).unwrap(), read(&off).unwrap(), "{null}");
    }
}

#[test]
fn extreme_shapes_cost_no_more_than_their_crop() {
    let strip = formula(1, 1_000_000);
    let pixels = Preprocessing::default().apply(&strip).unwrap();
    assert_eq!((pixels.width, pixels.height), (224, 224));
}

#[test]
fn the_class_says_whose_pixels_are_meant() {
    for (name, expected) in [
        ("CLIPImageProcessor", Backend::Pillow),
        ("CLIPImageProcessorPil", Backend::Pillow),
        ("CLIPFeatureExtractor", Backend::Pillow),
        ("CLIPImageProcessorFast", Backend::Torchvision),
        ("SiglipImageProcessor", Backend::Pillow),
        ("SiglipImageProcessorFast", Backend::Torchvision),
    ] {
        assert_eq!(read(&json!({ "image_processor_type": name })).unwrap().backend, expected, "{name}");
    }
}

#[test]
fn torchvision_refuses_a_resized_picture_that_pytorch_could_not_hold() {
    let torchvision = Preprocessing::default().with_backend(Backend::Torchvision).unwrap();
    assert!(matches!(torchvision.apply(&formula(1, 1_000_000)), Err(Error::ImageTooLarge { .. })));
}
