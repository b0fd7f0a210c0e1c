//! The weights of outlier channels, kept beside a quantized matrix.
//!
//! A layer norm makes a few channels many times as large as the rest (see
//! [`LayerNorm::outlier_channels`]). The rounding of the weights they meet counts that many times over, so
//! a quantized file holds those weights once more, in f16: `v.blk.0.attn_q.wide` `[columns, channels]`
//! beside `v.blk.0.attn_q.weight`, about one part in a hundred of the file. Readers that do not know
//! them lose nothing.
//!
//! Which channels they are is known once the norm has been seen. Where a matrix comes before its norm, as in
//! OpenCLIP's files, all of it is held in f16 until then.

use std::collections::BTreeMap;

use half::f16;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::kernels::layer_norm::LayerNorm;
use crate::weights::container::gguf::TensorLayout;
use crate::weights::outliers::Outliers;
use crate::weights::quantize::blocks::dtype::Dtype;

/// What the tensors of SigLIP's pooling head begin with.
const HEAD: &str = "v.head";
/// What those of a FastViT begin with, whose batch norms tell the same of their channels as layer norms.
const TRUNK: &str = "v.trunk.";

/// The longest norm that is listened to; none is as long in any CLIP.
const MAX_NORM: usize = 1 << 14;

/// The name of the outlier channels' weights beside the matrix `name`, which ends in `.weight`.
pub fn outlier_weights_name(name: &str) -> String {
    format!("{}.wide", name.trim_end_matches(".weight"))
}

/// Whether a tensor of this name holds the weights of outlier channels.
pub(in crate::weights) fn is_outlier_weights(name: &str) -> bool {
    name.ends_with(".wide")
}

/// Whether a tensor of this name and shape is the gain or the bias of a norm.
pub(in crate::weights) fn is_norm(name: &str, shape: &[usize]) -> bool {
    let norm = name.strip_suffix(".weight").or_else(|| name.strip_suffix(".bias"));
    let ends = |norm: &str, ends: &[&str]| ends.iter().any(|end| norm.ends_with(end));
    let is_norm = |norm: &str| match norm.strip_prefix(TRUNK) {
        Some(norm) => ends(norm, &[".mlp.conv.bn"]) || ends(norm, &[".norm"]) && norm.contains(".blocks."),
        None => ends(norm, &[".ln1", ".ln2", ".post_ln"]),
    };
    norm.is_some_and(is_norm) && matches!(shape, [values] if *values <= MAX_NORM)
}

/// The norm whose output goes into a matrix.
fn norm_before(matrix: &str) -> Option<String> {
    match matrix {
        "visual_projection.weight" => Some("v.post_ln".to_owned()),
        "text_projection.weight" => Some("t.post_ln".to_owned()),
        _ => {
            let (block, layer) = matrix.strip_suffix(".weight")?.rsplit_once('.')?;
            match layer {
                // The pooling head's query is learned, and its keys and values are the tower's output.
                "attn_q" if block == HEAD => None,
                "attn_k" | "attn_v" if block == HEAD => Some("v.post_ln".to_owned()),
                "attn_q" | "attn_k" | "attn_v" => Some(format!("{block}.ln1")),
                "ffn_down" => Some(format!("{block}.ln2")),
                "fc1" if block.starts_with(TRUNK) && block.ends_with(".mlp") => {
                    Some(format!("{block}.conv.bn"))
                }
                "qkv" if block.starts_with(TRUNK) => {
                    Some(format!("{}.norm", block.strip_suffix(".token_mixer")?))
                }
                _ => None,
            }
        }
    }
}

/// The outlier channels' weights of the matrices that pass by.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::weights) struct OutlierWeights {
    /// Gains and biases by the names of their tensors.
    norms: BTreeMap<String, Vec<f32>>,
    /// What the checkpoint lists, which counts before what the norms tell; published weights list nothing.
    #[serde(skip)]
    listed: Outliers,
    matrices: Vec<Columns>,
}

/// What is kept of one matrix.
#[derive(Debug, Serialize, Deserialize)]
struct Columns {
    matrix: String,
    norm: String,
    rows: usize,
    row_len: usize,
    /// `None` while the norm has not been seen.
    channels: Option<Vec<u32>>,
    /// f16: of these channels, or of all while they are not known.
    data: Vec<u8>,
}

impl OutlierWeights {
    /// Takes the outlier channels that the checkpoint lists.
    pub fn list(&mut self, outliers: &Outliers) {
        self.listed.clone_from(outliers);
    }

