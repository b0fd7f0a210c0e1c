//! candle-transformers' CLIP over a Hugging Face folder: an implementation that is not ours.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::clip::text_model::{Activation, ClipTextConfig};
use candle_transformers::models::clip::vision_model::ClipVisionConfig;
use candle_transformers::models::clip::{ClipConfig, ClipModel};
use clip_wasm::image::Pixels;
use clip_wasm::{Error, Result, weights};

/// The model in f32.
pub struct Oracle(ClipModel);

impl Oracle {
    /// Reads the folder's `model.safetensors`.
    ///
    /// # Errors
    /// `File` if it is not there, `Candle` for what candle makes of it.
    pub fn open(folder: &Path, config: &weights::ClipConfig) -> Result<Self> {
        let path = folder.join("model.safetensors");
        let bytes = std::fs::read(&path).map_err(|source| Error::File { path, source })?;
        let variables = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)?;
        Ok(Self(ClipModel::new(variables, &candle_config(config))?))
    }

    /// The embedding of preprocessed pixels.
    pub fn embed_pixels(&self, pixels: Pixels) -> Result<Vec<f32>> {
        let shape = (1, 3, pixels.height, pixels.width);
        let pixels = Tensor::from_vec(pixels.data, shape, &Device::Cpu)?;
        Ok(self.0.get_image_features(&pixels)?.flatten_all()?.to_vec1()?)
    }

    /// The embedding of a prompt's ids. candle reads it at the highest id.
    pub fn embed_ids(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        Ok(self.0.get_text_features(&ids)?.flatten_all()?.to_vec1()?)
    }
}

fn candle_config(config: &weights::ClipConfig) -> ClipConfig {
    let (text, vision) = (&config.text, &config.vision);
    ClipConfig {
        text_config: ClipTextConfig {
            vocab_size: config.vocab_size,
            embed_dim: text.width,
            activation: Activation::QuickGelu,
            intermediate_size: text.mlp_width,
            max_position_embeddings: config.context_length,
            pad_with: None,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            projection_dim: config.projection_dim,
        },
        vision_config: ClipVisionConfig {
            embed_dim: vision.width,
            activation: Activation::QuickGelu,
            intermediate_size: vision.mlp_width,
            num_hidden_layers: vision.layers,
            num_attention_heads: vision.heads,
            projection_dim: config.projection_dim,
            num_channels: config.channels,
            image_size: config.image_size,
            patch_size: config.patch_size,
        },
        logit_scale_init_value: 0.0,
        image_size: config.image_size,
    }
}
