//! Outlier channels: a file lists them, its list counts, and files of before have none.

use std::path::Path;

use bytes::Bytes;
use clip_wasm::model::Clip;
use clip_wasm::weights::gguf::{Array, Gguf, TensorLayout, Value};
use clip_wasm::weights::{Checkpoint, Dtype, rewrite};
use clip_wasm::{Error, Result};

use crate::support::conversion::file_of;
use crate::support::gguf::gguf_file;
use crate::support::tiny_clip::TinyClip;

const KEY: &str = "clip.outlier_channels.v.blk.0.ln1";
const PREFIX: &str = "clip.outlier_channels.";

/// A q8_0 file of a model with the outlier channels 3 and 40 in its first block.
fn file() -> Bytes {
    let mut clip = TinyClip::seeded(4);
    let gains = &mut clip.tensor("vision_model.encoder.layers.0.layer_norm1.weight").values;
    (gains[3], gains[40]) = (15.0, -12.0);
    file_of(&clip.checkpoint(), Dtype::Q8_0)
}

/// The same file with this in place of the list.
fn with_list(list: Option<Value>) -> Bytes {
    let Gguf { mut metadata, tensors } = Gguf::read(&file()).unwrap();
    metadata.remove(KEY).unwrap();
    metadata.extend(list.map(|list| (KEY.to_owned(), list)));
    let metadata: Vec<_> = metadata.into_iter().collect();
    let tensors: Vec<_> = tensors
        .into_iter()
        .map(|tensor| (TensorLayout::new(tensor.name, tensor.shape, tensor.dtype).unwrap(), tensor.data))
        .collect();
    gguf_file(&metadata, &tensors)
}

fn prompt_and_bytes(file: Bytes) -> Result<(Vec<Vec<f32>>, usize)> {
    let Checkpoint { config, tensors, .. } = Checkpoint::from_gguf(file)?;
    let clip = Clip::load(config, tensors)?;
    Ok((clip.embed_prompts(&[vec![1, 2, 3]])?, clip.bytes()))
}

#[test]
fn a_quantized_file_lists_the_outlier_channels_of_each_norm() {
    let metadata = Gguf::read(&file()).unwrap().metadata;
    assert_eq!(metadata[KEY], Value::Array(Array::integers(&[3, 40])));
    assert_eq!(metadata.keys().filter(|key| key.starts_with(PREFIX)).count(), 1);
}

#[test]
fn a_file_without_a_list_has_the_same_channels_and_gets_the_list_when_it_is_rewritten() {
    let before = with_list(None);
    assert_eq!(prompt_and_bytes(before.clone()).unwrap(), prompt_and_bytes(file()).unwrap());
    let rewritten = |file| {
        let mut out = Vec::new();
        rewrite(&Checkpoint::from_gguf(file).unwrap(), &mut out, &mut |_, _| {}).unwrap();
        out
    };
    assert_eq!(rewritten(before), rewritten(file()));
    assert_eq!(rewritten(file()), file());
}

#[test]
fn emoji_clip_which_lists_none_opens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/emoji-clip.gguf");
    let Checkpoint { config, tensors, .. } = Checkpoint::open(&path).unwrap();
    assert!(tensors.outliers().is_empty());
    Clip::load(config, tensors).unwrap();
}

#[test]
fn the_list_counts_and_not_what_the_norm_tells() {
    let listed =
        |channels: &[u32]| prompt_and_bytes(with_list(Some(Value::Array(Array::integers(channels)))));
    assert!(listed(&[3, 41]).is_ok());
    // The weights beside the matrices are of two channels.
    assert!(matches!(listed(&[3]), Err(Error::TensorShape { .. })));
    let refused = |channels: &[u32]| listed(channels).unwrap_err().to_string();
    assert!(refused(&[3, 4000]).contains("names channel 4000 of"), "{}", refused(&[3, 4000]));
    assert!(refused(&[40, 3]).contains("is not an ascending list of u32"), "{}", refused(&[40, 3]));
    assert!(prompt_and_bytes(with_list(Some(Value::Bool(true)))).is_err());
}
