//! A GGUF file that arrives in pieces is the file that arrives whole.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::gguf::{Gguf, GgufStream};

fn embedded() -> Bytes {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/everyday-clip.gguf");
    std::fs::read(path).expect("the embedded model").into()
}

fn arrive(file: &[u8], chunk: usize, announced: u64) -> Result<Gguf, Error> {
    let mut arrivals = GgufStream::new(announced);
    file.chunks(chunk).try_for_each(|chunk| arrivals.push(chunk))?;
    arrivals.finish()
}

#[test]
fn any_chunking_and_any_announcement_give_the_tensors_of_the_whole_file() {
    let file = embedded();
    let whole = Gguf::read(&file).expect("a good file");
    for chunk in [997, 65_536, 65_537, 1 << 20, file.len()] {
        for announced in [0, 1, file.len() as u64, u64::MAX] {
            let arrived = arrive(&file, chunk, announced).expect("a good file");
            assert_eq!(arrived.metadata.len(), whole.metadata.len());
            assert_eq!(arrived.tensors.len(), whole.tensors.len());
            for (a, b) in arrived.tensors.iter().zip(&whole.tensors) {
                assert_eq!((&a.name, &a.shape, a.dtype, &a.data), (&b.name, &b.shape, b.dtype, &b.data));
            }
        }
    }
}

#[test]
fn a_file_that_ends_early_says_where_as_the_whole_reader_does() {
    let file = embedded();
    for end in [0, 3, 10, 1000, 70_000, 200_000, file.len() / 2, file.len() - 1] {
        let cut = file.slice(..end);
        let expected = Gguf::read(&cut).expect_err("a cut file").to_string();
        assert_eq!(arrive(&cut, 4096, 0).expect_err("a cut file").to_string(), expected, "cut at {end}");
    }
}

#[test]
fn a_file_of_something_else_is_refused_before_it_has_arrived() {
    let mut arrivals = GgufStream::new(0);
    let page = "<!doctype html>".repeat(10_000);
    let error = arrivals.push(page.as_bytes()).expect_err("no GGUF");
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}
