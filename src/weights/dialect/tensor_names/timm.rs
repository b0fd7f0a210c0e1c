//! The names of timm's vision towers (timm 1.0), which OpenCLIP keeps in `visual.trunk`, to the canonical ones.

use super::TensorMapping;

/// What becomes of the tower's tensor `name`. A FastViT's keep their names; the batches that a norm has seen are no
/// weights.
pub fn mapping(name: &str) -> TensorMapping {
    if name.ends_with(".num_batches_tracked") {
        return TensorMapping::Nowhere;
    }
    transformer_tensor(name).unwrap_or_else(|| TensorMapping::Whole(format!("v.trunk.{name}")))
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
    let (layer, part) = name.rsplit_once('.')?;
    let (block, layer) = match layer {
        "patch_embed.proj" => ("v", "patch_embd"),
        "norm_pre" => ("v", "pre_ln"),
        "norm" => ("v", "post_ln"),
        _ => match layer.strip_prefix("attn_pool.") {
            Some("kv") => return TensorMapping::joint("v.head", &["k", "v"], part),
            Some(layer) => ("v.head", pool_layer(layer)?),
            None => return block_tensor(layer, part),
        },
    };
    TensorMapping::affine(block, layer, part)
}

/// A layer of `AttentionPoolLatent`.
fn pool_layer(layer: &str) -> Option<&'static str> {
    Some(match layer {
        "q" => "attn_q",
        "proj" => "attn_out",
        "norm" => "ln2",
        "mlp.fc1" => "ffn_down",
        "mlp.fc2" => "ffn_up",
        _ => return None,
    })
}

/// `blocks.3.attn.proj` and `bias` to `v.blk.3.attn_out.bias`.
fn block_tensor(layer: &str, part: &str) -> Option<TensorMapping> {
    let (index, layer) = layer.strip_prefix("blocks.")?.split_once('.')?;
    let index: u16 = index.parse().ok()?;
    let block = format!("v.blk.{index}");
    let layer = match layer {
        "attn.qkv" => return TensorMapping::joint_projection(&block, part),
        "attn.proj" => "attn_out",
        "norm1" => "ln1",
        "norm2" => "ln2",
        "mlp.fc1" => "ffn_down",
        "mlp.fc2" => "ffn_up",
        _ => return None,
    };
    TensorMapping::affine(&block, layer, part)
}
