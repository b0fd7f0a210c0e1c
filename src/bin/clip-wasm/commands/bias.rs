//! `bias`: compares the scores of groups of pictures.

use clip_wasm::research::association::Association;
use clip_wasm::research::bias::{Bias, Difference, SMALL_GROUP, Verdict};
use clip_wasm::research::embedding_set::EmbeddingSet;
use clip_wasm::research::labels::Labels;
use clip_wasm::research::relabelling::LabelSets;
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
    bias: Bias,
    /// What another set of labels changes.
    label_sets: Option<LabelSets>,
    association: Option<Association>,
    skipped: Vec<Skipped>,
}

pub fn run(args: &args::Bias, json: bool) -> Result<()> {
    let mut study = Study::open(&args.model, &args.prompts, &args.data)?;
    let groups = study.dataset.classes.len();
    if groups < 2 {
        let problem = format!("has {groups} groups of pictures, at least two are needed");
        return Err(Error::Dataset { path: study.data, problem });
    }
    let (set, skipped) = study.embed()?;
    let templates = study.settings.templates.clone();
    let bootstrap = args.data.dice.bootstrap();
    let bias = study.with_labels(&templates, |labels| Bias::of(&set, labels, &bootstrap))?;
    let label_sets = label_sets(&mut study, &set, args)?;
    let association = association(&mut study, &set, args)?;
    let report = Report { settings: study.settings, bias, label_sets, association, skipped };
    if json { output::json(&report) } else { print(&report) }
}

/// Which pictures another set of labels moves.
fn label_sets(study: &mut Study, set: &EmbeddingSet, args: &args::Bias) -> Result<Option<LabelSets>> {
    if args.other_labels.is_empty() {
        return Ok(None);
    }
    let second = &args.other_labels;
    let templates = study.settings.templates.clone();
    let embeddings = study.session.label_embeddings(second, &templates)?;
    let second = Labels { names: second, embeddings: &embeddings, logit_scale: study.session.logit_scale() };
    study.with_labels(&templates, |first| LabelSets::of(set, first, &second)).map(Some)
}

fn association(study: &mut Study, set: &EmbeddingSet, args: &args::Bias) -> Result<Option<Association>> {
    let [first, second] = args.targets.as_slice() else { return Ok(None) };
    let templates = &study.settings.templates;
    let near = study.session.label_embeddings(&args.attributes, templates)?;
    let far = study.session.label_embeddings(&args.other_attributes, templates)?;
    let bootstrap = args.data.dice.bootstrap();
    let association = Association::of(set, [first, second], [&near, &far], &bootstrap);
    if association.is_none() {
        let problem = format!("has no pictures of {first:?} or of {second:?}");
        return Err(Error::Dataset { path: study.data.clone(), problem });
    }
    Ok(association)
}

fn print(report: &Report) -> Result<()> {
    output::line(
        "A difference between groups says nothing about its cause, and finding none does not prove fairness.",
    )?;
    for group in &report.bias.groups {
        let small =
            if group.small { format!(", fewer than {SMALL_GROUP}: too few to tell") } else { String::new() };
        output::line(format!("{}: {} pictures{small}", group.group, group.images))?;
        for label in &group.labels {
            output::line(format!(
                "  score {}  best {:5.1} %  {}",
                percent(&label.score),
                label.top1.value * 100.0,
                label.label
            ))?;
        }
    }
    report.bias.differences.iter().try_for_each(print_difference)?;
    if let Some(sets) = &report.label_sets {
        output::line(format!("{} pictures get a different answer with the other labels", sets.moved.len()))?;
        for moved in &sets.moved {
            output::line(format!("  {}: {:?} became {:?}", moved.image, moved.first, moved.second))?;
        }
    }
    if let Some(association) = &report.association {
        let effect = association.effect.map_or("none".to_owned(), |effect| format!("{effect:.3}"));
        let p = association.test.map_or(1.0, |test| test.p);
        let small = if association.small { "; too few pictures to tell" } else { "" };
        output::line(format!("association: effect size {effect}, p = {p:.4}{small}"))?;
    }
    study::print_skipped(&report.skipped)
}

fn print_difference(difference: &Difference) -> Result<()> {
    let verdict = match difference.verdict {
        Verdict::Different => "different",
        Verdict::NoEvidence => "no evidence of a difference",
        Verdict::TooFewPictures => "too few pictures to tell",
    };
    let effect = difference.effect.map_or(String::new(), |effect| format!(", d {effect:+.2}"));
    output::line(format!(
        "{} minus {}, {:?}: {:+.2} points, Holm-adjusted p = {:.4}{effect}: {verdict}",
        difference.first,
        difference.second,
        difference.label,
        difference.test.difference * 100.0,
        difference.p_adjusted,
    ))
}
