//! The size of a converted model, computed from its config before anything is downloaded.

use std::collections::BTreeMap;

use crate::weights::config::{
    ClipConfig, ConvolutionalConfig, EfficientNetConfig, FastVitConfig, ModelFamily, TowerConfig,
};
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::quantize::tensor_types::planned_dtype;

/// What tokenizer, vocabulary and tensor table take, about, for each token: CLIP's, and the second SigLIP's, whose
/// file is the longer one of its family.
const fn bytes_per_token(family: ModelFamily) -> usize {
    match family {
        ModelFamily::Siglip => 134,
        _ => 65,
    }
}

/// The bytes of the GGUF file of a config's model by type, within some percent: which channels are outliers, and how
/// long the tokenizer's file is, only the checkpoint says.
pub fn by_dtype(config: &ClipConfig) -> BTreeMap<&'static str, u64> {
    let dtypes = [Dtype::F32, Dtype::F16, Dtype::Q8_0, Dtype::Q6K, Dtype::Q5_0, Dtype::Q4_0];
    dtypes.map(|dtype| (dtype.name(), bytes(config, dtype))).into()
}

fn bytes(config: &ClipConfig, asked: Dtype) -> u64 {
    let tensor =
        |name: &str, shape: &[usize]| planned_dtype(name, shape, asked).bytes_of(shape).unwrap_or(0) as u64;
    let (vision, text) = (config.vision.width, config.text.width);
    let patch = config.patch_size;
    let patches = tensor("v.position_embd.weight", &[config.vision_tokens(), vision])
        + tensor("v.patch_embd.weight", &[vision, config.channels, patch, patch]);
    let vision_tower = match (config.family, &config.convolutional) {
        (_, Some(ConvolutionalConfig::FastVit(sizes))) => fast_vit(sizes, config.projection_dim, &tensor),
        (_, Some(ConvolutionalConfig::EfficientNet(sizes))) => {
            efficient_net(sizes, vision, config.projection_dim, &tensor)
        }
        (ModelFamily::Siglip, _) => {
            patches + tower(&config.vision, &tensor) + block("v.head", &config.vision, &tensor)
        }
        (family, None) => {
            let projection = tensor("visual_projection.weight", &[config.projection_dim, vision]);
            let head = match family {
                ModelFamily::PerceptionEncoder => block("v.head", &config.vision, &tensor),
                _ => 0,
            };
            patches + tower(&config.vision, &tensor) + head + projection
        }
    };
    vision_tower
        + tower(&config.text, &tensor)
        + tensor("text_projection.weight", &[config.projection_dim, text])
        + tensor("t.token_embd.weight", &[config.vocab_size, text])
        + tensor("t.position_embd.weight", &[config.context_length, text])
        + (config.vocab_size * bytes_per_token(config.family)) as u64
}

/// A FastViT: what its MLPs and its last stage's attention have is nearly all of it; then come kernels.
fn fast_vit(sizes: &FastVitConfig, projection_dim: usize, tensor: &impl Fn(&str, &[usize]) -> u64) -> u64 {
    let square = |channels: usize| tensor("v.trunk.weight", &[channels, channels]);
    let kernels = |channels: usize, taps: usize| tensor("v.trunk.weight", &[channels, taps, 1, 1]);
    let stages = (0..4).zip(sizes.blocks).map(|(stage, blocks)| {
        let channels = sizes.channels << stage;
        // The expansion to three times the channels and back; attention is four squares more. Kernels of 7 and, with their
        // branches, 3 pixels, and batch norms.
        let block = square(channels) * if stage == 3 { 10 } else { 6 } + kernels(channels, 49 + 10);
        let norms = (blocks * channels * 24 * 4) as u64;
        // Before the blocks: a layer of each pixel, and squeeze-and-excitation or a kernel of 7 pixels.
        blocks as u64 * block + norms + kernels(channels, channels + channels / 2 + 58)
    });
    let last = sizes.channels * 16;
    stages.sum::<u64>() + tensor("v.trunk.weight", &[projection_dim, last]) + kernels(last, last / 8)
}

/// An EfficientNet-Lite whose last layer gives `last` channels.
fn efficient_net(
    sizes: &EfficientNetConfig,
    last: usize,
    projection_dim: usize,
    tensor: &impl Fn(&str, &[usize]) -> u64,
) -> u64 {
    let layer = |outputs: usize, inputs: usize| tensor("v.trunk.weight", &[outputs, inputs]);
    // A kernel of 25 pixels at most, and the four numbers of a norm for each channel.
    let kernels = |channels: usize| tensor("v.trunk.weight", &[channels, 17, 1, 1]) + (channels * 16) as u64;
    let mut inputs = sizes.stem;
    let mut bytes = kernels(2 * sizes.stem);
    for (stage, (&blocks, &outputs)) in sizes.blocks.iter().zip(&sizes.channels).enumerate() {
        for _ in 0..blocks {
            let inner = if stage == 0 { inputs } else { EfficientNetConfig::EXPANSION * inputs };
            bytes +=
                if stage == 0 { 0 } else { layer(inner, inputs) } + kernels(inner) + layer(outputs, inner);
            inputs = outputs;
        }
    }
    bytes + layer(last, inputs) + (last * 16) as u64 + tensor("v.trunk.weight", &[projection_dim, last])
}

/// The blocks of one tower.
fn tower(config: &TowerConfig, tensor: &impl Fn(&str, &[usize]) -> u64) -> u64 {
    config.layers as u64 * block("v.blk.0", config, tensor)
}

/// Attention, MLP, their biases and norms.
fn block(name: &str, config: &TowerConfig, tensor: &impl Fn(&str, &[usize]) -> u64) -> u64 {
    let (width, mlp_width) = (config.width, config.mlp_width);
    let attention: u64 = ["attn_q", "attn_k", "attn_v", "attn_out"]
        .iter()
        .map(|layer| tensor(&format!("{name}.{layer}.weight"), &[width, width]))
        .sum();
    let mlp = tensor(&format!("{name}.ffn_down.weight"), &[mlp_width, width])
        + tensor(&format!("{name}.ffn_up.weight"), &[width, mlp_width]);
    attention + mlp + 4 * (9 * width + mlp_width) as u64
}
