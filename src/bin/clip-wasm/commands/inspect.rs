//! `inspect`: shows what a model contains.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clip_wasm::Result;
use clip_wasm::image::Backend;
use clip_wasm::session::preprocessing;
use clip_wasm::weights::{ClipConfig, Record};
use serde::Serialize;

use crate::{model, output};

#[derive(Serialize)]
struct Inspection {
    architecture: ClipConfig,
    /// Whose pixels it is run with; `None` where its preprocessing cannot be used.
    preprocessor: Option<Backend>,
    /// Why its preprocessing cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    preprocessor_error: Option<String>,
    parameters: usize,
    /// Bytes of all tensors.
    bytes: usize,
    /// Tensors and bytes by element type.
    types: BTreeMap<&'static str, Amount>,
    record: Record,
    sha256: String,
    tensors: Vec<Entry>,
}

#[derive(Default, Serialize)]
struct Amount {
    tensors: usize,
    bytes: usize,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: usize,
}

pub fn run(name: &OsStr, json: bool) -> Result<()> {
    let checkpoint = model::checkpoint(name)?;
    let preprocessing = preprocessing(&checkpoint.preprocessing_json, &checkpoint.record);
    let sha256 = checkpoint.sha256().to_owned();
    let (mut tensors, mut types) = (Vec::new(), BTreeMap::<_, Amount>::new());
    let mut parameters = 0;
    for tensor in checkpoint.tensors.iter() {
        let (dtype, bytes) = (tensor.dtype.name(), tensor.data.len());
        let amount = types.entry(dtype).or_default();
        amount.tensors += 1;
        amount.bytes += bytes;
        parameters += tensor.elements();
        tensors.push(Entry { name: tensor.name.clone(), dtype, shape: tensor.shape.clone(), bytes });
    }
    let inspection = Inspection {
        architecture: checkpoint.config,
        preprocessor: preprocessing.as_ref().ok().map(|preprocessing| preprocessing.backend),
        preprocessor_error: preprocessing.err().map(|error| error.to_string()),
        parameters,
        bytes: types.values().map(|amount| amount.bytes).sum(),
        types,
        record: checkpoint.record,
        sha256,
        tensors,
    };
    if json { output::json(&inspection) } else { print(&inspection) }
}

fn print(inspection: &Inspection) -> Result<()> {
    let (config, record) = (&inspection.architecture, &inspection.record);
    let tower = |tower: &clip_wasm::weights::TowerConfig| {
        format!(
            "{} layers of width {}, {} heads, {}",
            tower.layers,
            tower.width,
            tower.heads,
            tower.activation.name()
        )
    };
    output::line(format!("name        {}", record.name.as_deref().unwrap_or("unnamed")))?;
    output::line(format!("vision      {}", tower(&config.vision)))?;
    let size = if config.naflex { "any shape".to_owned() } else { format!("{} px", config.image_size) };
    output::line(format!("            {size} in patches of {}", config.patch_size))?;
    let pixels = match (inspection.preprocessor, &inspection.preprocessor_error) {
        (Some(preprocessor), _) => format!("{}'s pixels", preprocessor.name()),
        (None, error) => format!("cannot be given pictures: {}", error.as_deref().unwrap_or_default()),
    };
    output::line(format!("            {pixels}"))?;
    output::line(format!("text        {}", tower(&config.text)))?;
    output::line(format!("            {} tokens of {}", config.context_length, config.vocab_size))?;
    output::line(format!("embeddings  {}", config.projection_dim))?;
    output::line(format!("parameters  {:.1} M", inspection.parameters as f64 / 1e6))?;
    for (dtype, amount) in &inspection.types {
        output::line(format!(
            "{dtype:<10}  {} tensors, {}",
            amount.tensors,
            output::bytes(amount.bytes as u64)
        ))?;
    }
    output::line(format!("licence     {}", record.license.as_deref().unwrap_or("not stated")))?;
    output::line(format!("source      {}", record.source.repo.as_deref().unwrap_or("not stated")))?;
    for (name, measure) in &record.fidelity {
        output::line(format!("measured    {name} = {}", serde_json::json!(measure)))?;
    }
    output::line(format!("sha256      {}", inspection.sha256))
}
