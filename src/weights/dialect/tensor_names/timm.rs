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

/// The layers of pixels, convolutions by a kernel of one, that are matrices: those of a FastViT's MLPs, and all of an
/// EfficientNet's but the first few.
const PIXEL_LAYERS: [&str; 5] =
    [".mlp.fc1.weight", ".mlp.fc2.weight", ".conv_pw.weight", ".conv_pwl.weight", "conv_head.weight"];

/// Whether the layer of pixels of this canonical name stays the kernel of a convolution, which is kept and multiplied in floats.
/// No residual goes past an EfficientNet's first two blocks, and they have few weights: in eight bits they alone would cost as much
/// as all others together.
pub fn is_kept_in_floats(name: &str) -> bool {
    name.starts_with("v.trunk.blocks.0.") || name.starts_with("v.trunk.blocks.1.0.")
}

/// What becomes of the tower's tensor `name`. Those of convolutional towers keep their names.
pub fn mapping(name: &str) -> TensorMapping {
    // A projection that is OpenCLIP's, or timm's own head, has one name.
    if let Some(part) = name.strip_prefix("classifier.") {
        return TensorMapping::Whole(format!("v.trunk.head.fc.{part}"));
    }
    let of_trunk = || {
        let canonical = format!("v.trunk.{name}");
        let is_pixel_layer = PIXEL_LAYERS.iter().any(|layer| name.ends_with(layer));
        if is_pixel_layer && !is_kept_in_floats(&canonical) {
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
