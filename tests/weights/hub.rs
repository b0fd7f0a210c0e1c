//! Repository names, and which files of a repository make a checkpoint.

use clip_wasm::Error;
use clip_wasm::weights::Record;
use clip_wasm::weights::hub::{Repository, RepositoryName, RepositoryPlan, file_path};
use serde_json::{Value, json};

const COMMIT: &str = "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268";

fn repository(files: &[&str]) -> Repository {
    let companions = ["config.json", "tokenizer.json", "preprocessor_config.json"];
    let siblings: Vec<Value> = files
        .iter()
        .chain(&companions)
        .map(|name| json!({ "rfilename": name, "size": 10, "lfs": { "sha256": "ab", "size": 99, "pointerSize": 1 } }))
        .collect();
    Repository::parse(json!({ "sha": COMMIT, "siblings": siblings, "tags": [] }).to_string().as_bytes())
        .unwrap()
}

fn weights(files: &[&str]) -> Result<Vec<String>, Error> {
    let plan = repository(files).plan("someone/clip", Record::default())?;
    Ok(plan.weights.into_iter().map(|file| file.name).collect())
}

#[test]
fn a_repository_is_named_with_or_without_a_revision() {
    let name = RepositoryName::parse("openai/clip-vit-base-patch32").unwrap();
    assert_eq!((name.repo.as_str(), name.revision.as_str()), ("openai/clip-vit-base-patch32", "main"));
    assert_eq!(name.about(), "/api/models/openai/clip-vit-base-patch32/revision/main?blobs=true");
    let name = RepositoryName::parse("a/b.c_d@refs/pr/1").unwrap();
    assert_eq!(name.about(), "/api/models/a/b.c_d/revision/refs%2Fpr%2F1?blobs=true");
    assert_eq!(file_path("a/b", COMMIT, "config.json"), format!("/a/b/resolve/{COMMIT}/config.json"));
}

#[test]
fn what_is_no_repository_is_not_taken_for_one() {
    for text in [
        "",
        "name",
        "/",
        "a/",
        "/b",
        "a/b/c",
        "../b",
        "a/..",
        "./model",
        "a/b@",
        "a b/c",
        "a/b@x y",
        "a/b@../c",
        "a/b?c",
        "https://host/model.gguf",
        "a\\b/c",
    ] {
        assert_eq!(RepositoryName::parse(text), None, "{text:?}");
    }
}

#[test]
fn safetensors_come_before_other_forms_and_shards_in_the_order_of_their_names() {
    let whole = weights(&["pytorch_model.bin", "open_clip_model.safetensors", "model.safetensors"]);
    assert_eq!(whole.unwrap(), ["model.safetensors"]);
    assert_eq!(weights(&["open_clip_model.safetensors"]).unwrap(), ["open_clip_model.safetensors"]);
    let shards =
        ["model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors", "model-1-of-2.safetensors"];
    assert_eq!(weights(&shards).unwrap(), [shards[1], shards[0]]);
}

#[test]
fn a_repository_without_weights_says_what_was_looked_for() {
    let error = weights(&["README.md"]).unwrap_err();
    assert_eq!(error.code(), "missing-file");
    assert!(error.to_string().contains("model.safetensors"), "{error}");
}

#[test]
fn weights_in_a_form_that_is_not_read_are_named_with_a_repository_to_use_instead() {
    for (file, instead) in [
        ("PE-Core-T16-384.pt", "timm/PE-Core-T-16-384"),
        ("PE-Core-S16-384.pt", "timm/PE-Core-S-16-384"),
        ("PE-Core-B16-224.pt", "timm/PE-Core-B-16"),
        ("PE-Core-L14-336.pt", "timm/PE-Core-L-14-336"),
        ("PE-Core-G14-448.pt", "timm/PE-Core-S-16-384"),
        ("TinyCLIP-auto-ViT-45M-32-Text-18M-LAION400M.pt", "wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M"),
        ("mobileclip_s0.pt", "timm/MobileCLIP2-S0-OpenCLIP instead"),
        ("mobileclip2_s0.pt", "timm/MobileCLIP2-S0-OpenCLIP, which has the same weights"),
        ("mobileclip_s2.pt", "apple/MobileCLIP-S2-OpenCLIP, which has the same weights"),
        ("onnx/vision_model_quantized.onnx", "the repository that it was made from"),
        ("flax_model.msgpack", "the repository that it was made from"),
    ] {
        let error = weights(&[file]).unwrap_err();
        assert_eq!(error.code(), "missing-file");
        let told = error.to_string();
        assert!(told.contains(file) && told.contains(&format!("use {instead}")), "{told}");
    }
}

