//! The small checkpoint under OpenCLIP's names: `in_proj` packed, projections transposed.

use super::tiny_clip::{NamedTensor, TinyClip};

impl TinyClip {
    /// The same weights as OpenCLIP's `CLIP` would store them; the config stays Hugging Face's.
    #[allow(dead_code, reason = "not every test binary asks for it")]
    pub fn in_open_clip_names(&self) -> Self {
        let mut tensors = Vec::new();
        for tensor in &self.tensors {
            match tensor.name.rsplit_once(".self_attn.") {
                Some((block, rest)) if !rest.starts_with("out_proj") => {
                    if let Some(part) = rest.strip_prefix("q_proj.") {
                        tensors.push(self.packed(block, part));
                    }
                }
                _ => tensors.push(renamed(tensor)),
            }
        }
        Self { tensors, ..self.clone() }
    }

    /// Query, key and value as one.
    fn packed(&self, block: &str, part: &str) -> NamedTensor {
        let third = |layer: &str| {
            let name = format!("{block}.self_attn.{layer}_proj.{part}");
            self.tensors.iter().find(|tensor| tensor.name == name).expect("a tensor of the block")
        };
        let thirds = ["q", "k", "v"].map(third);
        let mut shape = thirds[0].shape.clone();
        shape[0] *= 3;
        let values = thirds.iter().flat_map(|tensor| tensor.values.clone()).collect();
        NamedTensor { name: format!("{}.attn.in_proj_{part}", block_name(block)), shape, values }
    }
}

fn block_name(block: &str) -> String {
    block
        .replace("vision_model.encoder.layers", "visual.transformer.resblocks")
        .replace("text_model.encoder.layers", "transformer.resblocks")
}

fn renamed(tensor: &NamedTensor) -> NamedTensor {
    let name = match tensor.name.as_str() {
        "visual_projection.weight" => return transposed(tensor, "visual.proj"),
        "text_projection.weight" => return transposed(tensor, "text_projection"),
        "text_model.embeddings.token_embedding.weight" => "token_embedding.weight".to_owned(),
        name => block_name(name)
            .replace("self_attn.out_proj", "attn.out_proj")
            .replace("mlp.fc1", "mlp.c_fc")
            .replace("mlp.fc2", "mlp.c_proj")
            .replace("layer_norm1", "ln_1")
            .replace("layer_norm2", "ln_2")
            .replace("vision_model.pre_layrnorm", "visual.ln_pre")
            .replace("vision_model.post_layernorm", "visual.ln_post")
            .replace("text_model.final_layer_norm", "ln_final")
            .replace("vision_model.embeddings.patch_embedding", "visual.conv1")
            .replace("vision_model.embeddings.class_embedding", "visual.class_embedding")
            .replace("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding")
            .replace("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    };
    NamedTensor { name, ..tensor.clone() }
}

fn transposed(tensor: &NamedTensor, name: &str) -> NamedTensor {
    let (rows, columns) = (tensor.shape[0], tensor.shape[1]);
    let values =
        (0..columns).flat_map(|column| (0..rows).map(move |row| tensor.values[row * columns + column]));
    NamedTensor { name: name.to_owned(), shape: vec![columns, rows], values: values.collect() }
}
