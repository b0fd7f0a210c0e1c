//! GGUF files of any metadata and tensors.

use bytes::Bytes;
use clip_wasm::weights::gguf::write::{header, padding};
use clip_wasm::weights::gguf::{TensorLayout, Value};

/// A file of this metadata and these tensors, each with its bytes.
pub fn gguf_file(metadata: &[(String, Value)], tensors: &[(TensorLayout, Bytes)]) -> Bytes {
    let layouts: Vec<_> = tensors.iter().map(|(layout, _)| layout.clone()).collect();
    let mut file = header(metadata, &layouts).to_vec();
    for (layout, data) in tensors {
        assert_eq!(data.len() as u64, layout.len, "{}", layout.name);
        file.extend_from_slice(data);
        file.resize(file.len() + padding(layout.len), 0);
    }
    file.into()
}