#[test]
fn the_record_says_which_file_and_where_it_is_from() {
    let mut record = Record::default();
    record.source.file = Some("open_clip_model.safetensors".into());
    let repository = repository(&["model.safetensors", "open_clip_model.safetensors"]);
    let plan = repository.plan("someone/clip", record).unwrap();
    assert_eq!(plan.weights[0].name, "open_clip_model.safetensors");
    assert_eq!((plan.weights[0].bytes, plan.weights[0].sha256.as_deref()), (99, Some("ab")));
    assert_eq!(plan.record.name.as_deref(), Some("clip"));
    assert_eq!(plan.record.source.repo.as_deref(), Some("someone/clip"));
    assert_eq!(plan.record.source.revision.as_deref(), Some(COMMIT));
}

#[test]
fn a_record_of_other_weights_is_refused_before_they_are_fetched() {
    let mut record = Record::default();
    record.source.sha256 = Some("cd".into());
    let error = repository(&["model.safetensors"]).plan("someone/clip", record).unwrap_err();
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");
}

#[test]
fn an_answer_that_is_none_is_refused() {
    for answer in ["", "<html>", "{}", r#"{"sha": "", "siblings": []}"#, r#"{"sha": "../x", "siblings": []}"#]
    {
        let error = Repository::parse(answer.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{answer}");
    }
}

#[test]
fn weights_of_open_clip_go_with_its_config_where_there_is_one() {
    let plan = |files: &[&str]| repository(files).plan("someone/clip", Record::default()).unwrap();
    let open_clip = plan(&["open_clip_model.safetensors", "open_clip_config.json"]);
    let config = |plan: &RepositoryPlan| plan.companions.config.clone().unwrap().name;
    assert_eq!(config(&open_clip), "open_clip_config.json");
    assert_eq!(open_clip.companions.preprocessor.unwrap().name, "preprocessor_config.json");
    assert_eq!(config(&plan(&["model.safetensors", "open_clip_config.json"])), "config.json");
    assert_eq!(config(&plan(&["open_clip_pytorch_model.bin"])), "config.json");
}

#[test]
fn what_transformers_reads_beside_the_tokenizer_and_the_preprocessing_is_fetched_too() {
    let beside = ["processor_config.json", "tokenizer_config.json", "special_tokens_map.json"];
    let plan = |weights: &str| {
        let files = [&[weights, "open_clip_config.json"], &beside[..]].concat();
        repository(&files).plan("someone/clip", Record::default()).unwrap().companions
    };
    let of = plan("model.safetensors");
    let named = [of.processor, of.tokenizer_config, of.special_tokens].map(|file| file.unwrap().name);
    assert_eq!(named, beside);
    // OpenCLIP has a preprocessing of its own; its config says whether the tokenizer is one of transformers.
    let open_clip = plan("open_clip_model.safetensors");
    assert_eq!(open_clip.processor, None);
    let named = [open_clip.tokenizer_config, open_clip.special_tokens].map(|file| file.unwrap().name);
    assert_eq!(named, beside[1..]);
}

#[test]
fn shards_under_names_of_their_own_are_named_where_they_are_refused() {
    let files = ["vision.safetensors", "text.safetensors", "model.safetensors.index.json"];
    let message =
        |files: &[&str]| repository(files).plan("someone/clip", Record::default()).unwrap_err().to_string();
    let without = message(&files[..2]);
    assert!(without.contains("text.safetensors and vision.safetensors are there, but no"), "{without}");
    let with = message(&files);
    assert!(with.contains("clone the repository"), "{with}");
    assert!(message(&[]).contains("model.safetensors or open_clip_model.safetensors"));
}
