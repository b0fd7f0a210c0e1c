//! Classifies a picture by calls of the library.
//!
//! usage: `cargo run --release --example classify -- PICTURE LABEL...`

use clip_wasm::session::Session;
use clip_wasm::weights::Checkpoint;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let picture = std::fs::read(words.next().ok_or("usage: classify PICTURE LABEL...")?)?;
    let labels: Vec<String> = words.collect();

    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/everyday-clip.gguf");
    let mut session = Session::new(Checkpoint::open(&model)?)?;
    let image = session.embed_image(&picture)?;
    let (templates, mode) = (session.default_templates(), session.default_mode());
    for score in session.classify(&image.embedding, &labels, &templates, mode)? {
        println!("{:6.2} %  {}", 100.0 * score.score, score.label);
    }
    Ok(())
}
