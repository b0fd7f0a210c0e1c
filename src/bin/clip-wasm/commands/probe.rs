//! `probe`: fits a linear probe on embeddings and compares it with zero-shot classification.

use clip_wasm::kernels::threads;
use clip_wasm::research::probe::{ProbeReport, ProbeSettings, ProbeStudy};
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
    #[serde(flatten)]
    measured: ProbeReport,
    skipped: Vec<Skipped>,
}

pub fn run(args: &args::Probe, json: bool) -> Result<()> {
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let (set, skipped) = study.embed()?;
    let templates = study.settings.templates.clone();
    let settings = ProbeSettings {
        shots: args.shots.clone(),
        folds: args.folds.into(),
        draws: args.draws.into(),
        seed: args.data.dice.seed,
    };
    let begun = study.with_labels(&templates, |labels| ProbeStudy::new(&set, labels, settings))?;
    let mut probe = begun.map_err(|error| Error::Dataset { path: study.data, problem: error.to_string() })?;
    let bar = output::progress(probe.progress().1 as u64, "fitting");
    while probe.progress().0 < probe.progress().1 {
        probe.step(threads::count());
        bar.set_position(probe.progress().0 as u64);
    }
    bar.finish_and_clear();
    let report = Report { settings: study.settings, measured: probe.finish(), skipped };
    if json { output::json(&report) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    output::line(format!("{} pictures, {} classes", report.measured.images, report.settings.labels.len()))?;
    output::line(format!("zero-shot              {}", percent(&report.measured.zero_shot)))?;
    let (probe, c) = (&report.measured.probe, report.measured.probe.c);
    output::line(format!("cross-validated probe  {}  C {c}", percent(&probe.cross_validated)))?;
    for few in &probe.few_shot {
        let (accuracy, deviation) = (few.accuracy * 100.0, few.deviation * 100.0);
        output::line(format!(
            "{:>3} per class          {accuracy:6.2} %  (standard deviation {deviation:.2})",
            few.shots
        ))?;
    }
    for shots in &report.measured.untested_shots {
        output::line(format!(
            "{shots:>3} per class          not tested: no class has more pictures than that"
        ))?;
    }
    if !report.measured.single_picture_classes.is_empty() {
        let classes = report.measured.single_picture_classes.join(", ");
        output::line(format!(
            "classes with only one picture, which cannot be both trained and tested on: {classes}"
        ))?;
    }
    study::print_skipped(&report.skipped)
}
