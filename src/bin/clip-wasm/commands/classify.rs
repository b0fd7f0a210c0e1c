//! `classify`: labels against pictures.

use std::path::Path;

use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::task::zero_shot::Score;
use clip_wasm::{Result, image};
use serde::Serialize;

use super::{embed_file, in_file};
use crate::args::Classify;
use crate::{model, output};

#[derive(Serialize)]
struct Classified<'a> {
    image: &'a Path,
    scores: Vec<Score>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heatmap: Option<Heatmap>,
}

#[derive(Serialize)]
struct Heatmap {
    method: Method,
    side: usize,
    /// `[labels, side * side]`, in the order of the labels asked about
    maps: Vec<Vec<f32>>,
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
        let method = args.heatmap.map(Method::from);
        let heatmap =
            method.map(|method| heatmap(&mut session, image, method, &labels, &templates)).transpose()?;
        if !json {
            print(image, &scores, heatmap.as_ref());
        }
        results.push(Classified { image, scores, heatmap });
    }
    if json { output::json(&results) } else { Ok(()) }
}

/// The labels of `--labels`, split at commas, then those of `--label`.
fn labels(args: &Classify) -> Vec<String> {
    let listed = args.labels.split(',').map(|label| label.trim().to_owned());
    let listed = listed.filter(|_| !args.labels.is_empty() || args.label.is_empty());
    listed.chain(args.label.iter().cloned()).collect()
}

fn heatmap(
    session: &mut Session,
    path: &Path,
    method: Method,
    labels: &[String],
    templates: &[String],
) -> Result<Heatmap> {
    let picture = image::decode(&output::read(path)?).map_err(|error| in_file(path, error))?;
    let mut saliency = session.saliency(&picture.image, method)?;
    let maps = session.heatmaps(&mut saliency, labels, templates)?;
    Ok(Heatmap { method, side: saliency.side(), maps })
}

fn print(image: &Path, scores: &[Score], heatmap: Option<&Heatmap>) {
    output::line(image.display());
    for score in scores {
        output::line(format!("{:7.2} %  {}  (cosine {:.4})", score.score * 100.0, score.label, score.cosine));
    }
    let (Some(Heatmap { side, maps, .. }), Some(best)) = (heatmap, scores.first()) else { return };
    for row in maps[best.index].chunks(*side) {
        output::line(row.iter().map(|value| format!("{value:8.4}")).collect::<String>());
    }
}
