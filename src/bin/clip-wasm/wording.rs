//! Words errors for users: translates the library's internal names.

use clip_wasm::Error;

/// The message of an error on the command line.
pub fn of(error: &Error) -> String {
    match error {
        Error::InFile { path, error } => format!("{}: {}", path.display(), of(error)),
        Error::Write { source } => format!("cannot write to standard output: {source}"),
        Error::MissingTensor { name, .. } => format!(
            "the weights lack {}: expected a checkpoint of CLIP or SigLIP with both towers, of the sizes that its \
             config says",
            tensor(name)
        ),
        Error::TensorShape { name, found, expected } => {
            format!("{} has the shape {found:?}, the config needs {expected:?}", tensor(name))
        }
        Error::NonFiniteWeight { name, index } => {
            format!("{} has a value at element {index} that is not finite: the file is damaged", tensor(name))
        }
        Error::WeightRange { name, index, value, dtype } => {
            format!("{} has the value {value} at element {index}, beyond the range of {dtype}", tensor(name))
        }
        error => error.to_string(),
    }
}

/// A tensor by what it is; one that no tower has keeps its name.
fn tensor(name: &str) -> String {
    let (tower, rest) = match name.split_once('.') {
        Some(("v", rest)) => ("the vision tower's", rest),
        Some(("t", rest)) => ("the text tower's", rest),
        _ => {
            return match name {
                "visual_projection.weight" => "the vision tower's projection".to_owned(),
                "text_projection.weight" => "the text tower's projection".to_owned(),
                "text_projection.bias" => "the bias of the text tower's projection".to_owned(),
                "logit_scale" => "the logit scale".to_owned(),
                "logit_bias" => "the logit bias".to_owned(),
                name => format!("the tensor {name:?}"),
            };
        }
    };
    let rest = rest.strip_suffix(".weight").unwrap_or(rest);
    let (layer, is_bias) = rest.strip_suffix(".bias").map_or((rest, false), |layer| (layer, true));
    let (block, layer) = match layer.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
        Some((index, layer)) => (format!(" block {index},"), layer),
        None => match layer.strip_prefix("head.") {
            Some(layer) => (" pooling head,".to_owned(), layer),
            None => (String::new(), layer),
        },
    };
    let what = match layer {
        "class_embd" => "class embedding",
        "patch_embd" => "patch embedding",
        "position_embd" => "position embedding",
        "token_embd" => "token embedding",
        "pre_ln" => "layer norm before the blocks",
        "post_ln" => "layer norm after the blocks",
        "attn_q" => "attention query",
        "attn_k" => "attention key",
        "attn_v" => "attention value",
        "attn_out" => "attention output",
        "ln1" => "layer norm before attention",
        "ln2" => "layer norm before the MLP",
        "ffn_down" => "first layer of the MLP",
        "ffn_up" => "second layer of the MLP",
        "probe" => "query",
        _ => return format!("{tower} tensor {:?}", name.split_once('.').map_or(name, |(_, rest)| rest)),
    };
    let kind = if is_bias { " (bias)" } else { "" };
    format!("{tower}{block} {what}{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_have_names_that_people_know() {
        assert_eq!(tensor("v.class_embd"), "the vision tower's class embedding");
        assert_eq!(tensor("t.blk.3.attn_q.bias"), "the text tower's block 3, attention query (bias)");
        assert_eq!(
            tensor("v.head.ffn_up.weight"),
            "the vision tower's pooling head, second layer of the MLP"
        );
        assert_eq!(tensor("v.head.probe"), "the vision tower's pooling head, query");
        assert_eq!(tensor("v.trunk.stem.0.weight"), "the vision tower's tensor \"trunk.stem.0.weight\"");
        assert_eq!(tensor("logit_scale"), "the logit scale");
        let missing = Error::MissingTensor { name: "v.class_embd".into(), shape: vec![4] };
        let error = Error::InFile { path: "a.gguf".into(), error: Box::new(missing) };
        assert!(
            of(&error).starts_with("a.gguf: the weights lack the vision tower's class embedding: expected")
        );
    }
}
