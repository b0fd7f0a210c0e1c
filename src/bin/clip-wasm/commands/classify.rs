//! `classify`: labels against pictures.

use std::path::Path;

use clip_wasm::Result;
use clip_wasm::task::zero_shot::Score;
use serde::Serialize;

use super::embed_file;
use crate::args::Classify;
use crate::{model, output};

#[derive(Serialize)]
struct Classified<'a> {
    image: &'a Path,
    scores: Vec<Score>,
}

pub fn run(args: &Classify, json: bool) -> Result<()> {
    let mut session = model::session(&args.model.model)?;
    let labels = labels(args);
    let templates = args.prompts.templates(&session);
    let (mode, mut results) = (args.prompts.mode(&session), Vec::new());
    session.encode_labels(&labels, &templates)?;
    for image in &args.images {
        let embedding = embed_file(&session, image)?.embedding;
        let scores = session.classify(&embedding, &labels, &templates, mode)?;
        if !json {
            print(image, &scores);
        }
        results.push(Classified { image, scores });
    }
    if json { output::json(&results) } else { Ok(()) }
}

/// The labels of `--labels`, split at commas, then those of `--label`.
fn labels(args: &Classify) -> Vec<String> {
    let listed = args.labels.split(',').map(|label| label.trim().to_owned());
    let listed = listed.filter(|_| !args.labels.is_empty() || args.label.is_empty());
    listed.chain(args.label.iter().cloned()).collect()
}

fn print(image: &Path, scores: &[Score]) {
    output::line(image.display());
    for score in scores {
        output::line(format!("{:7.2} %  {}  (cosine {:.4})", score.score * 100.0, score.label, score.cosine));
    }
}
