//! The keys of an `open_clip_config.json`: objects in it, keys that must have one value, and keys that are not known.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::weights::instead;

pub(super) const FILE: &str = "open_clip_config.json";
/// Keys that may be given as long as they have the value that OpenCLIP assumes without them.
const DEFAULTS: [(&str, &str); 3] = [("pool_type", "tok"), ("pool_type", "argmax"), ("proj_type", "linear")];
/// Towers of other libraries, by the keys that name them.
const FOREIGN: [&str; 3] = ["timm_model_name", "hf_model_name", "hf_tokenizer_name"];

/// Takes the object `key` out; one that is absent is empty.
pub(super) fn object(root: &mut Map<String, Value>, key: &'static str) -> Result<Map<String, Value>> {
    match root.remove(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(other) => Err(wrong(key, format!("is {other}, expected an object"))),
    }
}

/// Takes the key out, which must have this value.
pub(super) fn demand(name: &str, object: &mut Map<String, Value>, key: &str, expected: &Value) -> Result<()> {
    match object.remove(key) {
        Some(value) if value == *expected => Ok(()),
        Some(value) => Err(unsupported(format!(
            "{name}.{key} = {value}, which is {expected} in the models that are run"
        ))),
        None => Err(unsupported(format!("no {name}.{key}, which is {expected} in the models that are run"))),
    }
}

/// Every key that is set must be one that is read, or have the value that it has by default.
pub(super) fn refuse_unknown(name: &str, object: &Map<String, Value>, known: &[&str]) -> Result<()> {
    let is_default = |key: &str, value: &Value| {
        let named = value.as_str().is_some_and(|value| DEFAULTS.contains(&(key, value)));
        named || matches!(value, Value::Null | Value::Bool(false))
    };
    let unknown =
        object.iter().find(|(key, value)| !known.contains(&key.as_str()) && !is_default(key, value));
    match unknown {
        None => Ok(()),
        Some((key, value)) => {
            let found = match (key.as_str(), value) {
                ("multimodal_cfg", _) => "CoCa (model_cfg.multimodal_cfg)".to_owned(),
                (foreign, Value::String(value)) if FOREIGN.contains(&foreign) => {
                    format!("{value} ({name}.{key})")
                }
                _ => format!("{name}.{key} = {value}"),
            };
            Err(refusal(found, key))
        }
    }
}

pub(super) fn wrong(key: &str, problem: String) -> Error {
    Error::Config { file: FILE, key: key.to_owned(), problem }
}

pub(super) fn unsupported(found: String) -> Error {
    refusal(found, "")
}

/// The error about a model for a key that makes it another one: what is not implemented, and what to use instead.
fn refusal(found: String, key: &str) -> Error {
    let (expected, instead) = match key {
        "final_ln_after_pool" => (
            "a vision transformer whose last norm comes before the pooling: CLIPA's order is not implemented",
            instead::LARGE,
        ),
        "attentional_pool" | "embed_cls" | "multimodal_cfg" => (
            "OpenCLIP's vision transformer and its causal text transformer: CoCa's pooling and its third tower are \
             not implemented",
            instead::BASE,
        ),
        "hf_model_name" | "hf_tokenizer_name" | "eos_id" => (
            "OpenCLIP's causal text transformer with CLIP's tokenizer: text towers and tokenizers of transformers \
             are not implemented",
            instead::MANY_LANGUAGES,
        ),
        _ => ("OpenCLIP's vision transformer and its causal text transformer", instead::PHOTOGRAPHS),
    };
    Error::UnsupportedArchitecture { found, expected, instead }
}
