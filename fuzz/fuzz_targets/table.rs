//! Any bytes as a table of files and labels, in CSV, with tabs or in JSON, and as kept embeddings: what is read is written
//! and read again as it was.
#![no_main]

use std::collections::HashSet;

use clip_wasm::research::dataset::table;
use clip_wasm::research::embedding_set::{EmbeddingSet, npy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&kind, bytes)) = input.split_first() else { return };
    if kind % 3 == 2 {
        let (csv, npy) = bytes.split_at(bytes.iter().position(|&byte| byte == 0xff).unwrap_or(0));
        drop(npy::read_matrix(npy));
        drop(EmbeddingSet::from_files(
            npy.strip_prefix(&[0xff]).unwrap_or(npy),
            &String::from_utf8_lossy(csv),
            2,
            "hash",
        ));
        return;
    }
    let Ok(text) = table::text(bytes.to_vec()) else { return };
    let lines = if kind % 3 == 0 { table::read_csv(&text) } else { table::read_json(&text) };
    let Ok(lines) = lines else { return };
    let trimmed = |file: &str| file.trim().to_owned();
    let row = |line: &table::Line| [trimmed(&line.file), line.label.clone().unwrap_or_default()];
    let rows: Vec<[String; 2]> = lines.iter().map(row).collect();
    let heading = ["file", "label"];
    let cells = rows.iter().map(|[file, label]| [file.as_str(), label.as_str()]);
    // Names that differ in blanks only, which CSV does not keep.
    let names: HashSet<String> = lines.iter().map(|line| line.file.clone()).collect();
    if names.iter().map(|name| trimmed(name)).collect::<HashSet<_>>().len() < names.len() {
        return;
    }
    let written = table::write_csv(std::iter::once(heading).chain(cells)).expect("rows of two cells");
    let again = table::read_csv(&written).expect("what was written");
    assert_eq!(again.iter().map(row).collect::<Vec<_>>(), rows);
});
