//! `robustness`: measures accuracy on corrupted pictures.

use clip_wasm::image::Rgb8;
use clip_wasm::image::corrupt::{Corruption, Severity, working_copy};
use clip_wasm::kernels::threads;
use clip_wasm::research::embedding_set::identity::{Identified, Identity};
use clip_wasm::research::robustness::{Damaged, Robustness, Trial};
use clip_wasm::session::Session;
use clip_wasm::{Error, Result};
use indicatif::ProgressBar;
use serde::Serialize;

use super::eval::percent;
use super::settings::Settings;
use super::study::{self, Skipped, Study};
use crate::dataset::Item;
use crate::pictures::TOGETHER;
use crate::{args, output};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    settings: Settings,
    /// The side that pictures are brought to before they are corrupted.
    working_side: usize,
    word: String,
    #[serde(flatten)]
    robustness: Robustness,
    skipped: Vec<Skipped>,
}

/// What is done to each picture, and what it is asked.
struct Plan {
    variants: Vec<(Corruption, Severity)>,
    label_embeddings: Vec<Vec<f32>>,
    side: usize,
    word: String,
    seed: u64,
}

pub fn run(args: &args::Robustness, json: bool) -> Result<()> {
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let word = args.word.clone().or_else(|| study.settings.labels.first().cloned()).unwrap_or_default();
    let (labels, templates) = (study.settings.labels.clone(), study.settings.templates.clone());
    let plan = Plan {
        variants: variants(args)?,
        label_embeddings: study.session.label_embeddings(&labels, &templates)?,
        side: args.side.into(),
        word,
        seed: args.data.dice.seed,
    };
    let items: Vec<(&Item, usize)> = (study.dataset.items.iter())
        .filter_map(|item| Some((item, labels.iter().position(|label| Some(label) == item.label.as_ref())?)))
        .collect();
    let (mut clean, mut columns, mut skipped) =
        (Vec::new(), vec![Vec::new(); plan.variants.len()], Vec::new());
    let bar = output::progress((items.len() * (plan.variants.len() + 1)) as u64, "corrupting");
    let mut measured: Vec<(&Item, String)> = Vec::new();
    for items in items.chunks(TOGETHER) {
        let trials =
            threads::side_by_side(items, |&(item, truth)| plan.trials(&study.session, item, truth, &bar));
        for ((item, _), trials) in items.iter().zip(trials) {
            match trials {
                Ok((first, rest, sha256)) => {
                    measured.push((item, sha256));
                    clean.push(first);
                    columns.iter_mut().zip(rest).for_each(|(column, trial)| column.push(trial));
                }
                Err(error @ (Error::Word { .. } | Error::NonFiniteEmbedding { .. })) => return Err(error),
                Err(error) => skipped.push(study::skip(item, &error)),
            }
        }
    }
    bar.finish_and_clear();
    if clean.is_empty() {
        let problem = "has no readable picture with one of these labels".to_owned();
        return Err(Error::Dataset { path: study.data, problem });
    }
    let identified = measured.iter().map(|(item, sha256)| Identified {
        name: &item.name,
        label: item.label.as_deref(),
        sha256,
    });
    study.settings.identity = Some(Identity::of(&identified.collect::<Vec<_>>()));
    let corrupted: Vec<Damaged> = (plan.variants.iter().zip(columns))
        .map(|(&(corruption, severity), trials)| Damaged {
            corruption: corruption.name(),
            family: corruption.family().name(),
            severity: severity.number(),
            trials,
        })
        .collect();
    let robustness = Robustness::of(&clean, &corrupted, &args.data.dice.bootstrap());
    let report =
        Report { settings: study.settings, working_side: plan.side, word: plan.word, robustness, skipped };
    if json { output::json(&report) } else { print(&report) }
}

/// Every asked corruption at every asked severity.
fn variants(args: &args::Robustness) -> Result<Vec<(Corruption, Severity)>> {
    let corruptions: Vec<Corruption> = if args.corruptions.is_empty() {
        Corruption::all().collect()
    } else {
        args.corruptions.iter().map(|name| Corruption::named(name)).collect::<Result<_>>()?
    };
    let severities =
        args.severities.iter().map(|&number| Severity::new(number)).collect::<Result<Vec<_>>>()?;
    let of = |corruption| severities.iter().map(move |&severity| (corruption, severity));
    Ok(corruptions.into_iter().flat_map(of).collect())
}

impl Plan {
    /// The answers to a picture: clean, and in each variant; with them, the hash of its bytes.
    fn trials(
        &self,
        session: &Session,
        item: &Item,
        truth: usize,
        bar: &ProgressBar,
    ) -> Result<(Trial, Vec<Trial>, String)> {
        let (picture, sha256) = study::read_picture(item)?;
        let picture = working_copy(&picture, self.side)?;
        // The clean one, then those that are corrupted, as many at a time as are embedded together.
        let mut trials = Vec::with_capacity(1 + self.variants.len());
        let all: Vec<_> = std::iter::once(None).chain(self.variants.iter().map(Some)).collect();
        for some in all.chunks(session.pictures_together()) {
            let pictures = some.iter().map(|variant| match variant {
                None => Ok(picture.clone()),
                Some((corruption, severity)) => {
                    let mut random = corruption.random(self.seed, *severity, &item.name);
                    corruption.apply(&picture, *severity, &self.word, &mut random)
                }
            });
            for embedded in session.embed_rgbs(&pictures.collect::<Result<Vec<Rgb8>>>()?) {
                let (embedding, scale) = (embedded?.embedding, session.logit_scale());
                trials.push(Trial::of_embedding(&embedding, &self.label_embeddings, scale, truth)?);
                bar.inc(1);
            }
        }
        let corrupted = trials.split_off(1);
        let clean = trials.swap_remove(0);
        Ok((clean, corrupted, sha256))
    }
}

fn print(report: &Report) -> Result<()> {
    let robustness = &report.robustness;
    output::line(format!("{} pictures, clean: acc1 {}", robustness.images, percent(&robustness.clean)))?;
    output::line(format!("{:<18} {:>6} {:>9}   acc1 by severity", "corruption", "error", "relative"))?;
    for corruption in &robustness.corruptions {
        let of = robustness.cells.iter().filter(|cell| cell.corruption == corruption.corruption);
        let accuracies: String = of.map(|cell| format!(" {:5.1}", cell.acc1.value * 100.0)).collect();
        let (error, relative) = (corruption.error * 100.0, corruption.relative_error * 100.0);
        output::line(format!("{:<18} {error:6.1} {relative:+9.1}  {accuracies}", corruption.corruption))?;
    }
    let mean = robustness.mean_corruption_error * 100.0;
    let relative = robustness.relative_mean_corruption_error * 100.0;
    output::line(format!("{:<18} {mean:6.1} {relative:+9.1}", "mean"))?;
    for retention in &robustness.retention {
        output::line(format!("severity {} retains {}", retention.severity, percent(&retention.retained)))?;
    }
    study::print_skipped(&report.skipped)
}
