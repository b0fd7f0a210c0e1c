//! The build that is fetched when it is first needed: the converter of published weights, and research on data sets.
//! The numbers are those of the command line, from the same functions.

mod conversion;
mod damage;
mod embedding_set;
mod identity;
mod labels;
mod runs;

use wasm_bindgen::prelude::*;

use super::js_values::thrown;
use crate::error::Error;
use crate::research::statistics::Bootstrap;

fn malformed(error: serde_json::Error) -> JsValue {
    thrown(Error::Malformed { format: "JSON", reason: error.to_string() })
}

fn bootstrap(seed: u32) -> Bootstrap {
    Bootstrap { seed: seed.into(), ..Bootstrap::default() }
}
