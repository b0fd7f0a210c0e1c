//! The weights of wide channels, kept beside a quantized matrix.
//!
//! A layer norm makes a few channels many times as large as the rest (see
//! [`LayerNorm::wide_channels`]). The rounding of the weights they meet counts that many times over, so
//! a quantized file holds those weights once more, in f16: `v.blk.0.attn_q.wide` `[columns, channels]`
//! beside `v.blk.0.attn_q.weight`, about one part in a hundred of the file. Readers that do not know
//! them lose nothing.

use bytes::Bytes;
use half::f16;

use super::checkpoint::Tensors;
use super::dtype::Dtype;
use super::tensor::Tensor;
use crate::error::Result;
use crate::kernels::layer_norm::LayerNorm;

/// The name of the wide channels' weights beside the matrix `name`, which ends in `.weight`.
pub fn wide_name(name: &str) -> String {
    format!("{}.wide", name.trim_end_matches(".weight"))
}

/// Whether a tensor of this name holds the weights of wide channels.
pub(super) fn is_wide(name: &str) -> bool {
    name.ends_with(".wide")
}

/// The weights of wide channels of every `asked` matrix that a layer norm feeds, in the order of the
/// matrices; none for those that have some already.
///
/// # Errors
/// `NonFiniteWeight`.
pub(super) fn collect(tensors: &Tensors, asked: impl Fn(&Tensor) -> bool) -> Result<Vec<Tensor>> {
    let find = |name: &str| tensors.iter().find(|tensor| tensor.name == name);
    let mut collected = Vec::new();
    for matrix in tensors.iter() {
        let Some(norm) = norm_before(&matrix.name) else { continue };
        let (Some(gain), Some(bias)) = (find(&format!("{norm}.weight")), find(&format!("{norm}.bias")))
        else {
            continue;
        };
        let norm = LayerNorm { gain: gain.to_f32()?, bias: bias.to_f32()?, epsilon: 0.0 };
        let channels = norm.wide_channels();
        let fits = matrix.row_len() == norm.gain.len() && norm.bias.len() == norm.gain.len();
        if asked(matrix) && fits && !channels.is_empty() && find(&wide_name(&matrix.name)).is_none() {
            collected.push(columns(matrix, &channels)?);
        }
    }
    Ok(collected)
}

/// The norm whose output goes into a matrix.
fn norm_before(matrix: &str) -> Option<String> {
    match matrix {
        "visual_projection.weight" => Some("v.post_ln".to_owned()),
        "text_projection.weight" => Some("t.post_ln".to_owned()),
        _ => {
            let (block, layer) = matrix.strip_suffix(".weight")?.rsplit_once('.')?;
            match layer {
                "attn_q" | "attn_k" | "attn_v" => Some(format!("{block}.ln1")),
                "ffn_down" => Some(format!("{block}.ln2")),
                _ => None,
            }
        }
    }
}

/// Some channels of every row of a matrix, in f16.
fn columns(matrix: &Tensor, channels: &[u32]) -> Result<Tensor> {
    let mut row = vec![0.0; matrix.row_len()];
    let mut data = Vec::with_capacity(matrix.rows() * channels.len() * 2);
    for index in 0..matrix.rows() {
        matrix.rows_f32(index, &mut row);
        data.extend(channels.iter().flat_map(|channel| f16::from_f32(row[*channel as usize]).to_le_bytes()));
    }
    let shape = vec![matrix.rows(), channels.len()];
    Tensor::new(wide_name(&matrix.name), shape, Dtype::F16, Bytes::from(data))
}
