//! Every variant of every format against what Pillow and Hugging Face's processor make of it.

use std::path::PathBuf;

use clip_wasm::image::{Format, Preprocessing, Rgb8, decode};

use crate::{files, golden, records, sha256, sha256_f32};

#[test]
fn every_variant_decodes_to_the_bytes_of_the_reference() {
    let processor = Preprocessing::default();
    for record in records("files.json") {
        let name = record["name"].as_str().unwrap();
        let image = decode(&std::fs::read(golden("files").join(name)).unwrap()).unwrap().image;
        assert_eq!(
            (image.width(), image.height()),
            (side(&record["width"]), side(&record["height"])),
            "{name}"
        );
        assert_eq!(sha256(image.data()), record["rgb"].as_str().unwrap(), "{name}: decoded");
        let pixels = processor.apply(&image).unwrap();
        assert_eq!(sha256_f32(&pixels.data), record["pixels"].as_str().unwrap(), "{name}: preprocessed");
    }
}

fn side(value: &serde_json::Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[test]
fn the_format_and_the_orientation_are_told() {
    for (name, bytes) in files() {
        let decoded = decode(&bytes).unwrap();
        let kind = name.to_lowercase();
        let format = [Format::Jpeg, Format::Png, Format::WebP, Format::Gif, Format::Bmp]
            .into_iter()
            .find(|format| kind.contains(&format.to_string().to_lowercase()));
        assert_eq!(Some(decoded.format), format, "{name}");
        let expected = match name.as_str() {
            "exif-JPEG-xmp" | "exif-PNG-xmp" => 6,
            "exif-PNG-profile" => 8,
            exif if exif.starts_with("exif-") => exif.rsplit_once('-').unwrap().1.parse().unwrap(),
            _ => 1,
        };
        assert_eq!(decoded.orientation, expected, "{name}");
    }
}

/// Hashes of the five photographs as Pillow 13 decodes them; lossy WebP, so equal to libwebp's.
const PHOTOS: [(&str, &str); 5] = [
    ("airplane-wing-at-dusk.webp", "cf11a4260e68a1b688bc62b8227cf0b7c83cbca6ee75137aa249dd93e656873e"),
    ("blue-vintage-car.webp", "cffce458a05779b239603af3005e9993d933f7591661cc796bb2af4bc64072c4"),
    ("hiker-in-forest.webp", "6b2bb5046fd15205c9bce11730e2456e810010b6fc269df4063938eda2442d96"),
    ("red-firefighter-bicycle.webp", "5cd79bdd8ee3f2a94029fc8f1f815889046d03bc69c7980c4fe9fc6634a9bbed"),
    ("sailboat-at-sea.webp", "1ce458ca8d39ab98d3158fd8f6d47fc200473bf8d4d14d9289072742682826ac"),
];

#[test]
fn photographs_decode_to_the_bytes_of_the_reference() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/photos");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for (name, expected) in PHOTOS {
        let image = decode(&std::fs::read(folder.join(name)).unwrap()).unwrap().image;
        assert_eq!(sha256(image.data()), expected, "{name}");
    }
}

#[test]
fn a_canvas_lies_over_white() {
    let rgba = [10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128];
    let image = Rgb8::from_rgba(3, 1, &rgba).unwrap();
    assert_eq!(image.data(), [10, 20, 30, 255, 255, 255, 127, 177, 255]);
}