    /// The outlier channels of a file of these tensors.
    pub fn outliers<'a>(&self, layouts: impl IntoIterator<Item = &'a TensorLayout>) -> Outliers {
        let mut outliers = Outliers::new();
        for layout in layouts {
            let matrix = layout.name.strip_suffix(".wide").map(|name| format!("{name}.weight"));
            let Some(norm) = matrix.and_then(|matrix| norm_before(&matrix)) else { continue };
            let row_len = self.norms.get(&format!("{norm}.weight")).map_or(0, Vec::len);
            let channels = self.channels(&norm, row_len).unwrap_or_default();
            if Some(&channels.len()) == layout.shape.last() {
                outliers.insert(norm, channels);
            }
        }
        outliers
    }

    /// Takes a norm's gain or bias.
    pub fn learn(&mut self, name: &str, values: &[f32]) {
        self.norms.insert(name.to_owned(), values.to_owned());
        let Some((norm, _)) = name.rsplit_once('.') else { return };
        for index in 0..self.matrices.len() {
            let waits = self.matrices[index].channels.is_none() && self.matrices[index].norm == norm;
            if let Some(channels) = waits.then(|| self.channels(norm, self.matrices[index].row_len)).flatten()
            {
                self.matrices[index].settle(channels);
            }
        }
    }

    /// The outlier channels of rows of `row_len` behind a norm: `None` while it is not known, none where it does
    /// not fit them.
    fn channels(&self, norm: &str, row_len: usize) -> Option<Vec<u32>> {
        if let Some(listed) = self.listed.get(norm) {
            let fits = listed.last().is_none_or(|&last| (last as usize) < row_len);
            return Some(if fits { listed.clone() } else { Vec::new() });
        }
        let gain = self.norms.get(&format!("{norm}.weight"))?;
        let bias = self.norms.get(&format!("{norm}.bias"))?;
        if gain.len() != row_len || bias.len() != row_len {
            return Some(Vec::new());
        }
        Some(LayerNorm { gain: gain.clone(), bias: bias.clone(), epsilon: 0.0 }.outlier_channels())
    }

    /// What will stand beside a matrix, as far as the norms are known.
    ///
    /// # Errors
    /// As [`TensorLayout::new`].
    pub fn layout(&self, matrix: &str, rows: usize, row_len: usize) -> Result<Option<TensorLayout>> {
        let channels = norm_before(matrix).and_then(|norm| self.channels(&norm, row_len)).unwrap_or_default();
        if channels.is_empty() {
            return Ok(None);
        }
        TensorLayout::new(outlier_weights_name(matrix), vec![rows, channels.len()], Dtype::F16).map(Some)
    }

    /// Prepares for the rows of a matrix; gives whether they are wanted.
    pub fn begin(&mut self, matrix: &str, rows: usize, row_len: usize) -> bool {
        let Some(norm) = norm_before(matrix) else { return false };
        let channels = self.channels(&norm, row_len);
        if row_len > MAX_NORM || channels.as_ref().is_some_and(Vec::is_empty) {
            return false;
        }
        let matrix = matrix.to_owned();
        self.matrices.push(Columns { matrix, norm, rows, row_len, channels, data: Vec::new() });
        true
    }

    /// Takes the next rows of the matrix begun last.
    pub fn collect(&mut self, values: &[f32]) {
        let Some(Columns { row_len, channels, data, .. }) = self.matrices.last_mut() else { return };
        let mut put = |value: f32| data.extend(f16::from_f32(value).to_le_bytes());
        match channels {
            None => values.iter().copied().for_each(put),
            Some(channels) => {
                let rows = values.chunks_exact(*row_len);
                rows.flat_map(|row| channels.iter().map(|&channel| row[channel as usize])).for_each(&mut put);
            }
        }
    }

    /// Everything collected, in the order of the matrices; none for those whose norm never came.
    ///
    /// # Errors
    /// As [`TensorLayout::new`].
    pub fn finish(&mut self) -> Result<Vec<(TensorLayout, Vec<u8>)>> {
        let mut found = Vec::new();
        for Columns { matrix, rows, channels, data, .. } in std::mem::take(&mut self.matrices) {
            let count = channels.map_or(0, |channels| channels.len());
            if count > 0 {
                found.push((
                    TensorLayout::new(outlier_weights_name(&matrix), vec![rows, count], Dtype::F16)?,
                    data,
                ));
            }
        }
        Ok(found)
    }
}

impl Columns {
    /// Drops all but the outlier channels of what was held.
    fn settle(&mut self, channels: Vec<u32>) {
        let (values, _) = self.data.as_chunks::<2>();
        let rows = values.chunks_exact(self.row_len);
        self.data = rows.flat_map(|row| channels.iter().flat_map(|&channel| row[channel as usize])).collect();
        self.channels = Some(channels);
    }
}
