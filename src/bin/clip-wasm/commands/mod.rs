//! One file a command; the shortest are here.

mod bias;
mod classify;
mod compare;
mod eval;
mod inspect;
mod probe;
mod quantize;
mod robustness;
mod saved;
mod study;
mod verify;

use std::path::{Path, PathBuf};

use clip_wasm::image;
use clip_wasm::session::Session;
use clip_wasm::task::kept::npy;
use clip_wasm::{Error, Result};
use serde_json::json;

use crate::args::Command;
use crate::{model, output};

/// Runs a command; prints JSON if asked to.
pub fn run(command: Command, json: bool) -> Result<()> {
    match command {
        Command::Quantize(args) => quantize::run(&args, json),
        Command::Inspect { model } => inspect::run(&model, json),
        Command::Tokenize { model, texts } => tokenize(&model::session(&model.model)?, &texts, json),
        Command::Preprocess { model, image, output } => {
            preprocess(&model::session(&model.model)?, &image, &output, json)
        }
        Command::Embed { model, images, texts } => {
            embed(&model::session(&model.model)?, &images, &texts, json)
        }
        Command::Classify(args) => classify::run(&args, json),
        Command::Eval(args) => eval::run(&args, json),
        Command::Compare(args) => compare::run(&args, json),
        Command::Robustness(args) => robustness::run(&args, json),
        Command::Bias(args) => bias::run(&args, json),
        Command::Probe(args) => probe::run(&args, json),
        Command::Verify(args) => verify::run(&args, json),
    }
}

fn tokenize(session: &Session, texts: &[String], json: bool) -> Result<()> {
    let ids = texts.iter().map(|text| session.tokenize(text)).collect::<Result<Vec<_>>>()?;
    if json {
        return output::json(&json!({ "ids": ids }));
    }
    ids.iter().for_each(|ids| output::line(format!("{ids:?}")));
    Ok(())
}

fn preprocess(session: &Session, path: &Path, target: &Path, json: bool) -> Result<()> {
    let picture = image::decode(&output::read(path)?).map_err(|error| in_file(path, error))?;
    let pixels = session.preprocess(&picture.image)?;
    let shape = [3, pixels.height, pixels.width];
    output::write(target, &npy::write(&pixels.data, &shape))?;
    if json {
        return output::json(&json!({ "output": target, "shape": shape }));
    }
    output::line(format!("{}: f32 {shape:?}", target.display()));
    Ok(())
}

fn embed(session: &Session, images: &[PathBuf], texts: &[String], json: bool) -> Result<()> {
    let embed = |path: &PathBuf| Ok(embed_file(session, path)?.embedding);
    let image_embeds = images.iter().map(embed).collect::<Result<Vec<_>>>()?;
    let text_embeds = session.embed_texts(texts)?;
    if json {
        return output::json(&json!({ "image_embeds": image_embeds, "text_embeds": text_embeds }));
    }
    image_embeds.iter().chain(&text_embeds).for_each(|row| output::line(format!("{row:?}")));
    Ok(())
}

/// The embedding of a picture on disk; errors name the file.
fn embed_file(session: &Session, path: &Path) -> Result<clip_wasm::session::ImageEmbedding> {
    session.embed_image(&output::read(path)?).map_err(|error| in_file(path, error))
}

/// The error, with the file it is about.
fn in_file(path: &Path, error: Error) -> Error {
    Error::InFile { path: path.to_owned(), error: Box::new(error) }
}
