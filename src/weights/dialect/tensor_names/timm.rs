//! The names of timm's vision towers (timm 1.0), which OpenCLIP keeps in `visual.trunk`, to the canonical ones.

use super::TensorMapping;

const LAYERS: [(&str, &str); 3] =
    [("patch_embed.proj", "patch_embd"), ("norm_pre", "pre_ln"), ("norm", "post_ln")];
const POOL_LAYERS: [(&str, &str); 5] =
    [("q", "attn_q"), ("proj", "attn_out"), ("norm", "ln2"), ("mlp.fc1", "ffn_down"), ("mlp.fc2", "ffn_up")];
const BLOCK_LAYERS: [(&str, &str); 5] = [
    ("attn.proj", "attn_out"),
    ("norm1", "ln1"),
    ("norm2", "ln2"),
    ("mlp.fc1", "ffn_down"),
    ("mlp.fc2", "ffn_up"),
];

/// What becomes of the tower's tensor `name`. A FastViT's keep their names; the batches that a norm has seen are no
/// weights, and the layers of its MLPs, convolutions of one pixel, are matrices.
pub fn mapping(name: &str) -> TensorMapping {
    if name.ends_with(".num_batches_tracked") {
        return TensorMapping::Nowhere;
    }
    let of_trunk = || {
        let canonical = format!("v.trunk.{name}");
        if name.ends_with(".mlp.fc1.weight") || name.ends_with(".mlp.fc2.weight") {
            TensorMapping::FirstAxes(canonical, 2)
        } else {
            TensorMapping::Whole(canonical)
        }
    };
    transformer_tensor(name).unwrap_or_else(of_trunk)
}

/// A tensor of `VisionTransformer` or of Perception Encoder's `Eva`, or `None` if they have no such tensor.
fn transformer_tensor(name: &str) -> Option<TensorMapping> {
    match name {
        "pos_embed" => return Some(TensorMapping::LastAxes("v.position_embd.weight".to_owned(), 2)),
        "cls_token" => return Some(TensorMapping::LastAxes("v.class_embd".to_owned(), 1)),
        "head.weight" | "head.bias" => {
            return Some(TensorMapping::Whole(name.replace("head", "visual_projection")));
        }
        "attn_pool.latent" => return Some(TensorMapping::Whole("v.head.probe".to_owned())),
        _ => {}
    }
    if let Some(name) = name.strip_prefix("attn_pool.") {
        return pool_tensor(name);
    }
    block_tensor(name).or_else(|| TensorMapping::affine("v", name, &LAYERS))
}

/// A tensor of `AttentionPoolLatent`.
fn pool_tensor(name: &str) -> Option<TensorMapping> {
    match name.strip_prefix("kv.") {
        Some(part) => TensorMapping::joint("v.head", &["k", "v"], part),
        None => TensorMapping::affine("v.head", name, &POOL_LAYERS),
    }
}

/// `blocks.3.attn.proj.bias` to `v.blk.3.attn_out.bias`.
fn block_tensor(name: &str) -> Option<TensorMapping> {
    let (index, rest) = name.strip_prefix("blocks.")?.split_once('.')?;
    let index: u16 = index.parse().ok()?;
    let block = format!("v.blk.{index}");
    match rest.strip_prefix("attn.qkv.") {
        Some(part) => TensorMapping::joint_projection(&block, part),
        None => TensorMapping::affine(&block, rest, &BLOCK_LAYERS),
    }
}
