//! The records of known models (`models/*.json`), compiled into this program.

use std::collections::BTreeMap;

use clip_wasm::weights::{Record, Source};
use clip_wasm::{Error, Result};
use serde::{Deserialize, Serialize};

/// Ids and records of the models on a hub.
const RECORDS: [(&str, &str); 11] = [
    ("pe-core-s-16-384", include_str!("../../../models/pe-core-s-16-384.json")),
    ("pe-core-t-16-384", include_str!("../../../models/pe-core-t-16-384.json")),
    ("mobileclip2-s0", include_str!("../../../models/mobileclip2-s0.json")),
    ("tinyclip-vit-8m-16", include_str!("../../../models/tinyclip-vit-8m-16.json")),
    ("openai-vit-b-32", include_str!("../../../models/openai-vit-b-32.json")),
    ("openai-vit-b-16", include_str!("../../../models/openai-vit-b-16.json")),
    ("openai-vit-l-14", include_str!("../../../models/openai-vit-l-14.json")),
    ("openai-vit-l-14-336", include_str!("../../../models/openai-vit-l-14-336.json")),
    ("laion-vit-b-32", include_str!("../../../models/laion-vit-b-32.json")),
    ("siglip-base-16", include_str!("../../../models/siglip-base-16.json")),
    ("siglip2-base-16", include_str!("../../../models/siglip2-base-16.json")),
];

/// The record of this id, if there is one.
///
/// # Errors
/// `Malformed` if it does not have the form of a record.
pub fn find(id: &str) -> Result<Option<Record>> {
    let known = RECORDS.iter().find(|(known, _)| *known == id);
    known.map(|(_, json)| Record::from_json(json.as_bytes())).transpose()
}

/// What a list of models says of one.
#[derive(Serialize, Deserialize)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub description: String,
    pub license: String,
    /// Bytes to fetch, where the record knows.
    pub bytes: Option<u64>,
    /// Bytes on disk by type, about.
    pub sizes: BTreeMap<String, u64>,
    pub source: Source,
}

/// All records.
///
/// # Errors
/// `Malformed` for one that does not have the form of a record.
pub fn all() -> Result<Vec<Listed>> {
    let read = |json| serde_json::from_str(json);
    RECORDS
        .iter()
        .map(|(_, json)| read(json))
        .collect::<serde_json::Result<_>>()
        .map_err(|error| Error::Malformed { format: "model record", reason: error.to_string() })
}

/// The ids, for messages.
pub fn ids() -> String {
    RECORDS.map(|(id, _)| id).join(", ")
}
