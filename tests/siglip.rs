//! SigLIP and the second SigLIP: tokens, files and scores. `tests/towers.rs` has their embeddings.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::session::Session;
use clip_wasm::task::zero_shot::Mode;
use clip_wasm::text::Tokenizer;
use clip_wasm::weights::{Checkpoint, ClipConfig, Dtype, ModelFamily, Record};
use serde_json::{Value, json};
use support::conversion::{file_of, file_of_arriving, metadata_of};
use support::goldens::{Goldens, cosines, goldens, prompts};

const MODELS: [&str; 2] = ["siglip", "siglip-2"];
/// The context of the goldens.
const CONTEXT: usize = 16;

/// The mean cosine to PyTorch that q8_0 must reach: the project's promise, which weights as lively as these, in a
/// model as small, keep with a third of the distance.
const Q8_MEAN: f64 = 0.9995;

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

fn read_json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(golden(path)).unwrap()).unwrap()
}

fn checkpoint(name: &str) -> Checkpoint {
    Checkpoint::open(&golden("models").join(name)).unwrap()
}

fn quantized(name: &str, dtype: Dtype) -> Bytes {
    file_of(&checkpoint(name), dtype)
}

fn expected(name: &str) -> Goldens {
    goldens(&golden("models").join(name))
}

fn texts() -> Vec<String> {
    let rows: Vec<(String, usize)> = serde_json::from_value(read_json("tokenizer/texts.json")).unwrap();
    rows.into_iter().map(|(piece, times)| piece.repeat(times)).collect()
}

#[test]
fn plain_and_strange_texts_get_hugging_faces_ids_and_padding() {
    for kind in ["unigram", "gemma"] {
        let json = fs::read(golden(&format!("siglip/{kind}.json"))).unwrap();
        let tokenizer = Tokenizer::siglip(&json, CONTEXT).unwrap();
        let ids: Vec<Vec<u32>> =
            serde_json::from_value(read_json(&format!("siglip/{kind}_ids.json"))).unwrap();
        assert_eq!(ids.len(), texts().len());
        for (text, ids) in texts().iter().zip(ids) {
            assert_eq!(tokenizer.encode(text).unwrap(), ids, "{kind}: {text:.60?}");
        }
    }
}

#[test]
fn the_file_may_name_another_token_for_padding() {
    let mut file = read_json("siglip/unigram.json");
    file["padding"] = json!({ "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null,
                              "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>" });
    let read = |file: &Value| Tokenizer::siglip(&serde_json::to_vec(file).unwrap(), CONTEXT);
    assert_eq!(read(&file).unwrap().encode("").unwrap()[1..], [0; CONTEXT - 1]);
    file["padding"]["pad_id"] = json!(1000);
    assert!(read(&file).unwrap_err().to_string().contains("padding token id 1000"));
    file["padding"] = Value::Null;
    file["post_processor"] = Value::Null;
    assert!(read(&file).unwrap_err().to_string().contains("no padding"));
}

