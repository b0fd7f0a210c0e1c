//! Any bytes as a .tar archive of a webdataset, and as its list of classes: samples that lie in it, or an error.
#![no_main]

use std::io::Cursor;

use clip_wasm::research::dataset::webdataset::{class_names, samples};
use libfuzzer_sys::fuzz_target;

const CLASSES: usize = 3;

fuzz_target!(|archive: &[u8]| {
    if let Ok(names) = class_names(archive.to_vec()) {
        assert!(names.iter().all(|name| !name.is_empty()));
    }
    let Ok(samples) = samples(Cursor::new(archive), CLASSES) else { return };
    for sample in samples {
        assert!(sample.offset + sample.length <= archive.len() as u64, "{sample:?}");
        assert!(sample.class.is_none_or(|class| class < CLASSES), "{sample:?}");
    }
});
