//! `eval`: measures accuracy and calibration on a labelled data set.

use clip_wasm::Result;
use clip_wasm::research::accuracy::Accuracy;
use clip_wasm::research::calibration::NoTemperature;
use clip_wasm::research::dataset::table;
use clip_wasm::research::embedding_set::EmbeddingSet;
use clip_wasm::research::evaluation::{Evaluation, PicturePrediction};
use clip_wasm::research::statistics::Estimate;
use serde::Serialize;

use super::saved::{self, Resumed, Saved};
use super::settings::Settings;
use super::study::{self, Skipped, Study};
use crate::args::Eval;
use crate::output::{self, Target};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    settings: Settings,
    #[serde(flatten)]
    evaluation: Evaluation,
    /// Embeddings that `--keep` had from an earlier run.
    resumed: Option<Resumed>,
    skipped: Vec<Skipped>,
}

pub fn run(args: &Eval, json: bool) -> Result<()> {
    // What cannot be written is known before the work.
    if let Some(name) = &args.keep {
        Target::new(&name.with_added_extension("npy"))?;
        Target::new(&name.with_added_extension("csv"))?;
    }
    args.predictions.as_deref().map(Target::new).transpose()?;
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let saved = match &args.keep {
        Some(name) if !args.fresh => Saved::open(name, &study.settings, study.session.projection_dim())?,
        _ => None,
    };
    let (set, skipped, count) = study.embed_all(saved.as_ref())?;
    let resumed = saved.as_ref().map(|saved| saved.resumed(count, set.pictures().len())).transpose()?;
    if let Some(name) = &args.keep {
        match saved.filter(|_| args.data.limit.is_some()) {
            // A sample is measured, and the rest stays.
            Some(saved) => saved.keep_with(name, &set, &study.settings)?,
            None => saved::keep(name, &set, &study.settings)?,
        }
    }
    let evaluation = evaluate(&mut study, &set, args)?;
    if let Some(path) = &args.predictions {
        output::write(path, predictions_csv(&evaluation.predictions, &study.settings)?.as_bytes())?;
        saved::describe(path, &study.settings)?;
    }
    let report = Report { settings: study.settings, evaluation, resumed, skipped };
    if json { output::json(&report) } else { print(&report) }
}

fn evaluate(study: &mut Study, set: &EmbeddingSet, args: &Eval) -> Result<Evaluation> {
    let templates = study.settings.templates.clone();
    let bootstrap = args.data.dice.bootstrap();
    let mut evaluation = study.with_labels(&templates, |labels| Evaluation::of(set, labels, &bootstrap))?;
    if templates.len() > 1 {
        for template in &templates {
            study.with_labels(std::slice::from_ref(template), |labels| {
                evaluation.add_template(template, set, labels);
            })?;
        }
    }
    Ok(evaluation)
}

fn predictions_csv(predictions: &[PicturePrediction], settings: &Settings) -> Result<String> {
    let data = settings.identity.as_ref().map(|identity| identity.data_sha256.clone()).unwrap_or_default();
    let row = |prediction: &PicturePrediction| {
        [
            prediction.image.clone(),
            prediction.truth.clone().unwrap_or_default(),
            prediction.predicted.clone(),
            prediction.confidence.to_string(),
            prediction.rank.map(|rank| rank.to_string()).unwrap_or_default(),
            prediction.sha256.clone().unwrap_or_default(),
            settings.weights_sha256.clone(),
            data.clone(),
        ]
    };
    let rows: Vec<[String; 8]> = predictions.iter().map(row).collect();
    let heading =
        ["image", "truth", "predicted", "confidence", "rank", "sha256", "weights_sha256", "data_sha256"];
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
    ))?;
    match &evaluation.accuracy {
        Some(accuracy) => print_accuracy(accuracy, &report.settings.labels)?,
        None => output::line("no picture has one of these labels: nothing to measure")?,
    }
    if let Some(calibration) = &evaluation.calibration {
        let fitted = match (calibration.temperature, calibration.ece_at_temperature) {
            (Some(temperature), Some(ece)) => {
                format!("; {ece:.4} at the fitted temperature {temperature:.3}")
            }
            _ => calibration.no_temperature.map_or(String::new(), |reason| format!("; {}", without(reason))),
        };
        output::line(format!("calibration error      {:.4}{fitted}", calibration.ece))?;
    }
    for template in &evaluation.each_template {
        let acc1 = percent(&template.acc1);
        output::line(format!("{acc1}  p {:.3}  {}", template.p, template.template))?;
    }
    study::print_skipped(&report.skipped)
}

/// Why there is no fitted temperature.
fn without(reason: NoTemperature) -> &'static str {
    match reason {
        NoTemperature::EveryPictureRight => "no best temperature: every picture is classified correctly",
        NoTemperature::LowerIsLikelier => "no best temperature: the lower, the better the fit",
        NoTemperature::HigherIsLikelier => "no best temperature: uniform scores would fit better than these",
    }
}

fn print_accuracy(accuracy: &Accuracy, labels: &[String]) -> Result<()> {
    let line = |key: &str, value: f64, [low, high]: [f64; 2]| {
        output::line(format!("{key:<22} {}", percent(&Estimate { value, low, high, n: accuracy.images })))
    };
    line("acc1", accuracy.acc1, accuracy.intervals.acc1)?;
    if let (Some(acc5), Some(interval)) = (accuracy.acc5, accuracy.intervals.acc5) {
        line("acc5", acc5, interval)?;
    }
    let recall = accuracy.intervals.mean_per_class_recall;
    line("mean_per_class_recall", accuracy.mean_per_class_recall, recall)?;
    for pair in accuracy.most_confused.iter().take(5) {
        let (truth, predicted) = (&labels[pair.truth], &labels[pair.predicted]);
        output::line(format!("{:>4} x {truth:?} mistaken for {predicted:?}", pair.images))?;
    }
    Ok(())
}

/// A percentage with its interval and the number of pictures. If all resamples are identical, there is no interval.
pub fn percent(share: &Estimate) -> String {
    let [value, low, high] = [share.value, share.low, share.high].map(|value| value * 100.0);
    let interval = if low == high {
        "no interval: all resamples are identical".to_owned()
    } else {
        format!("95 % interval {low:.2} to {high:.2}")
    };
    format!("{value:6.2} %  ({interval}, n = {})", share.n)
}
