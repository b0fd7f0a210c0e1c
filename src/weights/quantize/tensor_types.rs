//! Which tensor gets which type when a model is quantized.

use serde::{Deserialize, Serialize};

use super::outlier_weights;
use crate::weights::container::gguf::TensorLayout;
use crate::weights::quantize::blocks::dtype::Dtype;

/// What the tensors of a FastViT begin with.
const TRUNK: &str = "v.trunk.";

/// What becomes of the tensors' types.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::weights) enum Plan {
    /// Each tensor gets the type that [`planned_dtype`] gives for this one.
    Quantize(Dtype),
    /// Every tensor keeps its type.
    Keep,
}

impl Plan {
    /// The type a tensor gets.
    pub fn dtype(self, name: &str, shape: &[usize], stored: Dtype) -> Dtype {
        match self {
            Self::Quantize(asked) => planned_dtype(name, shape, asked),
            Self::Keep => stored,
        }
    }
}

const PATCH_EMBEDDING: &str = "v.patch_embd.weight";

/// The type a tensor gets where `asked` was asked for.
///
/// The matrices of linear layers and the token table get it, or the next wider type whose blocks fill their
/// rows. The weights of outlier channels are f16; so is the patch embedding, as clip.cpp demands, and so are the kernels of
/// convolutions, unless f32 was asked for. All else is f32: it is small, and matters.
pub fn planned_dtype(name: &str, shape: &[usize], asked: Dtype) -> Dtype {
    let is_kernel = name == PATCH_EMBEDDING || name.starts_with(TRUNK) && shape.len() == 4;
    if is_matrix(name, shape) {
        let mut dtype = if keeps_eight_bits(name, asked) { Dtype::Q8_0 } else { asked };
        while dtype.bytes_of(shape).is_none() && dtype.is_quantized() {
            dtype = if dtype == Dtype::Q6K { Dtype::Q8_0 } else { Dtype::F16 };
        }
        dtype
    } else if outlier_weights::is_outlier_weights(name) || is_kernel && asked != Dtype::F32 {
        Dtype::F16
    } else {
        Dtype::F32
    }
}

/// Whether a matrix that is asked for in fewer bits gets eight.
///
/// The errors of the two projections, and of SigLIP's pooling head, affect the embeddings directly. In q6_k, whose
/// point is fidelity, those of the token table and of attention's values and output, which go into the residual stream,
/// are spared too, for 9 % of the file: `docs/CORRECTNESS.md` has what that gives. A convolutional trunk has few weights, and
/// many layers one after the other.
fn keeps_eight_bits(name: &str, asked: Dtype) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    match asked {
        Dtype::Q6K | Dtype::Q5_0 | Dtype::Q4_0 if name.starts_with("v.head.") || name.starts_with(TRUNK) => {
            true
        }
        Dtype::Q5_0 | Dtype::Q4_0 => ends(&["_projection.weight"]),
        Dtype::Q6K => ends(&["_projection.weight", "token_embd.weight", "attn_v.weight", "attn_out.weight"]),
        _ => false,
    }
}

/// Whether it is a matrix of a linear layer, or the token table. NaFlex's patch embedding is a kernel, whatever its shape.
fn is_matrix(name: &str, shape: &[usize]) -> bool {
    shape.len() == 2
        && name.ends_with(".weight")
        && !name.ends_with("position_embd.weight")
        && name != PATCH_EMBEDDING
}

/// The type most matrices have.
pub(super) fn file_type(layouts: &[TensorLayout]) -> Dtype {
    let matrices =
        || layouts.iter().filter(|layout| is_matrix(&layout.name, &layout.shape)).map(|layout| layout.dtype);
    matrices().max_by_key(|dtype| matrices().filter(|other| other == dtype).count()).unwrap_or(Dtype::F32)
}
