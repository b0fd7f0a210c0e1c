//! The names of OpenCLIP's `CLIP` and `CustomTextCLIP` (open_clip 2.x, `model.py`), which are those of OpenAI's
//! state dict, and of Perception Encoder's own files and TinyCLIP's three parts beyond them, to the canonical ones.

use super::{TensorMapping, timm};

/// The parts that TinyCLIP's models are made of (wkcn/TinyCLIP, `src/open_clip/model.py` at ad981bf), and what it calls
/// the towers where they are not wrapped.
const PARTS: [&str; 5] = [
    "_image_encoder.",
    "_text_encoder.",
    "_logit_scale.",
    "image_encoder_without_ddp.",
    "text_encoder_without_ddp.",
];

/// What is left of a name in a checkpoint of training without the modules around the model: `module`, which PyTorch puts
/// around all of it, or around each part, to train on several devices, and TinyCLIP's parts.
fn unwrapped(name: &str) -> &str {
    let without_module = |name| str::strip_prefix(name, "module.").unwrap_or(name);
    let name = without_module(name);
    without_module(PARTS.iter().find_map(|part| name.strip_prefix(part)).unwrap_or(name))
}

/// Whether a tensor is in modules around the model, as in checkpoints of training.
pub fn is_wrapped(name: &str) -> bool {
    unwrapped(name) != name
}

/// What becomes of a tensor, or `None` if OpenCLIP's two transformers have no such tensor.
pub fn mapping(name: &str) -> Option<TensorMapping> {
    let name = unwrapped(name);
    // `CustomTextCLIP` keeps the text tower in a module of its own.
    let name = name.strip_prefix("text.").unwrap_or(name);
    // The batches that a norm has seen are no weights.
    if name.ends_with(".num_batches_tracked") {
        return Some(TensorMapping::Nowhere);
    }
    if let Some(rest) = name.strip_prefix("visual.trunk.") {
        return Some(timm::mapping(rest));
    }
    if let Some(rest) = name.strip_prefix("visual.attn_pool.") {
        return pool_tensor(rest);
    }
    let fixed = match name {
        "visual.proj" => return Some(TensorMapping::Transposed("visual_projection.weight".to_owned())),
        "text_projection" => return Some(TensorMapping::Transposed("text_projection.weight".to_owned())),
        // The causal mask, and the sizes that OpenAI's archives keep among the weights.
        "attn_mask" | "input_resolution" | "context_length" | "vocab_size" => {
            return Some(TensorMapping::Nowhere);
        }
        "visual.head.proj.weight" => "v.trunk.head.fc.weight",
        "visual.head.proj.bias" => "v.trunk.head.fc.bias",
        "visual.class_embedding" => "v.class_embd",
        "visual.positional_embedding" => "v.position_embd.weight",
        "visual.conv1.weight" => "v.patch_embd.weight",
        "visual.ln_pre.weight" => "v.pre_ln.weight",
        "visual.ln_pre.bias" => "v.pre_ln.bias",
        "visual.ln_post.weight" => "v.post_ln.weight",
        "visual.ln_post.bias" => "v.post_ln.bias",
        "token_embedding.weight" => "t.token_embd.weight",
        "positional_embedding" => "t.position_embd.weight",
        "ln_final.weight" => "t.post_ln.weight",
        "ln_final.bias" => "t.post_ln.bias",
        // A layer, not a matrix alone, where it has a bias.
        "text_projection.weight" | "text_projection.bias" | "logit_scale" | "logit_bias" => name,
        _ => return block_tensor(name),
    };
    Some(TensorMapping::Whole(fixed.to_owned()))
}

const BLOCK_LAYERS: [(&str, &str); 5] = [
    ("attn.out_proj", "attn_out"),
    ("ln_1", "ln1"),
    ("ln_2", "ln2"),
    ("mlp.c_fc", "ffn_down"),
    ("mlp.c_proj", "ffn_up"),
];
/// Those of Perception Encoder's pooling.
const POOL_LAYERS: [(&str, &str); 4] =
    [("attn.out_proj", "attn_out"), ("layernorm", "ln2"), ("mlp.c_fc", "ffn_down"), ("mlp.c_proj", "ffn_up")];

/// `visual.transformer.resblocks.3.attn.out_proj.bias` to `v.blk.3.attn_out.bias`.
fn block_tensor(name: &str) -> Option<TensorMapping> {
    let (tower, rest) = match name.strip_prefix("visual.") {
        Some(rest) => ("v", rest),
        None => ("t", name),
    };
    let (index, rest) = rest.strip_prefix("transformer.resblocks.")?.split_once('.')?;
    let index: u16 = index.parse().ok()?;
    let block = format!("{tower}.blk.{index}");
    if let Some(part) = rest.strip_prefix("attn.in_proj_") {
        return TensorMapping::joint_projection(&block, part);
    }
    TensorMapping::affine(&block, rest, &BLOCK_LAYERS)
}

/// A tensor of Perception Encoder's `AttentionPooling` (`core/vision_encoder/pe.py`).
fn pool_tensor(name: &str) -> Option<TensorMapping> {
    if name == "probe" {
        return Some(TensorMapping::Whole("v.head.probe".to_owned()));
    }
    if let Some(part) = name.strip_prefix("attn.in_proj_") {
        return TensorMapping::joint_projection("v.head", part);
    }
    TensorMapping::affine("v.head", name, &POOL_LAYERS)
}
