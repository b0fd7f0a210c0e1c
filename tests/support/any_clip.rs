//! Whole checkpoints of any sizes, out of a few bytes: configs that models have, and configs that none has.

use bytes::Bytes;
use clip_wasm::Result;
use clip_wasm::image::Rgb8;
use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::weights::{Checkpoint, Dtype, HuggingFaceFiles, MetadataFiles, Record, quantize};
use safetensors::tensor::TensorView;
use serde_json::json;

/// What a field may be: what the kernels like, what they do not, and what no model has.
const SIZES: [u64; 24] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 31, 32, 33, 36, 48, 63, 64, 100, 1 << 14, 1 << 40, u64::MAX];
/// A tensor of more values is left short: the config is refused first, or the tensor's shape is.
const MOST_VALUES: usize = 1 << 17;

/// A model in the making. A field that is not given has the value of a model that runs.
#[derive(Clone, Debug)]
pub struct AnyClip {
    pub siglip: bool,
    /// A SigLIP whose pictures keep their shape.
    pub naflex: bool,
    pub vision: [u64; 4],
    pub text: [u64; 4],
    pub image_size: u64,
    pub patch_size: u64,
    pub vocab_size: u64,
    pub context_length: u64,
    pub projection_dim: u64,
    pub eos_token_id: u64,
    pub crop: u64,
    pub quantized: Option<Dtype>,
}

impl Default for AnyClip {
    /// A model that runs: widths, hidden widths, layers and heads of both towers, then the rest.
    fn default() -> Self {
        Self {
            siglip: false,
            naflex: false,
            vision: [16, 32, 1, 2],
            text: [16, 32, 1, 2],
            image_size: 8,
            patch_size: 4,
            vocab_size: 600,
            context_length: 8,
            projection_dim: 16,
            eos_token_id: 599,
            crop: 8,
            quantized: None,
        }
    }
}

impl AnyClip {
    /// A model out of bytes: the first says of which kind it is, each two after them put a size in place of another.
    pub fn of(bytes: &[u8]) -> Self {
        let (kind, changes) = bytes.split_first().map_or((0, &[][..]), |(kind, changes)| (*kind, changes));
        let mut clip = Self { siglip: kind & 1 == 1, ..Self::default() };
        clip.naflex = clip.siglip && kind & 8 != 0;
        clip.quantized =
            [None, Some(Dtype::Q8_0), Some(Dtype::Q4_0), Some(Dtype::F16)][usize::from(kind >> 1 & 3)];
        for change in changes.as_chunks::<2>().0.iter().take(6) {
            let size = SIZES[usize::from(change[1]) % SIZES.len()];
            let field = usize::from(change[0]) % 15;
            match field {
                0..4 => clip.vision[field] = size,
                4..8 => clip.text[field - 4] = size,
                8 => clip.image_size = size,
                9 => clip.patch_size = size,
                10 => clip.vocab_size = size,
                11 => clip.context_length = size,
                12 => clip.projection_dim = size,
                13 => clip.eos_token_id = size,
                _ => clip.crop = size,
            }
        }
        // As far as SigLIP and the preprocessing go with the other sizes, unless they were changed themselves.
        if clip.siglip && clip.projection_dim == 16 {
            clip.projection_dim = clip.vision[0];
        }
        if clip.crop == 8 {
            clip.crop = clip.image_size;
        }
        clip
    }

