//! SigLIP 2's NaFlex: pictures that keep their shape, against transformers.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use candle_core::Tensor;
use clip_wasm::image::{Backend, Preprocessing, Rgb8, Size};
use clip_wasm::model::Clip;
use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::weights::{Checkpoint, ClipConfig, Dtype, Record};
use serde_json::json;
use support::conversion::{file_of, file_of_arriving, metadata_of};
use support::goldens::{Goldens, assert_close, goldens, prompts};

/// One minus the cosine to PyTorch that f32 may have, as in `tests/towers.rs`.
const F32_DISTANCE: f64 = 1e-7;
/// And q8_0, for a single picture: the promise of the mean is 0.0005.
const Q8_DISTANCE: f64 = 2e-3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/naflex")
}

fn checkpoint() -> Checkpoint {
    Checkpoint::open(&folder()).unwrap()
}

fn quantized(dtype: Dtype) -> Bytes {
    file_of(&checkpoint(), dtype)
}

fn clip(checkpoint: Checkpoint) -> Clip {
    Clip::load(checkpoint.config, checkpoint.tensors).unwrap()
}

/// The pictures of the goldens, `[1, 3, height, width]` each.
fn pictures(goldens: &Goldens) -> Vec<Tensor> {
    let picture =
        |index| goldens.get(&format!("pixel_values.{index}")).map(|pixels| pixels.unsqueeze(0).unwrap());
    (0..).map_while(picture).collect()
}

fn embeddings(clip: &Clip, goldens: &Goldens) -> Vec<Vec<f32>> {
    pictures(goldens).iter().map(|pixels| clip.embed_images(pixels).unwrap().swap_remove(0)).collect()
}

/// A picture of (height, width) with something in it.
fn picture(height: usize, width: usize) -> Rgb8 {
    let sample = |index: usize| (index * 31 % 251) as u8 ^ (index / 97) as u8;
    Rgb8::new(width, height, (0..height * width * 3).map(sample).collect()).unwrap()
}

#[test]
fn pictures_of_every_shape_have_transformers_embeddings() {
    let (clip, expected) = (clip(checkpoint()), goldens(&folder()));
    assert_eq!(pictures(&expected).len(), 5);
    assert_close(&embeddings(&clip, &expected), &expected["image_embeds"], F32_DISTANCE, "picture");
    let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
    assert_close(&texts, &expected["text_embeds"], F32_DISTANCE, "prompt");
    let patches = clip.embed_patches(&pictures(&expected)[1]).unwrap();
    assert_close(&patches, &expected["patch_embeds"], F32_DISTANCE, "patch");
}

#[test]
fn a_picture_is_scaled_to_the_size_that_transformers_gives_it() {
    let sizes: Vec<[usize; 6]> =
        serde_json::from_slice(&fs::read(folder().join("sizes.json")).unwrap()).unwrap();
    for [height, width, side, most, scaled_height, scaled_width] in sizes {
        let scaled = Size::Patches { side, most }.of(height, width).unwrap();
        assert_eq!(scaled, (scaled_height, scaled_width), "{height} x {width} to {most} patches of {side}");
    }
}

#[test]
fn a_file_of_a_picture_has_transformers_embedding_with_both_backends_pixels() {
    let bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/pictures/scene.png")).unwrap();
    let (mut session, expected) = (Session::new(checkpoint()).unwrap(), goldens(&folder()));
    assert_eq!(session.preprocessor(), Backend::Pillow);
    for backend in Backend::ALL {
        session.set_preprocessor(backend).unwrap();
        let ours = session.embed_image(&bytes).unwrap().embedding;
        let key = format!("embeds.scene.png.{}", backend.name());
        assert_close(&[ours], &expected[&key], F32_DISTANCE, &key);
    }
}

#[test]
fn pictures_of_several_shapes_embedded_together_have_the_bits_that_each_has_alone() {
    for dtype in [Dtype::F32, Dtype::Q8_0] {
        let session = Session::new(Checkpoint::from_gguf(quantized(dtype)).unwrap()).unwrap();
        let shapes = [(40, 40), (40, 40), (30, 90), (90, 30), (41, 41), (40, 40)];
        let pictures: Vec<Rgb8> = shapes.iter().map(|&(height, width)| picture(height, width)).collect();
        let together = session.embed_rgbs(&pictures);
        for (one, together) in pictures.iter().zip(together) {
            assert_eq!(session.embed_rgb(one).unwrap().embedding, together.unwrap().embedding, "{dtype}");
        }
    }
}

