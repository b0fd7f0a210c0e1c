//! The records of known models (`models/*.json`), which are inside this program.

use clip_wasm::Result;
use clip_wasm::weights::Record;

/// Ids and records of the models that lie on a hub.
const RECORDS: [(&str, &str); 8] = [
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

/// The ids, for messages.
pub fn ids() -> String {
    RECORDS.map(|(id, _)| id).join(", ")
}
