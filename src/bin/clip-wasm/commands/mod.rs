//! The commands, one file each; the shortest ones are here.

mod bias;
mod classify;
mod compare;
mod embed;
mod eval;
mod inspect;
mod models;
mod probe;
mod quantize;
mod robustness;
mod saved;
mod settings;
mod study;
mod verify;

use std::path::Path;

use clip_wasm::image;
use clip_wasm::research::embedding_set::npy;
use clip_wasm::session::Session;
use clip_wasm::{Error, Result};
use serde_json::json;

use crate::args::{Command, Model};
use crate::output::Target;
use crate::{model, output, pictures};

/// Runs a command; prints JSON if asked to. Returns how many pictures could not be read; each has been reported.
pub fn run(command: Command, json: bool) -> Result<usize> {
    match command {
        Command::Classify(args) => return classify::run(&args, json),
        Command::Embed { model, images, texts } => return embed::run(&model, &images, &texts, json),
        Command::Quantize(args) => quantize::run(&args, json),
        Command::Inspect { model } => inspect::run(&model, json),
        Command::Models => models::run(json),
        Command::Tokenize { model, texts } => tokenize(&model::session(&model, None)?, &texts, json),
        Command::Preprocess { model, image, output } => preprocess(&model, &image, &output, json),
        Command::Eval(args) => eval::run(&args, json),
        Command::Compare(args) => compare::run(&args, json),
        Command::Robustness(args) => robustness::run(&args, json),
        Command::Bias(args) => bias::run(&args, json),
        Command::Probe(args) => probe::run(&args, json),
        Command::Verify(args) => verify::run(&args, json),
    }?;
    Ok(0)
}

fn tokenize(session: &Session, texts: &[String], json: bool) -> Result<()> {
    let ids = texts.iter().map(|text| session.tokenize(text)).collect::<Result<Vec<_>>>()?;
    if json {
        return output::json(&json!({ "ids": ids }));
    }
    ids.iter().try_for_each(|ids| output::line(format!("{ids:?}")))
}

fn preprocess(model: &Model, path: &Path, target: &Path, json: bool) -> Result<()> {
    let target = Target::new(target)?;
    let session = model::session(&model.model, model.pixels())?;
    let picture = image::decode(&pictures::read(path)?).map_err(|error| in_file(path, error))?;
    let pixels = session.preprocess(&picture.image)?;
    let shape = [3, pixels.height, pixels.width];
    target.write(&npy::write(&pixels.data, &shape))?;
    if json {
        let preprocessor = session.info().preprocessor;
        return output::json(&json!({
            "output": output::readable(target.path()), "shape": shape, "preprocessor": preprocessor,
        }));
    }
    let preprocessor = session.info().preprocessor.name();
    output::line(format!("{}: f32 {shape:?}, {preprocessor}", target.path().display()))
}

/// The error, with the file it is about.
fn in_file(path: &Path, error: Error) -> Error {
    Error::InFile { path: path.to_owned(), error: Box::new(error) }
}