#[test]
fn a_damaged_map_of_characters_is_refused_before_anything_runs_it() {
    let mut file = read_json("siglip/unigram.json");
    let place = "/normalizer/normalizers/4/precompiled_charsmap";
    let map = file.pointer(place).unwrap().as_str().unwrap().to_owned();
    let mut refused = 0;
    for index in (0..map.len()).step_by(7) {
        let mut damaged = map.clone().into_bytes();
        damaged[index] = if damaged[index] == b'/' { b'9' } else { b'/' };
        *file.pointer_mut(place).unwrap() = json!(String::from_utf8(damaged).unwrap());
        match Tokenizer::siglip(&serde_json::to_vec(&file).unwrap(), CONTEXT) {
            Ok(tokenizer) => texts().iter().for_each(|text| {
                tokenizer.encode(text).unwrap();
            }),
            Err(error) => {
                assert!(matches!(error, Error::Tokenizer { .. }), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}

#[test]
fn what_is_absent_from_the_config_has_the_default_of_transformers() {
    let config = ClipConfig::from_hugging_face(b"{ \"model_type\": \"siglip\" }").unwrap();
    for tower in [&config.vision, &config.text] {
        assert_eq!((tower.width, tower.mlp_width, tower.layers, tower.heads), (768, 3072, 12, 12));
        assert_eq!((tower.activation.name(), tower.layer_norm_eps), ("gelu_pytorch_tanh", 1e-6));
    }
    assert_eq!((config.family, config.image_size, config.patch_size), (ModelFamily::Siglip, 224, 16));
    assert_eq!((config.vocab_size, config.context_length, config.projection_dim), (32000, 64, 768));
    assert_eq!((config.patches(), config.vision_tokens()), (196, 196));
}

#[test]
fn what_siglip_may_be_but_is_not_run_here_is_named() {
    let refused = |config: Value| {
        let error = ClipConfig::from_hugging_face(config.to_string().as_bytes()).unwrap_err();
        error.to_string()
    };
    let headless = json!({ "model_type": "siglip", "vision_config": { "vision_use_head": false } });
    assert!(refused(headless).contains("vision_use_head"));
    let narrow = json!({ "model_type": "siglip", "text_config": { "projection_size": 512 } });
    assert!(refused(narrow).contains("`text_config.projection_size` is 512"));
    let coarse = json!({ "model_type": "siglip", "vision_config": { "patch_size": 225 } });
    assert!(refused(coarse).contains("`vision_config.patch_size` is 225"));
}

#[test]
fn a_gguf_gives_the_bits_of_its_folder_where_nothing_is_rounded() {
    for name in MODELS {
        let (folder, file) = (checkpoint(name), Checkpoint::from_gguf(quantized(name, Dtype::F32)).unwrap());
        assert_eq!(file.config, folder.config);
        let (folder, file) = (Session::new(folder).unwrap(), Session::new(file).unwrap());
        let texts = texts();
        assert_eq!(file.embed_texts(&texts).unwrap(), folder.embed_texts(&texts).unwrap());
        let pixels = &expected(name)["pixel_values"];
        assert_eq!(file.clip().embed_images(pixels).unwrap(), folder.clip().embed_images(pixels).unwrap());
        assert_eq!(file.clip().logit_bias, folder.clip().logit_bias);
    }
}

#[test]
fn the_file_made_while_the_weights_arrive_is_that_of_the_whole_checkpoint() {
    for name in MODELS {
        let folder = golden("models").join(name);
        let weights = fs::read(folder.join("model.safetensors")).unwrap();
        let metadata = metadata_of(&folder, "config.json", "preprocessor_config.json");
        let record = Record { name: Some(name.to_owned()), ..Record::default() };
        for dtype in [Dtype::Q8_0, Dtype::Q6K, Dtype::Q4_0] {
            let arrived = file_of_arriving(&weights, dtype, &metadata, &record);
            assert!(arrived == quantized(name, dtype), "{name} {dtype}");
        }
    }
}

#[test]
fn quantized_embeddings_stay_near_pytorch() {
    let file = Checkpoint::from_gguf(quantized("siglip", Dtype::Q8_0)).unwrap();
    let (session, expected) = (Session::new(file).unwrap(), expected("siglip"));
    let images = session.clip().embed_images(&expected["pixel_values"]).unwrap();
    let texts = session.clip().embed_prompts(&prompts(&expected)).unwrap();
    for (kind, ours) in [("image_embeds", images), ("text_embeds", texts)] {
        let cosines = cosines(&ours, &expected[kind]);
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        println!("{kind} q8_0: mean cosine to PyTorch {mean:.6}");
        assert!(mean >= Q8_MEAN, "{kind}: {mean}");
    }
}

#[test]
fn a_label_on_its_own_is_the_sigmoid_of_its_logit() {
    let mut session = Session::new(checkpoint("siglip")).unwrap();
    assert_eq!(session.default_mode(), Mode::Independent);
    assert_eq!(session.default_templates(), ["This is a photo of {}."]);
    let picture = session.clip().embed_images(&expected("siglip")["pixel_values"]).unwrap().swap_remove(0);
    let labels = ["dog", "red car"].map(str::to_owned);
    let templates = session.default_templates();
    let scores = session.classify(&picture, &labels, &templates, Mode::Independent).unwrap();
    let (scale, bias) = (session.logit_scale(), session.clip().logit_bias.unwrap());
    for score in &scores {
        let logit = score.cosine * scale + bias;
        assert_eq!(score.logit, logit);
        assert!((score.score - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-6);
    }
    let alone = session.classify(&picture, &labels[..1], &templates, Mode::Independent).unwrap();
    assert_eq!(alone[0].score, scores.iter().find(|score| score.index == 0).unwrap().score);
    assert!(session.missing_labels(&labels, &templates).unwrap().is_empty());
}
