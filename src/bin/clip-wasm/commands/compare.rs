//! `compare`: compares two results of `eval --json`.

use std::path::Path;

use clip_wasm::research::comparison::{Answer, Paired, Unpaired};
use clip_wasm::research::embedding_set::VERSION;
use clip_wasm::research::statistics::Estimate;
use clip_wasm::{Error, Result};
use serde::{Deserialize, Serialize};

use super::eval::percent;
use super::in_file;
use crate::args::Compare;
use crate::output;

/// A result that is compared.
#[derive(Deserialize)]
struct Run {
    predictions: Vec<Answer>,
    #[serde(flatten)]
    settings: Provenance,
}

/// What a run's figures depend on, as far as its file says so.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Provenance {
    version: Option<String>,
    model: Option<String>,
    dtype: Option<String>,
    preprocessor: Option<String>,
    weights_sha256: Option<String>,
    config_sha256: Option<String>,
    data: Option<String>,
    pictures_sha256: Option<String>,
    data_sha256: Option<String>,
    labels: Vec<String>,
    templates: Vec<String>,
    seed: Option<u64>,
    engine: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Report<Compared> {
    version: &'static str,
    seed: u64,
    resamples: usize,
    runs: [Provenance; 2],
    #[serde(flatten)]
    compared: Compared,
}

pub fn run(args: &Compare, json: bool) -> Result<()> {
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    let report = Report {
        version: VERSION,
        seed: args.dice.seed,
        resamples: args.dice.resamples,
        runs: [first.settings, second.settings],
        compared: (),
    };
    let (first, second) = (first.predictions, second.predictions);
    if args.unpaired {
        let unpaired = Unpaired::of(&first, &second);
        return if json { output::json(&report.with(unpaired)) } else { print_unpaired(&unpaired) };
    }
    let paired = Paired::of(&first, &second, &args.dice.bootstrap());
    if paired.images == 0 {
        let problem = format!(
            "has no labelled picture of {}: use --unpaired to compare results for different pictures",
            args.first.display()
        );
        return Err(Error::Dataset { path: args.second.clone(), problem });
    }
    if json { output::json(&report.with(paired)) } else { print_paired(&paired) }
}

impl Report<()> {
    fn with<Compared>(self, compared: Compared) -> Report<Compared> {
        let Self { version, seed, resamples, runs, .. } = self;
        Report { version, seed, resamples, runs, compared }
    }
}

fn read(path: &Path) -> Result<Run> {
    serde_json::from_slice(&output::read(path)?).map_err(|error| {
        let reason = format!("{error}; expected what `eval --json` prints");
        in_file(path, Error::Malformed { format: "JSON", reason })
    })
}

fn print_paired(paired: &Paired) -> Result<()> {
    output::line(format!("{} pictures in both, {} in only one", paired.images, paired.unmatched))?;
    if paired.without_label > 0 {
        let count = paired.without_label;
        output::line(format!(
            "{count} more have a label that one of the runs did not choose from: not compared"
        ))?;
    }
    if paired.other_content > 0 {
        let count = paired.other_content;
        output::line(format!(
            "{count} of them have different bytes in the second: they are paired by name only"
        ))?;
    }
    print_accuracies(&paired.first, &paired.second, &paired.difference)?;
    let (first, second) = (paired.only_first_right, paired.only_second_right);
    output::line(format!("correct only in the first {first}, only in the second {second}"))?;
    output::line(format!("McNemar's exact p      {:.4}", paired.p))?;
    output::line(format!("changed answers        {}", paired.moved.len()))?;
    for moved in &paired.moved {
        output::line(format!("  {}: {:?} became {:?}", moved.image, moved.first, moved.second))?;
    }
    Ok(())
}

fn print_unpaired(unpaired: &Unpaired) -> Result<()> {
    print_accuracies(&unpaired.first, &unpaired.second, &unpaired.difference)
}

fn print_accuracies(first: &Estimate, second: &Estimate, difference: &Estimate) -> Result<()> {
    output::line(format!("acc1, first            {}", percent(first)))?;
    output::line(format!("acc1, second           {}", percent(second)))?;
    output::line(format!("difference             {}", percent(difference)))
}
