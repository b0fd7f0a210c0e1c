//! A file as clip.cpp's converter writes it: no tokenizer but a list of tokens, no preprocessing but statistics.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::session::Session;
use clip_wasm::text::Tokenizer;
use clip_wasm::weights::gguf::{Array, Gguf, TensorLayout, Value};
use clip_wasm::weights::{Checkpoint, Dtype};

use crate::support::conversion::file_of;
use crate::support::gguf::gguf_file;
use crate::support::tiny_clip::TinyClip;

/// What `models/convert_hf_to_gguf.py` of clip.cpp at 57f00e2 writes of each tower.
const TOWER_KEYS: [&str; 6] = [
    "embedding_length",
    "feed_forward_length",
    "projection_dim",
    "block_count",
    "attention.head_count",
    "attention.layer_norm_epsilon",
];
const OTHER_KEYS: [&str; 10] = [
    "general.architecture",
    "general.file_type",
    "clip.has_text_encoder",
    "clip.has_vision_encoder",
    "clip.use_gelu",
    "clip.text.context_length",
    "clip.vision.image_size",
    "clip.vision.patch_size",
    "clip.vision.image_mean",
    "clip.vision.image_std",
];

/// Our file with the keys that clip.cpp's converter writes, and these tokens.
fn as_clip_cpp_writes(file: &Bytes, tokens: Vec<String>) -> Bytes {
    let ours = Gguf::read(file).unwrap();
    let is_theirs = |key: &str| {
        let tower = key.strip_prefix("clip.text.").or_else(|| key.strip_prefix("clip.vision."));
        OTHER_KEYS.contains(&key) || tower.is_some_and(|key| TOWER_KEYS.contains(&key))
    };
    let mut metadata: Vec<_> = ours.metadata.into_iter().filter(|(key, _)| is_theirs(key)).collect();
    metadata.push(("tokenizer.ggml.tokens".to_owned(), Value::Array(Array::strings(tokens))));
    let laid_out = |tensor: clip_wasm::weights::Tensor| {
        (TensorLayout::new(tensor.name, tensor.shape, tensor.dtype).unwrap(), tensor.data)
    };
    let tensors: Vec<_> = ours.tensors.into_iter().map(laid_out).collect();
    gguf_file(&metadata, &tensors)
}

fn tokens(file: &Bytes) -> Vec<String> {
    let metadata = Gguf::read(file).unwrap().metadata;
    let Value::Array(tokens) = &metadata["tokenizer.ggml.tokens"] else { panic!("no tokens") };
    tokens.to_strings().unwrap()
}

fn texts() -> Vec<String> {
    let texts: Vec<(String, usize)> =
        serde_json::from_str(include_str!("../golden/tokenizer/texts.json")).unwrap();
    texts.into_iter().map(|(piece, times)| piece.repeat(times)).collect()
}

#[test]
fn the_tokens_alone_give_the_ids_of_the_whole_tokenizer() {
    let file = file_of(&TinyClip::seeded(2).checkpoint(), Dtype::F16);
    let theirs = Checkpoint::from_gguf(as_clip_cpp_writes(&file, tokens(&file))).unwrap();
    let ours = Tokenizer::from_json(crate::support::tiny_clip::TOKENIZER, 16).unwrap();
    let rebuilt = Tokenizer::from_json(&theirs.tokenizer_json, 16).unwrap();
    for text in texts() {
        assert_eq!(rebuilt.encode(&text).unwrap(), ours.encode(&text).unwrap(), "{text:?}");
    }
}

#[test]
fn a_file_of_clip_cpp_gives_the_embeddings_of_its_twin() {
    let mut clip = TinyClip::seeded(2);
    clip.config["text_config"]["eos_token_id"] = serde_json::json!(2);
    let file = file_of(&clip.checkpoint(), Dtype::Q8_0);
    let open = |file| Session::new(Checkpoint::from_gguf(file).unwrap()).unwrap();
    let (ours, theirs) = (open(file.clone()), open(as_clip_cpp_writes(&file, tokens(&file))));
    let prompts = ["a photo of a cat.".to_owned(), "the airplane".to_owned()];
    assert_eq!(theirs.embed_texts(&prompts).unwrap(), ours.embed_texts(&prompts).unwrap());
    let picture = std::fs::read("tests/browser/pictures/scene.png").unwrap();
    assert_eq!(
        theirs.embed_image(&picture).unwrap().embedding,
        ours.embed_image(&picture).unwrap().embedding
    );
}

#[test]
fn a_list_that_is_no_vocabulary_of_clip_is_refused() {
    let file = file_of(&TinyClip::seeded(2).checkpoint(), Dtype::Q8_0);
    let mut without_end = tokens(&file);
    without_end[599] = "end".into();
    let mut unmade = tokens(&file);
    unmade[520] = "zyx".into();
    let mut endless = tokens(&file);
    endless[521] = "a".repeat(10_000);
    for tokens in [without_end, unmade, endless] {
        let error = Checkpoint::from_gguf(as_clip_cpp_writes(&file, tokens)).unwrap_err();
        assert!(matches!(error, Error::Tokenizer { .. }), "{error}");
    }
}
