//! Token ids against Hugging Face's, and tokenizer files that must not be trusted.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::Error;
use clip_wasm::text::Tokenizer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The context of `tests/golden/tokenizer/ids.json`.
const SMALL_CONTEXT: usize = 16;
const CLIP_CONTEXT: usize = 77;

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizer").join(file)
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn small_tokenizer(context_length: usize) -> Tokenizer {
    Tokenizer::from_json(&fs::read(golden("tokenizer.json")).unwrap(), context_length).unwrap()
}

/// The texts of `texts.json`, each a piece and how often it is repeated.
fn texts() -> Vec<String> {
    let rows: Vec<(String, usize)> = serde_json::from_value(read_json(&golden("texts.json"))).unwrap();
    rows.into_iter().map(|(piece, times)| piece.repeat(times)).collect()
}

/// The blocks that `prompts.py` makes.
fn prompt_blocks(imagenet: &Value) -> Vec<Vec<String>> {
    let strings = |key: &str| -> Vec<String> { serde_json::from_value(imagenet[key].clone()).unwrap() };
    let (classes, texts) = (strings("classes"), texts());
    let in_template = |template: &String| classes.iter().map(|class| template.replace("{}", class)).collect();
    let after = |first: &String| texts.iter().map(|second| format!("{first} {second}")).collect();
    let mut blocks: Vec<Vec<String>> = strings("templates").iter().map(in_template).collect();
    blocks.push(texts.clone());
    blocks.extend(texts.iter().map(after));
    blocks
}

#[test]
fn plain_and_strange_texts_get_hugging_faces_ids() {
    let tokenizer = small_tokenizer(SMALL_CONTEXT);
    let expected: Vec<Vec<u32>> = serde_json::from_value(read_json(&golden("ids.json"))).unwrap();
    let texts = texts();
    assert_eq!(texts.len(), expected.len());
    for (text, expected) in texts.iter().zip(expected) {
        assert_eq!(tokenizer.encode(text).unwrap(), expected, "{text:.60?}");
    }
}

#[test]
fn every_imagenet_prompt_and_pair_of_strange_texts_gets_hugging_faces_ids() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !shared.exists() {
        eprintln!("skipped: {} is missing", shared.display());
        return;
    }
    let json = fs::read(shared.join("tokenizer/tokenizer.json")).unwrap();
    let tokenizer = Tokenizer::from_json(&json, CLIP_CONTEXT).unwrap();
    let expected = read_json(&golden("prompt_ids.json"));
    let mut all = Sha256::new();
    let mut count = 0;
    for (number, block) in prompt_blocks(&read_json(&shared.join("prompts/imagenet.json"))).iter().enumerate()
    {
        let packed: Vec<u8> = block.iter().flat_map(|prompt| packed_ids(&tokenizer, prompt)).collect();
        let hash = hex(&Sha256::digest(&packed)[..8]);
        assert_eq!(expected["blocks"][number], hash, "block {number}, which starts with {:.60?}", block[0]);
        all.update(&packed);
        count += block.len();
    }
    assert_eq!(expected["prompts"], count);
    assert_eq!(expected["all"], hex(&all.finalize()));
}

