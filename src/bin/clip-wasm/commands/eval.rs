//! `eval`: everything that is measured of a labelled set.

use std::path::Path;

use clip_wasm::Result;
use clip_wasm::task::accuracy::Accuracy;
use clip_wasm::task::evaluation::{Evaluation, PicturePrediction};
use clip_wasm::task::kept::{Kept, table};
use clip_wasm::task::statistics::Estimate;
use serde::Serialize;

use super::study::{self, Settings, Skipped, Study};
use crate::args::Eval;
use crate::output;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    settings: Settings,
    #[serde(flatten)]
    evaluation: Evaluation,
    skipped: Vec<Skipped>,
}

pub fn run(args: &Eval, json: bool) -> Result<()> {
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let (kept, skipped) = study.embed()?;
    if let Some(name) = &args.keep {
        keep(name, &kept, &study.settings.weights_sha256)?;
    }
    let evaluation = evaluate(&mut study, &kept, args)?;
    if let Some(path) = &args.predictions {
        output::write(path, predictions_csv(&evaluation.predictions)?.as_bytes())?;
    }
    let report = Report { settings: study.settings, evaluation, skipped };
    if json { output::json(&report) } else { print(&report) }
}

fn evaluate(study: &mut Study, kept: &Kept, args: &Eval) -> Result<Evaluation> {
    let templates = study.settings.templates.clone();
    let bootstrap = args.data.dice.bootstrap();
    let mut evaluation = study.with_labels(&templates, |labels| Evaluation::of(kept, labels, &bootstrap))?;
    if templates.len() > 1 {
        for template in &templates {
            study.with_labels(std::slice::from_ref(template), |labels| {
                evaluation.add_template(template, kept, labels);
            })?;
        }
    }
    Ok(evaluation)
}

fn keep(name: &Path, kept: &Kept, weights: &str) -> Result<()> {
    output::write(&name.with_added_extension("npy"), &kept.to_npy())?;
    output::write(&name.with_added_extension("csv"), kept.to_csv(weights)?.as_bytes())
}

fn predictions_csv(predictions: &[PicturePrediction]) -> Result<String> {
    let row = |prediction: &PicturePrediction| {
        [
            prediction.image.clone(),
            prediction.truth.clone().unwrap_or_default(),
            prediction.predicted.clone(),
            prediction.confidence.to_string(),
            prediction.rank.map(|rank| rank.to_string()).unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 5]> = predictions.iter().map(row).collect();
    let heading = ["image", "truth", "predicted", "confidence", "rank"];
    table::write_csv(
        std::iter::once(heading).chain(rows.iter().map(|row| row.each_ref().map(String::as_str))),
    )
}

fn print(report: &Report) -> Result<()> {
    let evaluation = &report.evaluation;
    output::line(format!(
        "{} pictures, {} labels",
        evaluation.predictions.len(),
        report.settings.labels.len()
    ));
    match &evaluation.accuracy {
        Some(accuracy) => print_accuracy(accuracy, &report.settings.labels),
        None => output::line("no picture has one of these labels: nothing to measure"),
    }
    if let Some(calibration) = &evaluation.calibration {
        let fitted = match (calibration.temperature, calibration.ece_at_temperature) {
            (Some(temperature), Some(ece)) => {
                format!("; {ece:.4} at the fitted temperature {temperature:.3}")
            }
            _ => String::new(),
        };
        output::line(format!("calibration error      {:.4}{fitted}", calibration.ece));
    }
    for template in &evaluation.each_template {
        let acc1 = percent(&template.acc1);
        output::line(format!("{acc1}  p {:.3}  {}", template.p, template.template));
    }
    study::print_skipped(&report.skipped);
    Ok(())
}

fn print_accuracy(accuracy: &Accuracy, labels: &[String]) {
    let line = |key: &str, value: f64, [low, high]: [f64; 2]| {
        output::line(format!("{key:<22} {}", percent(&Estimate { value, low, high })));
    };
    line("acc1", accuracy.acc1, accuracy.intervals.acc1);
    if let (Some(acc5), Some(interval)) = (accuracy.acc5, accuracy.intervals.acc5) {
        line("acc5", acc5, interval);
    }
    let recall = accuracy.intervals.mean_per_class_recall;
    line("mean_per_class_recall", accuracy.mean_per_class_recall, recall);
    for pair in accuracy.most_confused.iter().take(5) {
        let (truth, predicted) = (&labels[pair.truth], &labels[pair.predicted]);
        output::line(format!("{:>4} x {truth:?} taken for {predicted:?}", pair.images));
    }
}

/// A share for people.
pub fn percent(share: &Estimate) -> String {
    let [value, low, high] = [share.value, share.low, share.high].map(|value| value * 100.0);
    format!("{value:6.2} %  (95 % interval {low:.2} to {high:.2})")
}
