//! Pictures that go through the vision tower together have the bits that each has alone, read the weights once, and take
//! no more memory than a pass may.

use std::path::Path;
use std::sync::Mutex;

use candle_core::{Device, Tensor};
use clip_wasm::image::Rgb8;
use clip_wasm::kernels::matmul::products;
use clip_wasm::kernels::random::Random;
use clip_wasm::session::Session;
use clip_wasm::weights::{Checkpoint, Dtype, quantize};

/// A checkpoint of each family and form whose tower is ours, and each activation.
const MODELS: [&str; 7] = ["gelu", "quick-gelu", "gelu-tanh", "siglip", "siglip-2", "open-clip", "openai"];

/// The products are the process's: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn session(model: &str, dtype: Option<Dtype>) -> Session {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(model);
    let checkpoint = Checkpoint::open(&folder).expect(model);
    let Some(dtype) = dtype else { return Session::new(checkpoint).expect(model) };
    let mut file = Vec::new();
    quantize(&checkpoint, dtype, &mut file, &mut |_, _| {}).expect(model);
    Session::new(Checkpoint::from_gguf(file.into()).expect(model)).expect(model)
}

fn pictures(count: usize) -> Vec<Rgb8> {
    let mut random = Random::new(count as u64);
    let picture = |index: usize| {
        let (width, height) = (40 + index, 60 - index);
        Rgb8::new(width, height, (0..width * height * 3).map(|_| random.bits() as u8).collect())
    };
    (0..count).map(picture).collect::<Result<_, _>>().expect("pictures")
}

fn bits(embedding: &[f32]) -> Vec<u32> {
    embedding.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn pictures_have_the_bits_that_each_has_alone_however_many_go_together() {
    let _alone = ALONE.lock();
    for model in MODELS {
        for dtype in [Some(Dtype::Q8_0), Some(Dtype::Q4_0), None] {
            let session = session(model, dtype);
            let pictures = pictures(19);
            let alone: Vec<_> =
                pictures.iter().map(|picture| bits(&session.embed_rgb(picture).unwrap().embedding)).collect();
            for count in [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 19] {
                let together: Vec<_> = (session.embed_rgbs(&pictures[..count]).into_iter())
                    .map(|embedded| bits(&embedded.unwrap().embedding))
                    .collect();
                assert!(together == alone[..count], "{count} pictures of {model} in {dtype:?}");
                // And as one pass after the other, whatever the number of threads.
                let pixels = pictures[..count].iter().flat_map(|one| session.preprocess(one).unwrap().data);
                let size = session.info().image_size;
                let pixels = Tensor::from_iter(pixels, &Device::Cpu).unwrap();
                let pixels = pixels.reshape((count, 3, size, size)).unwrap();
                let rows: Vec<_> =
                    session.clip().embed_images(&pixels).unwrap().iter().map(|row| bits(row)).collect();
                assert!(rows == alone[..count], "{count} pictures of {model} in {dtype:?}, in passes");
            }
        }
    }
}

#[test]
fn quantized_towers_take_several_pictures_a_pass_and_read_the_weights_once() {
    let _alone = ALONE.lock();
    for model in MODELS {
        let session = session(model, Some(Dtype::Q8_0));
        let together = session.clip().vision.pictures_per_pass();
        // The widths of that test model, 48 and 80, are no whole blocks: such weights stay unpacked.
        assert_eq!(together, if model == "siglip-2" { 1 } else { 8 }, "{model}");
        let size = session.info().image_size;
        let products_of = |count: usize| {
            let pixels =
                Tensor::zeros((count, 3, size, size), candle_core::DType::F32, &Device::Cpu).unwrap();
            let before = products();
            session.clip().embed_images(&pixels).unwrap();
            products() - before
        };
        assert_eq!(products_of(together), products_of(1), "{model}");
        assert_eq!(products_of(together + 1), 2 * products_of(1), "{model}");
    }
}

#[test]
fn a_picture_that_fails_leaves_the_others_of_its_pass_alone() {
    let _alone = ALONE.lock();
    let session = session("gelu", Some(Dtype::Q8_0));
    let good = std::fs::read("tests/browser/pictures/scene.png").unwrap();
    let files: [&[u8]; 5] = [&good, b"no picture", &good, &[], &good];
    let embedded = session.embed_images(&files);
    let alone = bits(&session.embed_image(&good).unwrap().embedding);
    for (file, embedded) in files.into_iter().zip(embedded) {
        match embedded {
            Ok(embedded) => assert!(file == good && bits(&embedded.embedding) == alone),
            Err(error) => assert!(file != good && error.code().starts_with("image-"), "{error}"),
        }
    }
}
