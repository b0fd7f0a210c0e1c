//! `probe`: what a linear classifier learns from the embeddings, beside zero-shot.

use clip_wasm::kernels::threads;
use clip_wasm::task::evaluation::{answers, truths};
use clip_wasm::task::probe::{Probe, ProbeRun, ProbeSettings};
use clip_wasm::task::statistics::Estimate;
use clip_wasm::{Error, Result};
use serde::Serialize;

use super::eval::percent;
use super::settings::Settings;
use super::study::{self, Skipped, Study};
use crate::{args, output};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    settings: Settings,
    images: usize,
    /// acc1 of the same pictures without learning.
    zero_shot: Estimate,
    #[serde(flatten)]
    probe: Probe,
    /// Numbers of pictures a class that were asked for, of which no class has more: nothing is left to test on.
    untested_shots: Vec<usize>,
    /// Classes with one picture, which is learnt from or tested on, never both.
    single_picture_classes: Vec<String>,
    skipped: Vec<Skipped>,
}

pub fn run(args: &args::Probe, json: bool) -> Result<()> {
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let (kept, skipped) = study.embed()?;
    let templates = study.settings.templates.clone();
    let answers = study.with_labels(&templates, |labels| answers(&kept, labels))?;
    let labels = &study.settings.labels;
    let truths = truths(&kept, labels);
    let rows: Vec<(Vec<f32>, usize)> =
        kept.units().into_iter().zip(&truths).filter_map(|(row, truth)| Some((row, (*truth)?))).collect();
    if rows.is_empty() {
        let problem = "has no picture with one of these labels".to_owned();
        return Err(Error::Dataset { path: study.data, problem });
    }
    let images = rows.len();
    let sizes = sizes(&rows, labels.len());
    let largest = sizes.iter().copied().max().unwrap_or(0);
    if largest < 2 {
        let problem = "has one picture of each class: a probe learns from some pictures of a class and is tested on \
                       others, so that it needs two or more";
        return Err(Error::Dataset { path: study.data, problem: problem.to_owned() });
    }
    let single =
        (sizes.iter().zip(labels)).filter(|(size, _)| **size == 1).map(|(_, label)| label.clone()).collect();
    // Where all pictures are learnt from, none is left to test on.
    let (shots, untested) = args.shots.iter().partition(|shots| **shots < largest);
    let settings = ProbeSettings {
        shots,
        folds: args.folds.into(),
        draws: args.draws.into(),
        seed: args.data.dice.seed,
    };
    let mut probe = ProbeRun::new(rows, kept.width(), labels.len(), settings);
    let bar = output::progress(probe.progress().1 as u64, "fitting");
    while probe.progress().0 < probe.progress().1 {
        probe.step(threads::count());
        bar.set_position(probe.progress().0 as u64);
    }
    bar.finish_and_clear();
    let probe = probe.finish();
    let hits = truths.iter().zip(answers).filter(|(truth, answer)| **truth == Some(*answer)).count();
    let zero_shot = Estimate::share(hits, images);
    let report = Report {
        settings: study.settings,
        images,
        zero_shot,
        probe,
        untested_shots: untested,
        single_picture_classes: single,
        skipped,
    };
    if json { output::json(&report) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    output::line(format!("{} pictures, {} classes", report.images, report.settings.labels.len()))?;
    output::line(format!("zero-shot              {}", percent(&report.zero_shot)))?;
    let (probe, c) = (&report.probe, report.probe.c);
    output::line(format!("cross-validated probe  {}  C {c}", percent(&probe.cross_validated)))?;
    for few in &probe.few_shot {
        let (accuracy, deviation) = (few.accuracy * 100.0, few.deviation * 100.0);
        output::line(format!(
            "{:>3} a class            {accuracy:6.2} %  (deviation {deviation:.2})",
            few.shots
        ))?;
    }
    for shots in &report.untested_shots {
        output::line(format!("{shots:>3} a class            no class has more: nothing is left to test on"))?;
    }
    if !report.single_picture_classes.is_empty() {
        let classes = report.single_picture_classes.join(", ");
        output::line(format!("with one picture, which is learnt from or tested on, never both: {classes}"))?;
    }
    study::print_skipped(&report.skipped)
}

/// How many pictures each class has.
fn sizes(rows: &[(Vec<f32>, usize)], classes: usize) -> Vec<usize> {
    let mut sizes = vec![0; classes];
    rows.iter().for_each(|(_, class)| sizes[*class] += 1);
    sizes
}