    /// Opens it, and asks it everything that a visitor would: scores, embeddings and heatmaps.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn run(&self) -> Result<f32> {
        let mut checkpoint = Checkpoint::from_hugging_face(self.files())?;
        if let Some(dtype) = self.quantized {
            let mut file = Vec::new();
            quantize(&checkpoint, dtype, &mut file, &mut |_, _| {})?;
            checkpoint = Checkpoint::from_gguf(file.into())?;
        }
        let mut session = Session::new(checkpoint)?;
        let picture = Rgb8::new(5, 7, (0..5 * 7 * 3).map(|level| level as u8 * 2).collect())?;
        let embedding = session.embed_rgb(&picture)?.embedding;
        let labels = ["cat".to_owned(), "two dogs and a long label with more words than fit".to_owned()];
        let templates = ["a {}".to_owned(), "{}".to_owned()];
        let scores = session.classify(&embedding, &labels, &templates, session.default_mode())?;
        let mut saliency = session.saliency(&picture, Method::Patches)?;
        session.heatmaps(&mut saliency, &labels, &templates)?;
        assert!(scores.iter().all(|score| score.score.is_finite()), "{scores:?}");
        Ok(scores[0].score)
    }

    fn files(&self) -> HuggingFaceFiles {
        let tower = |[width, mlp_width, layers, heads]: [u64; 4]| {
            json!({ "hidden_size": width, "intermediate_size": mlp_width, "num_hidden_layers": layers,
                    "num_attention_heads": heads, "hidden_act": "gelu" })
        };
        let (mut vision, mut text) = (tower(self.vision), tower(self.text));
        vision["image_size"] = self.image_size.into();
        vision["patch_size"] = self.patch_size.into();
        text["vocab_size"] = self.vocab_size.into();
        text["max_position_embeddings"] = self.context_length.into();
        text["eos_token_id"] = self.eos_token_id.into();
        let mut config = json!({ "model_type": "clip", "vision_config": vision, "text_config": text });
        if self.naflex {
            let side = self.image_size.checked_div(self.patch_size).unwrap_or(0);
            config["vision_config"]["num_patches"] = side.saturating_mul(side).into();
        }
        if self.siglip {
            config["model_type"] = if self.naflex { "siglip2" } else { "siglip" }.into();
            config["text_config"]["projection_size"] = self.projection_dim.into();
        } else {
            config["projection_dim"] = self.projection_dim.into();
        }
        let preprocessor = if self.naflex {
            json!({ "image_processor_type": "Siglip2ImageProcessor", "patch_size": self.patch_size,
                    "max_num_patches": self.crop })
        } else {
            json!({ "size": self.crop, "crop_size": self.crop, "do_center_crop": true })
        };
        HuggingFaceFiles {
            companions: MetadataFiles {
                config: config.to_string().into(),
                tokenizer: Bytes::from_static(super::tiny_clip::TOKENIZER),
                preprocessor: preprocessor.to_string().into(),
                ..MetadataFiles::default()
            },
            weights: vec![self.weights()],
            record: Record::default(),
        }
    }

    fn weights(&self) -> Bytes {
        let values = |name: &str, shape: &[usize]| -> Vec<u8> {
            let count: usize = shape.iter().product();
            let is_gain = shape.len() == 1 && name.ends_with("weight");
            let value = |index: usize| {
                let noise = ((index * 7919 + name.len() * 104_729) % 1013) as f32 / 1013.0 - 0.5;
                if is_gain { 1.0 + 0.2 * noise } else { 0.2 * noise }
            };
            (0..count).flat_map(|index| value(index).to_le_bytes()).collect()
        };
        let tensors: Vec<_> =
            self.shapes().into_iter().map(|(name, shape)| (values(&name, &shape), name, shape)).collect();
        let views = tensors.iter().filter_map(|(bytes, name, shape)| {
            Some((name.clone(), TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).ok()?))
        });
        safetensors::serialize(views, None).unwrap_or_default().into()
    }

    /// Every tensor of such a model under its Hugging Face name; one that would be too large is short.
    fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let mut shapes = Shapes(Vec::new());
        let side = self.image_size.checked_div(self.patch_size).unwrap_or(0);
        let patches = side.saturating_mul(side).saturating_add(u64::from(!self.siglip));
        let (vision, text, patch) = (self.vision[0], self.text[0], self.patch_size);
        shapes.put("logit_scale", &[]);
        let flat = patch.saturating_mul(patch).saturating_mul(3);
        let kernel: &[u64] = if self.naflex { &[vision, flat] } else { &[vision, 3, patch, patch] };
        shapes.put("vision_model.embeddings.patch_embedding.weight", kernel);
        shapes.put("vision_model.embeddings.position_embedding.weight", &[patches, vision]);
        shapes.put("text_model.embeddings.token_embedding.weight", &[self.vocab_size, text]);
        shapes.put("text_model.embeddings.position_embedding.weight", &[self.context_length, text]);
        shapes.affine("vision_model.post_layernorm", &[vision]);
        shapes.affine("text_model.final_layer_norm", &[text]);
        shapes.tower("vision_model", self.vision);
        shapes.tower("text_model", self.text);
        if self.siglip {
            shapes.put("logit_bias", &[]);
            shapes.put("vision_model.embeddings.patch_embedding.bias", &[vision]);
            shapes.affine("text_model.head", &[self.projection_dim, text]);
            shapes.put("vision_model.head.probe", &[1, 1, vision]);
            shapes.put("vision_model.head.attention.in_proj_weight", &[vision.saturating_mul(3), vision]);
            shapes.put("vision_model.head.attention.in_proj_bias", &[vision.saturating_mul(3)]);
            shapes.affine("vision_model.head.attention.out_proj", &[vision, vision]);
            shapes.affine("vision_model.head.layernorm", &[vision]);
            shapes.affine("vision_model.head.mlp.fc1", &[self.vision[1], vision]);
            shapes.affine("vision_model.head.mlp.fc2", &[vision, self.vision[1]]);
        } else {
            shapes.put("vision_model.embeddings.class_embedding", &[vision]);
            shapes.affine("vision_model.pre_layrnorm", &[vision]);
            shapes.put("visual_projection.weight", &[self.projection_dim, vision]);
            shapes.put("text_projection.weight", &[self.projection_dim, text]);
        }
        shapes.0
    }
}

struct Shapes(Vec<(String, Vec<usize>)>);

impl Shapes {
    fn put(&mut self, name: &str, shape: &[u64]) {
        let values = shape.iter().try_fold(1u64, |product, &axis| product.checked_mul(axis));
        let fits = values.is_some_and(|values| values <= MOST_VALUES as u64);
        let shape = if fits { shape.iter().map(|&axis| axis as usize).collect() } else { vec![1] };
        self.0.push((name.to_owned(), shape));
    }

    fn affine(&mut self, name: &str, weight: &[u64]) {
        self.put(&format!("{name}.weight"), weight);
        self.put(&format!("{name}.bias"), &weight[..1]);
    }

    fn tower(&mut self, name: &str, [width, mlp_width, layers, _]: [u64; 4]) {
        for layer in 0..layers.min(4) {
            let block = format!("{name}.encoder.layers.{layer}");
            for part in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"] {
                self.affine(&format!("{block}.{part}"), &[width, width]);
            }
            self.affine(&format!("{block}.layer_norm1"), &[width]);
            self.affine(&format!("{block}.layer_norm2"), &[width]);
            self.affine(&format!("{block}.mlp.fc1"), &[mlp_width, width]);
            self.affine(&format!("{block}.mlp.fc2"), &[width, mlp_width]);
        }
    }
}
