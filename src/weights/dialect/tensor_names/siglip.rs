//! What a Hugging Face `SiglipModel` has beyond a `CLIPModel`, to the canonical names.
//!
//! clip.cpp knows no SigLIP, so these names are ours, in its words: the pooling head `v.head` has attention and MLP
//! as a block has them, and its norm is that of a block's MLP. The text tower's head is its projection.

use super::TensorMapping;

/// What becomes of a tensor, or `None` if it is nothing that only a `SiglipModel` has.
pub fn mapping(name: &str) -> Option<TensorMapping> {
    let fixed = match name {
        "logit_bias" => "logit_bias",
        "text_model.head.weight" => "text_projection.weight",
        "text_model.head.bias" => "text_projection.bias",
        "vision_model.embeddings.patch_embedding.bias" => "v.patch_embd.bias",
        "vision_model.head.probe" => "v.head.probe",
        _ => return head_tensor(name.strip_prefix("vision_model.head.")?),
    };
    Some(TensorMapping::Whole(fixed.to_owned()))
}

const HEAD_LAYERS: [(&str, &str); 4] = [
    ("attention.out_proj", "attn_out"),
    ("layernorm", "ln2"),
    ("mlp.fc1", "ffn_down"),
    ("mlp.fc2", "ffn_up"),
];

/// `attention.out_proj.bias` to `v.head.attn_out.bias`.
fn head_tensor(name: &str) -> Option<TensorMapping> {
    if let Some(part) = name.strip_prefix("attention.in_proj_") {
        return TensorMapping::joint_projection("v.head", part);
    }
    TensorMapping::affine("v.head", name, &HEAD_LAYERS)
}