#[test]
fn a_gguf_keeps_that_pictures_keep_their_shape_and_gives_the_bits_of_its_folder() {
    let (folder, file) = (checkpoint(), Checkpoint::from_gguf(quantized(Dtype::F32)).unwrap());
    assert!(file.config.naflex);
    assert_eq!(file.config, folder.config);
    assert_eq!(file.preprocessing_json, folder.preprocessing_json);
    let expected = goldens(&self::folder());
    assert_eq!(embeddings(&clip(file), &expected), embeddings(&clip(folder), &expected));
}

#[test]
fn quantized_embeddings_stay_near_and_the_patch_embedding_is_not_quantized() {
    let file = Checkpoint::from_gguf(quantized(Dtype::Q8_0)).unwrap();
    let kernel = file.tensors.iter().find(|tensor| tensor.name == "v.patch_embd.weight").unwrap();
    assert_eq!(kernel.dtype, Dtype::F16);
    let expected = goldens(&folder());
    assert_close(&embeddings(&clip(file), &expected), &expected["image_embeds"], Q8_DISTANCE, "q8_0 picture");
}

#[test]
fn the_file_made_while_the_weights_arrive_is_that_of_the_whole_checkpoint() {
    let weights = fs::read(folder().join("model.safetensors")).unwrap();
    let metadata = metadata_of(&folder(), "config.json", "preprocessor_config.json");
    let record = Record { name: Some("naflex".to_owned()), ..Record::default() };
    for dtype in [Dtype::Q8_0, Dtype::Q4_0] {
        assert!(file_of_arriving(&weights, dtype, &metadata, &record) == quantized(dtype));
    }
}

#[test]
fn a_heatmap_has_as_many_cells_for_a_long_picture_as_for_a_square_one() {
    let mut session = Session::new(checkpoint()).unwrap();
    let (labels, templates) = (["a dog".to_owned()], session.default_templates());
    for method in [Method::Patches, Method::Occlusion] {
        for (height, width) in [(40, 40), (20, 160)] {
            let mut saliency = session.saliency(&picture(height, width), method).unwrap();
            let side = saliency.side();
            let maps = session.heatmaps(&mut saliency, &labels, &templates).unwrap();
            assert_eq!(maps[0].len(), side * side, "{method:?} of {height} x {width}");
        }
    }
}

#[test]
fn the_record_of_the_preprocessing_survives_being_written() {
    let json = fs::read(folder().join("preprocessor_config.json")).unwrap();
    let read = Preprocessing::from_json(&json).unwrap();
    assert_eq!(read.resize.unwrap().0, Size::Patches { side: 8, most: 25 });
    for backend in Backend::ALL {
        let read = read.clone().with_backend(backend).unwrap();
        assert_eq!(Preprocessing::from_json(read.to_json().as_bytes()).unwrap(), read);
    }
    let refused = |change: serde_json::Value| {
        let record = json!({ "image_processor_type": "Siglip2ImageProcessor" });
        let mut record = record.as_object().unwrap().clone();
        record.extend(change.as_object().unwrap().clone());
        Preprocessing::from_json(serde_json::to_string(&record).unwrap().as_bytes()).unwrap_err().to_string()
    };
    assert!(
        refused(json!({ "max_num_patches": 0 }))
            .contains("`max_num_patches` is 0, expected a whole number, 1 to")
    );
    assert!(refused(json!({ "patch_size": "16" })).contains("`patch_size` is \"16\""));
}

#[test]
fn what_no_model_of_this_kind_has_is_refused_by_name() {
    let refused = |vision: serde_json::Value| {
        let config = json!({ "model_type": "siglip2", "vision_config": vision });
        ClipConfig::from_hugging_face(config.to_string().as_bytes()).unwrap_err().to_string()
    };
    for patches in [json!(0), json!(255), json!("many")] {
        let error = refused(json!({ "num_patches": patches }));
        assert!(
            error.contains("`vision_config.num_patches` is") && error.contains("expected the square"),
            "{error}"
        );
    }
    assert!(refused(json!({ "num_patches": 1u64 << 60 })).contains("num_patches"));
    assert!(refused(json!({ "vision_use_head": false })).contains("vision_use_head"));
    // Pixels that are no whole patches, by a record for another model.
    let mut checkpoint = checkpoint();
    checkpoint.preprocessing_json = Bytes::from_static(br#"{ "size": 30, "crop_size": 30 }"#);
    let error = Session::new(checkpoint).unwrap_err().to_string();
    assert!(error.contains("gives 30 x 30 pixels") && error.contains("patches of 8"), "{error}");
}
