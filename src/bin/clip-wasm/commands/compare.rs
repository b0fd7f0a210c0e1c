//! `compare`: two results of `eval --json` beside each other.

use std::path::Path;

use clip_wasm::task::comparison::{Answer, Paired, Unpaired};
use clip_wasm::task::statistics::Estimate;
use clip_wasm::{Error, Result};
use serde::Deserialize;

use super::eval::percent;
use super::in_file;
use crate::args::Compare;
use crate::output;

/// The part of a result that is compared.
#[derive(Deserialize)]
struct Run {
    predictions: Vec<Answer>,
}

pub fn run(args: &Compare, json: bool) -> Result<()> {
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    if args.unpaired {
        let unpaired = Unpaired::of(&first, &second);
        return if json { output::json(&unpaired) } else { print_unpaired(&unpaired) };
    }
    let paired = Paired::of(&first, &second, &args.dice.bootstrap());
    if paired.images == 0 {
        let problem =
            format!("has no labelled picture of {}: for other pictures, --unpaired", args.first.display());
        return Err(Error::Dataset { path: args.second.clone(), problem });
    }
    if json { output::json(&paired) } else { print_paired(&paired) }
}

fn read(path: &Path) -> Result<Vec<Answer>> {
    let run: Run = serde_json::from_slice(&output::read(path)?).map_err(|error| {
        let reason = format!("{error}; expected what `eval --json` prints");
        in_file(path, Error::Malformed { format: "JSON", reason })
    })?;
    Ok(run.predictions)
}

fn print_paired(paired: &Paired) -> Result<()> {
    output::line(format!("{} pictures in both, {} in one alone", paired.images, paired.unmatched));
    print_accuracies(&paired.first, &paired.second, &paired.difference);
    let (first, second) = (paired.only_first_right, paired.only_second_right);
    output::line(format!("right only in the first {first}, only in the second {second}"));
    output::line(format!("McNemar's exact p      {:.4}", paired.p));
    output::line(format!("answers that changed   {}", paired.moved.len()));
    for moved in &paired.moved {
        output::line(format!("  {}: {:?} became {:?}", moved.image, moved.first, moved.second));
    }
    Ok(())
}

fn print_unpaired(unpaired: &Unpaired) -> Result<()> {
    print_accuracies(&unpaired.first, &unpaired.second, &unpaired.difference);
    Ok(())
}

fn print_accuracies(first: &Estimate, second: &Estimate, difference: &Estimate) {
    output::line(format!("acc1, first            {}", percent(first)));
    output::line(format!("acc1, second           {}", percent(second)));
    output::line(format!("difference             {}", percent(difference)));
}
