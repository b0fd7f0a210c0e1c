//! Hugging Face's tensor names against the rule that clip.cpp's converter applies to them, and OpenCLIP's against
//! Hugging Face's.

use clip_wasm::weights::tensor_names::{TensorMapping, from_hugging_face, mapping};
use clip_wasm::weights::{Checkpoint, Dtype};

use crate::support::conversion::file_of;
use crate::support::tiny_clip::TinyClip;

/// `get_tensor_name` of clip.cpp's `models/convert_hf_to_gguf.py` at 57f00e2.
fn by_chained_replacement(name: &str) -> String {
    if name.contains("projection") {
        return name.to_owned();
    }
    [
        ("text_model", "t"),
        ("vision_model", "v"),
        ("encoder.layers", "blk"),
        ("embeddings.", ""),
        ("_proj", ""),
        ("self_attn.", "attn_"),
        ("layer_norm", "ln"),
        ("layernorm", "ln"),
        ("mlp.fc1", "ffn_down"),
        ("mlp.fc2", "ffn_up"),
        ("embedding", "embd"),
        ("final", "post"),
        ("layrnorm", "ln"),
    ]
    .iter()
    .fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}

#[test]
fn every_tensor_gets_the_name_that_clip_cpp_gives_it() {
    for tensor in TinyClip::seeded(0).tensors {
        assert_eq!(from_hugging_face(&tensor.name), Some(by_chained_replacement(&tensor.name)));
    }
}

#[test]
fn a_tensor_that_a_clip_model_does_not_have_has_no_canonical_name() {
    for name in [
        "",
        "lm_head.weight",
        "vision_model.encoder.layers.0.mlp.fc3.weight",
        "vision_model.encoder.layers.0.mlp.fc1.scale",
        "vision_model.encoder.layers.-1.mlp.fc1.weight",
        "vision_model.encoder.layers.99999999999999999999.mlp.fc1.weight",
        "vision_model.embeddings.token_embedding.weight",
        "text_model.pre_layrnorm.weight",
        "text_model.embeddings.position_ids",
    ] {
        assert_eq!(from_hugging_face(name), None, "{name}");
    }
}

#[test]
fn only_position_ids_are_buffers() {
    assert_eq!(mapping("text_model.embeddings.position_ids"), TensorMapping::Nowhere);
    assert_eq!(mapping("vision_model.embeddings.position_ids"), TensorMapping::Nowhere);
    assert_eq!(mapping("position_ids"), TensorMapping::Whole("position_ids".into()));
}

#[test]
fn the_batches_that_a_norm_has_seen_are_no_weights() {
    for name in
        ["visual.bn1", "_image_encoder.module.visual.layer1.0.bn2", "visual.trunk.stem.0.conv_kxk.0.bn"]
    {
        assert_eq!(mapping(&format!("{name}.num_batches_tracked")), TensorMapping::Nowhere, "{name}");
    }
}

#[test]
fn open_clip_names_stand_for_the_same_tensors() {
    let clip = TinyClip::seeded(3);
    let (ours, theirs) = (clip.checkpoint(), clip.in_open_clip_names().checkpoint());
    assert_eq!(ours.tensors.iter().count(), theirs.tensors.iter().count());
    for tensor in ours.tensors.iter() {
        let twin = theirs.tensors.iter().find(|twin| twin.name == tensor.name).expect(&tensor.name);
        assert_eq!((&twin.shape, &twin.data), (&tensor.shape, &tensor.data), "{}", tensor.name);
    }
}

#[test]
fn open_clip_weights_quantize_to_the_same_tensors() {
    let clip = TinyClip::seeded(3);
    let stored = |clip: &TinyClip| Checkpoint::from_gguf(file_of(&clip.checkpoint(), Dtype::Q8_0)).unwrap();
    let (ours, theirs) = (stored(&clip), stored(&clip.in_open_clip_names()));
    for tensor in ours.tensors.iter() {
        let twin = theirs.tensors.iter().find(|twin| twin.name == tensor.name).expect(&tensor.name);
        assert_eq!((&twin.shape, &twin.data), (&tensor.shape, &tensor.data), "{}", tensor.name);
    }
}
