//! A model that is packed as it arrives is the model of the whole file.

use candle_core::{Device, Tensor};
use clip_wasm::Error;
use clip_wasm::model::Clip;
use clip_wasm::weights::{Checkpoint, Dtype, Loader};

use crate::support::conversion::file_of;
use crate::support::tiny_clip::TinyClip;

fn arrive(file: &[u8], chunk: usize) -> Result<Checkpoint, Error> {
    let mut loader = Loader::new(file.len() as u64);
    file.chunks(chunk).try_for_each(|chunk| loader.push(chunk))?;
    loader.finish()
}

/// A checkpoint some of whose channels are outliers.
fn clip() -> TinyClip {
    let mut clip = TinyClip::seeded(4);
    for norm in
        ["vision_model.encoder.layers.0.layer_norm1.weight", "text_model.encoder.layers.1.layer_norm2.weight"]
    {
        clip.tensor(norm).values[5] = 40.0;
    }
    clip
}

#[test]
fn its_embeddings_have_the_same_bits_in_every_type_and_any_chunking() {
    let pixels = Tensor::arange(0f32, 3.0 * 256.0, &Device::Cpu).unwrap().affine(0.002, -0.8).unwrap();
    let pixels = pixels.reshape((1, 3, 16, 16)).unwrap();
    let embeddings = |checkpoint: Checkpoint| {
        let clip = Clip::load(checkpoint.config, checkpoint.tensors).unwrap();
        let prompts = [vec![598, 5, 6, 599], vec![598, 7, 599]];
        (clip.embed_images(&pixels).unwrap(), clip.embed_prompts(&prompts).unwrap(), clip.bytes())
    };
    for dtype in [Dtype::F32, Dtype::Q8_0, Dtype::Q6K, Dtype::Q5_0, Dtype::Q4_0] {
        let file = file_of(&clip().checkpoint(), dtype);
        let whole = Checkpoint::from_gguf(file.clone()).unwrap();
        let main_dtype = whole.main_dtype();
        let expected = embeddings(whole);
        for chunk in [1000, 1 << 20] {
            let arrived = arrive(&file, chunk).unwrap();
            assert_eq!(arrived.main_dtype(), main_dtype);
            assert_eq!(embeddings(arrived), expected, "{dtype} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_weight_that_is_no_number_is_found_wherever_its_matrix_is_packed() {
    let mut file = file_of(&clip().checkpoint(), Dtype::Q8_0).to_vec();
    let name = b"v.blk.0.attn_q.weight";
    assert!(file.windows(name.len()).any(|bytes| bytes == name));
    let checkpoint = Checkpoint::from_gguf(file.clone().into()).unwrap();
    let data = checkpoint.tensors.iter().find(|tensor| tensor.name.as_bytes() == name).unwrap().data.clone();
    let at = file.windows(data.len()).position(|bytes| bytes == data).unwrap();
    file[at..][..2].copy_from_slice(&half::f16::NAN.to_le_bytes());
    let error = arrive(&file, 4096).expect_err("a scale that is no number");
    assert!(matches!(error, Error::NonFiniteWeight { .. }), "{error}");
}
