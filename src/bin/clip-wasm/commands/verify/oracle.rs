//! The independent reference of `verify`: candle-transformers' CLIP and SigLIP, run on a Hugging Face folder, and its
//! MobileCLIP, run on OpenCLIP's.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::clip::text_model::{Activation, ClipTextConfig};
use candle_transformers::models::clip::vision_model::ClipVisionConfig;
use candle_transformers::models::clip::{ClipConfig, ClipModel};
use candle_transformers::models::mobileclip::{MobileClipConfig, MobileClipModel};
use candle_transformers::models::openclip::text_model;
use candle_transformers::models::{fastvit, siglip};
use clip_wasm::image::Pixels;
use clip_wasm::kernels::activation::Activation as OurActivation;
use clip_wasm::weights::ModelFamily;
use clip_wasm::{Error, Result, weights};

/// The length of the embeddings of candle's MobileCLIP.
const MOBILE_CLIP_DIM: usize = 512;

/// The model in f32.
pub enum Oracle {
    Clip(Box<ClipModel>),
    Siglip(Box<siglip::Model>),
    MobileClip(Box<MobileClipModel>),
}

impl Oracle {
    /// Reads the folder's `model.safetensors`; `None` where candle has no model of this family and these sizes, or
    /// OpenCLIP's weights are in another file than `open_clip_model.safetensors`.
    ///
    /// # Errors
    /// `File` if it is not there, `Candle` for what candle makes of it.
    pub fn open(folder: &Path, config: &weights::ClipConfig) -> Result<Option<Self>> {
        if config.naflex {
            return Ok(None);
        }
        let (known, file) = match config.family {
            ModelFamily::Clip => (OurActivation::QuickGelu, "model.safetensors"),
            ModelFamily::Siglip => (OurActivation::GeluTanh, "model.safetensors"),
            ModelFamily::MobileClip => (OurActivation::Gelu, "open_clip_model.safetensors"),
            ModelFamily::EfficientNetClip | ModelFamily::PerceptionEncoder => return Ok(None),
        };
        let is_other = |tower: &weights::TowerConfig| tower.activation != known;
        let path = folder.join(file);
        let is_unknown = config.family == ModelFamily::MobileClip
            && (config.projection_dim != MOBILE_CLIP_DIM || !path.exists());
        if is_unknown || is_other(&config.vision) || is_other(&config.text) {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).map_err(|source| Error::File { path, source })?;
        let variables = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)?;
        Ok(Some(match (config.family, &config.convolutional) {
            (ModelFamily::Siglip, _) => {
                Self::Siglip(Box::new(siglip::Model::new(&siglip_config(config), variables)?))
            }
            (ModelFamily::MobileClip, Some(weights::ConvolutionalConfig::FastVit(sizes))) => {
                let config = mobile_clip_config(config, sizes);
                Self::MobileClip(Box::new(MobileClipModel::new(variables, &config)?))
            }
            _ => Self::Clip(Box::new(ClipModel::new(variables, &clip_config(config))?)),
        }))
    }

    /// The embedding of preprocessed pixels.
    pub fn embed_pixels(&self, pixels: Pixels) -> Result<Vec<f32>> {
        let shape = (1, 3, pixels.height, pixels.width);
        let pixels = Tensor::from_vec(pixels.data, shape, &Device::Cpu)?;
        let features = match self {
            Self::Clip(model) => model.get_image_features(&pixels),
            Self::Siglip(model) => model.get_image_features(&pixels),
            Self::MobileClip(model) => model.get_image_features(&pixels),
        };
        Ok(features?.flatten_all()?.to_vec1()?)
    }

    /// The embedding of a prompt's ids. candle reads CLIP's and MobileCLIP's at the highest id, SigLIP's at the last place.
    pub fn embed_ids(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let features = match self {
            Self::Clip(model) => model.get_text_features(&ids),
            Self::Siglip(model) => model.get_text_features(&ids),
            Self::MobileClip(model) => model.get_text_features(&ids),
        };
        Ok(features?.flatten_all()?.to_vec1()?)
    }
}

fn mobile_clip_config(config: &weights::ClipConfig, sizes: &weights::FastVitConfig) -> MobileClipConfig {
    let text = &config.text;
    MobileClipConfig {
        text_config: text_model::Config {
            vocab_size: config.vocab_size,
            embed_dim: text.width,
            intermediate_size: text.mlp_width,
            max_position_embeddings: config.context_length,
            pad_with: None,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            projection_dim: config.projection_dim,
        },
        vision_config: fastvit::Config {
            exp_ratio: 3,
            in_channels: sizes.channels,
            blocks: sizes.blocks,
            attn: true,
            lkc_use_act: true,
        },
        image_size: config.image_size,
    }
}

fn siglip_config(config: &weights::ClipConfig) -> siglip::Config {
    let (text, vision) = (&config.text, &config.vision);
    siglip::Config {
        text_config: siglip::TextConfig {
            vocab_size: config.vocab_size,
            hidden_size: text.width,
            intermediate_size: text.mlp_width,
            num_hidden_layers: text.layers,
            num_attention_heads: text.heads,
            max_position_embeddings: config.context_length,
            hidden_act: candle_nn::Activation::GeluPytorchTanh,
            layer_norm_eps: text.layer_norm_eps.into(),
            // Not looked at: the prompts come with their padding.
            pad_token_id: 0,
            bos_token_id: 0,
            eos_token_id: 0,
        },
        vision_config: siglip::VisionConfig {
            hidden_size: vision.width,
            intermediate_size: vision.mlp_width,
            num_hidden_layers: vision.layers,
            num_attention_heads: vision.heads,
            num_channels: config.channels,
            image_size: config.image_size,
            patch_size: config.patch_size,
            hidden_act: candle_nn::Activation::GeluPytorchTanh,
            layer_norm_eps: vision.layer_norm_eps.into(),
        },
    }
}

fn clip_config(config: &weights::ClipConfig) -> ClipConfig {
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
