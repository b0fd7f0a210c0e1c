//! Tensor names: the canonical ones are clip.cpp's GGUF names; other schemes are translated to them.
//!
//! clip.cpp's converter (`models/convert_hf_to_gguf.py` at 57f00e2) calls the first layer of a block's MLP
//! `ffn_down` and the second `ffn_up`, the reverse of what the words suggest. Its files exist, so its words
//! stand.

mod open_clip;
mod siglip;
mod timm;

pub(in crate::weights) use open_clip::is_wrapped;
pub(crate) use timm::is_kept_in_floats;

/// What becomes of a published tensor. The schemes have no name in common that means two things, so a name tells
/// which scheme it is of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TensorMapping {
    /// The tensor becomes one of this name, or keeps a name that no scheme knows.
    Whole(String),
    /// The matrix becomes one of this name, transposed.
    Transposed(String),
    /// Its rows become those of these tensors, one after the other, in equal parts.
    Packed(Vec<String>),
    /// The tensor gets this name and this many axes, its last ones; the axes before have length one.
    LastAxes(String, usize),
    /// It is a buffer without information and is left out.
    Nowhere,
    /// The tensor gets this name and this many axes, its first ones; the axes after have length one.
    FirstAxes(String, usize),
}

impl TensorMapping {
    /// The weight or the bias of one of a block's `layers`, which have published and canonical names; `None` if `name`
    /// is neither.
    fn affine(block: &str, name: &str, layers: &[(&str, &str)]) -> Option<Self> {
        Some(Self::Whole(format!("{block}.{}", affine(name, layers)?)))
    }

    /// The weight or the bias of PyTorch's one projection to queries, keys and values; `None` if `part` is neither.
    fn joint_projection(block: &str, part: &str) -> Option<Self> {
        Self::joint(block, &["q", "k", "v"], part)
    }

    /// The weight or the bias of one projection to several of queries, keys and values; `None` if `part` is neither.
    fn joint(block: &str, layers: &[&str], part: &str) -> Option<Self> {
        let name = |layer: &&str| format!("{block}.attn_{layer}.{part}");
        is_affine(part).then(|| Self::Packed(layers.iter().map(name).collect()))
    }
}

/// `layer_norm1.bias` to `ln1.bias`, by the published and canonical names of `layers`.
fn affine(name: &str, layers: &[(&str, &str)]) -> Option<String> {
    let (layer, part) = name.rsplit_once('.')?;
    let (_, canonical) = layers.iter().find(|(published, _)| *published == layer)?;
    is_affine(part).then(|| format!("{canonical}.{part}"))
}

fn is_affine(part: &str) -> bool {
    matches!(part, "weight" | "bias")
}

/// What becomes of the published tensor `name`: of a Hugging Face `CLIPModel` or `SiglipModel`, of OpenCLIP, or of
/// OpenAI's own state dict, whose names OpenCLIP kept.
///
/// ```
/// # use clip_wasm::weights::tensor_names::{TensorMapping, mapping};
/// assert_eq!(mapping("visual.proj"), TensorMapping::Transposed("visual_projection.weight".into()));
/// ```
pub fn mapping(name: &str) -> TensorMapping {
    if is_hugging_face_buffer(name) {
        return TensorMapping::Nowhere;
    }
    match from_hugging_face(name) {
        Some(canonical) => TensorMapping::Whole(canonical),
        None => siglip::mapping(name)
            .or_else(|| open_clip::mapping(name))
            .unwrap_or_else(|| TensorMapping::Whole(name.to_owned())),
    }
}

/// The canonical name of a tensor of a Hugging Face `CLIPModel`, or `None` if that model has no such tensor.
///
/// ```
/// # use clip_wasm::weights::tensor_names::from_hugging_face;
/// let name = "vision_model.encoder.layers.3.mlp.fc1.weight";
/// assert_eq!(from_hugging_face(name).as_deref(), Some("v.blk.3.ffn_down.weight"));
/// ```
pub fn from_hugging_face(name: &str) -> Option<String> {
    if matches!(name, "logit_scale" | "visual_projection.weight" | "text_projection.weight") {
        return Some(name.to_owned());
    }
    if let Some(rest) = name.strip_prefix("vision_model.") {
        return Some(format!("v.{}", vision_tensor(rest)?));
    }
    Some(format!("t.{}", text_tensor(name.strip_prefix("text_model.")?)?))
}

/// Whether a Hugging Face checkpoint's tensor is a buffer without information: old files store the numbers 0,
/// 1, 2, …
fn is_hugging_face_buffer(name: &str) -> bool {
    matches!(name, "vision_model.embeddings.position_ids" | "text_model.embeddings.position_ids")
}

fn vision_tensor(name: &str) -> Option<String> {
    let fixed = match name {
        "embeddings.class_embedding" => "class_embd",
        "embeddings.patch_embedding.weight" => "patch_embd.weight",
        "embeddings.position_embedding.weight" => "position_embd.weight",
        "pre_layrnorm.weight" => "pre_ln.weight",
        "pre_layrnorm.bias" => "pre_ln.bias",
        "post_layernorm.weight" => "post_ln.weight",
        "post_layernorm.bias" => "post_ln.bias",
        _ => return block_tensor(name),
    };
    Some(fixed.to_owned())
}

fn text_tensor(name: &str) -> Option<String> {
    let fixed = match name {
        "embeddings.token_embedding.weight" => "token_embd.weight",
        "embeddings.position_embedding.weight" => "position_embd.weight",
        "final_layer_norm.weight" => "post_ln.weight",
        "final_layer_norm.bias" => "post_ln.bias",
        _ => return block_tensor(name),
    };
    Some(fixed.to_owned())
}

const BLOCK_LAYERS: [(&str, &str); 8] = [
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.out_proj", "attn_out"),
    ("layer_norm1", "ln1"),
    ("layer_norm2", "ln2"),
    ("mlp.fc1", "ffn_down"),
    ("mlp.fc2", "ffn_up"),
];

/// `encoder.layers.3.self_attn.q_proj.bias` to `blk.3.attn_q.bias`.
fn block_tensor(name: &str) -> Option<String> {
    let (index, rest) = name.strip_prefix("encoder.layers.")?.split_once('.')?;
    let index: u16 = index.parse().ok()?;
    Some(format!("blk.{index}.{}", affine(rest, &BLOCK_LAYERS)?))
}