/// The number of ids, then the ids, little-endian: how the goldens are hashed.
fn packed_ids(tokenizer: &Tokenizer, prompt: &str) -> Vec<u8> {
    let ids = tokenizer.encode(prompt).unwrap();
    let length = u32::try_from(ids.len()).unwrap();
    std::iter::once(length).chain(ids).flat_map(u32::to_le_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn truncation_keeps_the_end_token() {
    let text = "dog ".repeat(100);
    for context_length in [3, 4, SMALL_CONTEXT, CLIP_CONTEXT] {
        let ids = small_tokenizer(context_length).encode(&text).unwrap();
        assert_eq!(ids.len(), context_length);
        assert_eq!((ids[0], ids[context_length - 1]), (598, 599));
    }
}

#[test]
fn a_short_text_is_not_padded_even_where_the_file_says_so() {
    let mut file = read_json(&golden("tokenizer.json"));
    file["padding"] = json!({
        "strategy": { "Fixed": SMALL_CONTEXT }, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 599, "pad_type_id": 0, "pad_token": "<|endoftext|>",
    });
    file["truncation"] =
        json!({ "max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right" });
    let (ours, plain) = (from_value(&file).unwrap(), small_tokenizer(SMALL_CONTEXT));
    for text in ["dog", "a photo of a dog.", ""] {
        assert_eq!(ours.encode(text).unwrap(), plain.encode(text).unwrap());
    }
}

#[test]
fn the_vocabulary_is_in_the_order_of_the_ids() {
    let tokenizer = small_tokenizer(SMALL_CONTEXT);
    let vocabulary = tokenizer.vocabulary();
    assert_eq!(vocabulary.len(), tokenizer.vocab_size());
    let file = read_json(&golden("tokenizer.json"));
    for (token, id) in file["model"]["vocab"].as_object().unwrap() {
        assert_eq!(&vocabulary[usize::try_from(id.as_u64().unwrap()).unwrap()], token);
    }
}

fn from_value(file: &Value) -> clip_wasm::Result<Tokenizer> {
    Tokenizer::from_json(&serde_json::to_vec(file).unwrap(), SMALL_CONTEXT)
}

/// The small tokenizer's file with one place changed.
fn with(place: &str, value: Value) -> Value {
    let mut file = read_json(&golden("tokenizer.json"));
    *file.pointer_mut(place).unwrap() = value;
    file
}

#[test]
fn special_tokens_may_come_from_a_template() {
    let single = json!([
        { "SpecialToken": { "id": "start", "type_id": 0 } },
        { "Sequence": { "id": "A", "type_id": 0 } },
        { "SpecialToken": { "id": "end", "type_id": 0 } },
    ]);
    let special_tokens = json!({
        "start": { "id": "start", "ids": [598], "tokens": ["<|startoftext|>"] },
        "end": { "id": "end", "ids": [599], "tokens": ["<|endoftext|>"] },
    });
    let template = json!({
        "type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": special_tokens,
    });
    let inside_a_sequence = json!({ "type": "Sequence", "processors": [
        { "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true }, &template,
    ] });
    let plain = small_tokenizer(SMALL_CONTEXT);
    for post_processor in [template, inside_a_sequence] {
        let tokenizer = from_value(&with("/post_processor", post_processor)).unwrap();
        for text in texts() {
            assert_eq!(tokenizer.encode(&text).unwrap(), plain.encode(&text).unwrap());
        }
    }
}

#[test]
fn a_file_without_special_tokens_gives_the_words_alone() {
    let tokenizer = from_value(&with("/post_processor", Value::Null)).unwrap();
    let ids = tokenizer.encode("a photo of a dog.").unwrap();
    let bracketed = small_tokenizer(SMALL_CONTEXT).encode("a photo of a dog.").unwrap();
    assert_eq!(ids, bracketed[1..bracketed.len() - 1]);
}

#[test]
fn merges_may_be_pairs_or_joined_by_a_space() {
    let mut file = read_json(&golden("tokenizer.json"));
    for merge in file["model"]["merges"].as_array_mut().unwrap() {
        *merge = json!(format!("{} {}", merge[0].as_str().unwrap(), merge[1].as_str().unwrap()));
    }
    let (old, new) = (from_value(&file).unwrap(), small_tokenizer(SMALL_CONTEXT));
    for text in texts() {
        assert_eq!(old.encode(&text).unwrap(), new.encode(&text).unwrap());
    }
}

fn assert_refused(file: &Value, reason: &str) {
    let error = from_value(file).unwrap_err();
    assert!(matches!(error, Error::Tokenizer { .. }), "{error:?}");
    assert!(error.to_string().contains(reason), "{error} lacks {reason:?}");
}

#[test]
fn a_damaged_file_is_refused_at_whatever_byte_it_ends() {
    let json = fs::read(golden("tokenizer.json")).unwrap();
    for length in (0..json.len() - 1).step_by(97) {
        let error = Tokenizer::from_json(&json[..length], SMALL_CONTEXT).unwrap_err();
        assert!(matches!(error, Error::Tokenizer { .. }), "{error:?}");
    }
}

#[test]
fn another_kind_of_model_is_named() {
    assert_refused(&with("/model/type", json!("WordPiece")), "`WordPiece`");
    assert_refused(&with("/model/type", json!("Unigram")), "the model type is Unigram");
    assert_refused(
        &with("/normalizer", json!({ "type": "Precompiled", "precompiled_charsmap": "" })),
        "Precompiled",
    );
    assert_refused(&with("/pre_tokenizer", json!({ "type": "FixedLength", "length": 0 })), "FixedLength");
    let nested = json!({ "type": "Sequence", "pretokenizers": [{ "type": "FixedLength", "length": 0 }] });
    assert_refused(&with("/pre_tokenizer", nested), "FixedLength");
    assert_refused(&with("/model/dropout", json!(0.1)), "dropout 0.1");
}

#[test]
fn a_merge_of_what_is_not_in_the_vocabulary_is_refused() {
    let longest = "x".repeat(100);
    assert_refused(&with("/model/merges/0", json!([longest, "a"])), "not in the vocabulary");
    assert_refused(&with("/model/merges/0", json!(["!", "\u{1}"])), "out of vocabulary");
    assert_refused(&with("/model/merges/0", json!("joined")), "a merge of two tokens");
    assert_refused(&with("/model/merges/0", json!(["a"])), "a merge of two tokens");
    assert_refused(&with("/model/continuing_subword_prefix", json!("ééé")), "not in the vocabulary");
    assert_refused(&with("/model/unk_token", json!("nowhere")), "unk_token \"nowhere\"");
}

#[test]
fn ids_with_gaps_doubles_or_beyond_the_vocabulary_are_refused() {
    for id in [600, u32::MAX, 1] {
        assert_refused(&with("/model/vocab/!", json!(id)), "expected each id from 0 up to");
    }
    assert_refused(&with("/model/vocab/!", json!(-1)), "invalid value");
    assert_refused(&with("/added_tokens/0/id", json!(7)), "has id 7");
    assert_refused(&with("/post_processor/cls/1", json!(600)), "special token id 600");
}

#[test]
fn a_template_that_cannot_be_filled_is_refused() {
    let template = |single: Value| {
        let post_processor =
            json!({ "type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": {} });
        with("/post_processor", post_processor)
    };
    let text = |id: &str| json!({ "Sequence": { "id": id, "type_id": 0 } });
    assert_refused(&template(json!([text("B")])), "names a text \"B\"");
    assert_refused(&template(json!([])), "0 places");
    assert_refused(&template(json!([text("A"), text("A")])), "2 places");
    let unknown = json!({ "SpecialToken": { "id": "[CLS]", "type_id": 0 } });
    assert_refused(&template(json!([unknown, text("A")])), "\"[CLS]\" has no ids");
}

#[test]
fn a_window_with_no_room_for_a_word_is_refused() {
    let json = fs::read(golden("tokenizer.json")).unwrap();
    for context_length in 0..3 {
        let error = Tokenizer::from_json(&json, context_length).unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
