//! `eval`: accuracy over a folder that has one folder of pictures a class.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::task::accuracy::{Accuracy, Tally};
use clip_wasm::task::zero_shot::Mode;
use clip_wasm::{Error, Result};
use serde::Serialize;

use super::embed_file;
use crate::args::Eval;
use crate::{model, output};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    accuracy: Accuracy,
    labels: Vec<String>,
    templates: Vec<String>,
    /// Pictures that could not be read, with the reason.
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    image: PathBuf,
    reason: String,
}

pub fn run(args: &Eval, json: bool) -> Result<()> {
    let classes = classes(&args.folder)?;
    let mut session = model::session(&args.model.model)?;
    let labels: Vec<String> = classes.iter().map(|(label, _)| label.clone()).collect();
    let templates = args.prompts.templates(&session);
    session.encode_labels(&labels, &templates)?;
    let (mut tally, mut skipped) = (Tally::new(classes.len()), Vec::new());
    let total = classes.iter().map(|(_, images)| images.len() as u64).sum();
    let bar = output::progress(total, "evaluating");
    for (truth, (_, images)) in classes.iter().enumerate() {
        for image in images {
            match embed_file(&session, image) {
                Ok(embedded) => {
                    let scores = session.classify(&embedded.embedding, &labels, &templates, Mode::Softmax)?;
                    let ranking: Vec<usize> = scores.iter().map(|score| score.index).collect();
                    tally.add(truth, &ranking);
                }
                Err(error) => skipped.push(Skipped { image: image.clone(), reason: error.to_string() }),
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let report = Report { accuracy: tally.finish(), labels, templates, skipped };
    if json { output::json(&report) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    let accuracy = &report.accuracy;
    let percent = |value: f64, [low, high]: [f64; 2]| {
        format!("{:6.2} %  (95 % interval {:.2} to {:.2})", value * 100.0, low * 100.0, high * 100.0)
    };
    output::line(format!("{} pictures, {} classes", accuracy.images, report.labels.len()));
    output::line(format!("acc1                   {}", percent(accuracy.acc1, accuracy.intervals.acc1)));
    output::line(format!("acc5                   {}", percent(accuracy.acc5, accuracy.intervals.acc5)));
    output::line(format!("mean_per_class_recall  {:6.2} %", accuracy.mean_per_class_recall * 100.0));
    for skipped in &report.skipped {
        output::line(format!("skipped: {}", skipped.reason));
    }
    Ok(())
}

/// The classes of a folder, by name: label and pictures, both sorted.
fn classes(folder: &Path) -> Result<Vec<(String, Vec<PathBuf>)>> {
    let mut classes = Vec::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let images = entries(&path)?.into_iter().filter(|path| path.is_file()).collect();
        classes.push((name.replace('_', " "), images));
    }
    if classes.is_empty() {
        let problem = "holds no folders: expected one a class, each with its pictures".to_owned();
        return Err(Error::Dataset { path: folder.to_owned(), problem });
    }
    Ok(classes)
}

/// What is in a folder, sorted; names that begin with a dot are left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
