//! `classify`: scores labels for pictures.

use std::path::Path;

use clip_wasm::image::Backend;
use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::task::zero_shot::Score;
use clip_wasm::{Error, Result, image};
use serde::Serialize;

use super::in_file;
use crate::args::Classify;
use crate::pictures::{self, Named, Unreadable};
use crate::{model, output};

/// A picture's scores, or why it has none.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Classified(Classified),
    Unreadable(Unreadable),
}

#[derive(Serialize)]
struct Classified {
    #[serde(flatten)]
    image: Named,
    /// Whose pixels the picture was embedded from.
    preprocessor: Backend,
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

/// Gives how many pictures could not be read.
pub fn run(args: &Classify, json: bool) -> Result<usize> {
    let labels = args.labels.read()?;
    let mut session = model::session(&args.model.model, args.model.pixels())?;
    let templates = args.prompts.templates(&session);
    let mode = args.prompts.mode(&session);
    let top = args.top.map_or(usize::MAX, |top| top as usize);
    let preprocessor = session.info().preprocessor;
    session.encode_labels(&labels, &templates)?;
    let (mut answers, mut failures) = (Vec::new(), 0);
    pictures::embed(&mut session, pictures::expand(&args.images), |session, path, result| {
        let answer = result.and_then(|(embedded, bytes)| {
            let mut scores = session.classify(&embedded.embedding, &labels, &templates, mode)?;
            let method = args.heatmap.map(Method::from);
            let heatmap =
                method.map(|method| heatmap(session, &bytes, method, &labels, &templates)).transpose()?;
            scores.truncate(top);
            Ok(Classified { image: Named::of(path), preprocessor, scores, heatmap })
        });
        match answer {
            Ok(answer) if json => answers.push(Answer::Classified(answer)),
            Ok(answer) => print(path, &answer)?,
            Err(error @ Error::NonFiniteEmbedding { .. }) => return Err(in_file(path, error)),
            Err(error) => {
                failures += 1;
                answers.push(Answer::Unreadable(pictures::unreadable(path, &error)));
            }
        }
        Ok(())
    })?;
    if json {
        output::json(&answers)?;
    }
    Ok(failures)
}

fn heatmap(
    session: &mut Session,
    bytes: &[u8],
    method: Method,
    labels: &[String],
    templates: &[String],
) -> Result<Heatmap> {
    let picture = image::decode(bytes)?;
    let mut saliency = session.saliency(&picture.image, method)?;
    let maps = session.heatmaps(&mut saliency, labels, templates)?;
    Ok(Heatmap { method, side: saliency.side(), maps })
}

fn print(image: &Path, Classified { scores, heatmap, .. }: &Classified) -> Result<()> {
    output::path_line(image)?;
    for score in scores {
        output::line(format!(
            "{:7.2} %  {}  (cosine {:.4})",
            score.score * 100.0,
            score.label,
            score.cosine
        ))?;
    }
    let (Some(Heatmap { side, maps, .. }), Some(best)) = (heatmap, scores.first()) else { return Ok(()) };
    maps[best.index]
        .chunks(*side)
        .try_for_each(|row| output::line(row.iter().map(|value| format!("{value:8.4}")).collect::<String>()))
}
