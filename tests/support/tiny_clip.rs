//! A CLIP checkpoint in Hugging Face's form, small, seeded, and made on the spot: to be changed, damaged and
//! read.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use clip_wasm::weights::{Checkpoint, HuggingFaceFiles, MetadataFiles, Record};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

/// The small tokenizer of the golden data: 600 entries, end token 599.
pub const TOKENIZER: &[u8] = include_bytes!("../golden/tokenizer/tokenizer.json");

/// A tensor under its Hugging Face name.
#[derive(Clone)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// A checkpoint in the making.
///
/// The vision tower has rows of 256 values, which q6_k's blocks fill; the text tower has rows of 64,
/// which they do not.
#[derive(Clone)]
pub struct TinyClip {
    /// `config.json`
    pub config: Value,
    /// `preprocessor_config.json`
    pub preprocessor: Value,
    pub tensors: Vec<NamedTensor>,
    /// How the weights are stored: F32, F16 or BF16.
    pub dtype: Dtype,
    pub record: Record,
}

impl TinyClip {
    /// A checkpoint whose weights depend on `seed` alone.
    pub fn seeded(seed: u64) -> Self {
        let config = json!({
            "model_type": "clip",
            "projection_dim": 64,
            "vision_config": {
                "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 4,
                "image_size": 16, "patch_size": 8, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
            },
            "text_config": {
                "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
                "vocab_size": 600, "max_position_embeddings": 16, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
                "eos_token_id": 599,
            },
        });
        let preprocessor = json!({
            "crop_size": 16, "size": 16, "resample": 3,
            "do_resize": true, "do_center_crop": true, "do_normalize": true,
            "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
        });
        let record = Record { name: Some("tiny".into()), ..Record::default() };
        Self { tensors: tensors(seed), config, preprocessor, dtype: Dtype::F32, record }
    }

    /// The tensor of this name.
    pub fn tensor(&mut self, name: &str) -> &mut NamedTensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).expect("a tensor of the tiny checkpoint")
    }

    /// `model.safetensors`
    pub fn weights(&self) -> Bytes {
        self.weights_of(|_| true)
    }

    /// A safetensors file of the tensors whose names `belongs` accepts.
    pub fn weights_of(&self, belongs: impl Fn(&str) -> bool) -> Bytes {
        let stored = self
            .tensors
            .iter()
            .filter(|tensor| belongs(&tensor.name))
            .map(|tensor| (tensor, stored(&tensor.values, self.dtype)));
        let stored: Vec<_> = stored.collect();
        let views = stored.iter().map(|(tensor, bytes)| {
            (
                tensor.name.clone(),
                TensorView::new(self.dtype, tensor.shape.clone(), bytes).expect("bytes of that shape"),
            )
        });
        safetensors::serialize(views, None).expect("a safetensors file").into()
    }

    /// Everything, read.
    pub fn files(&self) -> HuggingFaceFiles {
        HuggingFaceFiles {
            companions: MetadataFiles {
                config: self.config.to_string().into(),
                tokenizer: Bytes::from_static(TOKENIZER),
                preprocessor: self.preprocessor.to_string().into(),
                ..MetadataFiles::default()
            },
            weights: vec![self.weights()],
            record: self.record.clone(),
        }
    }

    /// The checkpoint that the files make.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::from_hugging_face(self.files()).expect("a checkpoint")
    }

    /// Writes the files into `folder`, which exists.
    pub fn write_folder(&self, folder: &Path) {
        let files = self.files();
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.join(name), bytes).expect("a file in a temporary folder")
        };
        write("config.json", &files.companions.config);
        write("tokenizer.json", &files.companions.tokenizer);
        write("preprocessor_config.json", &files.companions.preprocessor);
        write("model.safetensors", &files.weights[0]);
    }
}

fn stored(values: &[f32], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F16 => values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect(),
        Dtype::BF16 => values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

/// Weights about as large as in a trained checkpoint, gains about 1.
fn tensors(seed: u64) -> Vec<NamedTensor> {
    let mut random = SplitMix(seed);
    let fill = |(name, shape): (String, Vec<usize>)| {
        let count = shape.iter().product();
        let is_gain = shape.len() == 1 && name.ends_with("weight");
        let values = match name.as_str() {
            "logit_scale" => vec![4.6052],
            _ if is_gain => (0..count).map(|_| 1.0 + 0.2 * random.next()).collect(),
            _ => (0..count).map(|_| 0.1 * random.next()).collect(),
        };
        NamedTensor { name, shape, values }
    };
    shapes().into_iter().map(fill).collect()
}

/// Every tensor of a `CLIPModel` of these sizes, by its Hugging Face name.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("logit_scale".into(), vec![]),
        ("visual_projection.weight".into(), vec![64, 256]),
        ("text_projection.weight".into(), vec![64, 64]),
        ("vision_model.embeddings.class_embedding".into(), vec![256]),
        ("vision_model.embeddings.patch_embedding.weight".into(), vec![256, 3, 8, 8]),
        ("vision_model.embeddings.position_embedding.weight".into(), vec![5, 256]),
        ("text_model.embeddings.token_embedding.weight".into(), vec![600, 64]),
        ("text_model.embeddings.position_embedding.weight".into(), vec![16, 64]),
    ];
    affine(&mut shapes, "vision_model.pre_layrnorm", &[256]);
    affine(&mut shapes, "vision_model.post_layernorm", &[256]);
    affine(&mut shapes, "text_model.final_layer_norm", &[64]);
    block(&mut shapes, "vision_model.encoder.layers.0", 256, 256);
    block(&mut shapes, "text_model.encoder.layers.0", 64, 128);
    block(&mut shapes, "text_model.encoder.layers.1", 64, 128);
    shapes
}

fn block(shapes: &mut Vec<(String, Vec<usize>)>, prefix: &str, width: usize, mlp_width: usize) {
    for layer in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"] {
        affine(shapes, &format!("{prefix}.{layer}"), &[width, width]);
    }
    affine(shapes, &format!("{prefix}.layer_norm1"), &[width]);
    affine(shapes, &format!("{prefix}.layer_norm2"), &[width]);
    affine(shapes, &format!("{prefix}.mlp.fc1"), &[mlp_width, width]);
    affine(shapes, &format!("{prefix}.mlp.fc2"), &[width, mlp_width]);
}

/// A weight of this shape, and a bias as long as its first axis.
fn affine(shapes: &mut Vec<(String, Vec<usize>)>, layer: &str, weight: &[usize]) {
    shapes.push((format!("{layer}.weight"), weight.to_vec()));
    shapes.push((format!("{layer}.bias"), vec![weight[0]]));
}

/// The SplitMix64 generator (Steele, Lea, Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    /// A number of about a normal distribution: the sum of four uniform ones, scaled to variance 1.
    fn next(&mut self) -> f32 {
        let uniform = |bits: u64| (bits >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
        (0..4).map(|_| uniform(self.bits())).sum::<f32>() * 3f32.sqrt()
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
