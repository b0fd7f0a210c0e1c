//! What nobody waits for: the converter, and the research bench. The numbers are those of the command line, from the same
//! functions.

mod bench;
mod conversion;
mod damage;
mod identity;
mod labels;
mod runs;

use wasm_bindgen::prelude::*;

use super::convert::thrown;
use crate::error::Error;
use crate::task::statistics::Bootstrap;

fn malformed(error: serde_json::Error) -> JsValue {
    thrown(Error::Malformed { format: "JSON", reason: error.to_string() })
}

fn bootstrap(seed: u32) -> Bootstrap {
    Bootstrap { seed: seed.into(), ..Bootstrap::default() }
}
