//! The command line's options and arguments.

mod labels;
mod research;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::{Args as Group, CommandFactory, Parser, Subcommand, ValueEnum};
use clip_wasm::image::Backend;
use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::task::zero_shot::Mode;

use crate::pictures::STDIN;

pub use labels::{Labels, once};
pub use research::{Bias, Compare, Data, Eval, Probe, Robustness};

/// Zero-shot image classification with CLIP and SigLIP: the same bits as in the browser.
#[derive(Debug, Parser)]
#[command(name = "clip-wasm", version, about)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

impl Args {
    /// What the grammar cannot say: labels that are a file, and standard input that is asked for twice.
    ///
    /// # Errors
    /// Bad usage.
    pub fn checked(self) -> Result<Self, clap::Error> {
        let (labels, images): (Option<&Labels>, &[PathBuf]) = match &self.command {
            Command::Classify(args) => (Some(&args.labels), &args.images),
            Command::Embed { images, .. } => (None, images),
            Command::Eval(Eval { data, .. })
            | Command::Probe(Probe { data, .. })
            | Command::Robustness(Robustness { data, .. })
            | Command::Bias(Bias { data, .. }) => (Some(&data.labels), &[]),
            _ => (None, &[]),
        };
        let wrong = |kind, message: String| Err(Self::command().error(kind, message));
        if let Some(file) = labels.and_then(Labels::mistaken_file) {
            let message = format!(
                "{file:?} is a file: --labels-file reads labels from it, --label takes its name for a label"
            );
            return wrong(ErrorKind::ValueValidation, message);
        }
        let of_stdin = images.iter().filter(|path| path.as_path() == Path::new(STDIN)).count();
        if of_stdin + usize::from(labels.is_some_and(Labels::takes_stdin)) > 1 {
            let message = "standard input (-) can be read once: as one picture, or as the labels".to_owned();
            return wrong(ErrorKind::ArgumentConflict, message);
        }
        if matches!(&self.command, Command::Classify(args) if args.labels.is_empty()) {
            let message =
                "no labels: expected --labels \"cat,dog\", --label LABEL or --labels-file FILE".to_owned();
            return wrong(ErrorKind::MissingRequiredArgument, message);
        }
        Ok(self)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Convert a checkpoint to a single GGUF file of the given type
    Quantize(Quantize),
    /// Show what a model contains: architecture, types, sizes, provenance, hash
    Inspect {
        /// A .gguf file, a Hugging Face folder, a repository (owner/name[@revision]), or a record's id
        #[arg(default_value = crate::model::EMBEDDED)]
        model: OsString,
    },
    /// List known and downloaded models with their sizes
    Models,
    /// Print the token ids of texts
    Tokenize {
        /// A .gguf file, a Hugging Face folder, a record's id, or a repository (owner/name[@revision])
        #[arg(long, default_value = crate::model::EMBEDDED)]
        model: OsString,
        /// A text, used as is, without a template
        #[arg(required = true, value_name = "TEXT")]
        texts: Vec<String>,
    },
    /// Write a picture as the vision tower receives it: f32 [3, height, width] as .npy
    Preprocess {
        #[command(flatten)]
        model: Model,
        /// A picture: JPEG, PNG, WebP, GIF or BMP; - reads it from standard input
        image: PathBuf,
        /// Where to write the .npy file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Print the projected embeddings of pictures and texts, not normalised
    Embed {
        #[command(flatten)]
        model: Model,
        /// A picture, a folder of them, or a pattern such as "photos/*.jpg"; - reads a picture from standard input;
        /// may be given several times
        #[arg(long = "image", value_name = "IMAGE")]
        images: Vec<PathBuf>,
        /// A text, used as is; may be given several times
        #[arg(long = "text", value_name = "TEXT")]
        texts: Vec<String>,
    },
    /// Classify pictures with your own labels
    Classify(Classify),
    /// Measure accuracy and calibration on labelled pictures, for all templates together and for each one
    Eval(Eval),
    /// Compare two results of `eval --json`: McNemar's exact test, and the pictures whose answers differ
    Compare(Compare),
    /// Measure accuracy under ImageNet-C's corruptions, at five severities
    Robustness(Robustness),
    /// Compare groups of pictures: mean scores, tests of the differences, association tests
    Bias(Bias),
    /// Fit a linear probe on the embeddings, cross-validated and few-shot
    Probe(Probe),
    /// Compare a model with its source, run in f32 by candle-transformers
    Verify(Verify),
}

/// Which model to run.
#[derive(Debug, Group)]
pub struct Model {
    /// A .gguf file, a Hugging Face folder (run in f32), or a record's id or a repository (owner/name[@revision]),
    /// which is downloaded on first use and stored as q8_0. `clip-wasm models` lists them
    #[arg(long, default_value = crate::model::EMBEDDED)]
    pub model: OsString,
    /// Whose pixels the vision tower gets. By default those that the model file or its record names, else those of the
    /// class in preprocessor_config.json: torchvision if its name ends in Fast, otherwise pillow
    #[arg(long, value_name = "NAME")]
    pub preprocessor: Option<Preprocessor>,
}

impl Model {
    /// Whose pixels are asked for, if any are.
    pub fn pixels(&self) -> Option<Backend> {
        self.preprocessor.map(Backend::from)
    }
}

/// Whose pixels the vision tower gets.
#[derive(Clone, Copy, Debug)]
pub struct Preprocessor(Backend);

impl From<Preprocessor> for Backend {
    fn from(Preprocessor(backend): Preprocessor) -> Self {
        backend
    }
}

impl ValueEnum for Preprocessor {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Backend::Pillow), Self(Backend::Torchvision)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Backend::Pillow => {
                "As transformers' processors with backend=\"pil\", OpenCLIP and OpenAI's code compute them"
            }
            Backend::Torchvision => {
                "As transformers 5 computes them by default, with backend=\"torchvision\""
            }
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

#[derive(Debug, Group)]
pub struct Quantize {
    /// A Hugging Face folder, a .gguf file, a record's id, or a repository on the hub (owner/name[@revision]). The
    /// environment variable HF_ENDPOINT names another hub, HF_TOKEN is an access token for it
    pub source: OsString,
    /// f32, f16, q8_0, q6_k, q5_0 or q4_0
    #[arg(long)]
    pub dtype: String,
    /// The file to write; by default SOURCE's name with the type, in the current folder
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A record (JSON) with the name, licence, description and template to put into the file; also the measured
    /// accuracy, if SOURCE is a .gguf file that already has this type
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Whose pixels the file is to be run with, written into it. By default those that SOURCE is run with
    #[arg(long, value_name = "NAME")]
    pub preprocessor: Option<Preprocessor>,
}

#[derive(Debug, Group)]
pub struct Classify {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    #[command(flatten)]
    pub labels: Labels,
    /// Print only the best N labels for each picture
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// Compute a heatmap of the evidence for each label; as text, it is printed only for the best label
    #[arg(long, value_enum)]
    pub heatmap: Option<HeatmapName>,
    /// A picture, a folder of them, or a pattern such as "photos/*.jpg"; - reads a picture from standard input
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
}

#[derive(Debug, Group)]
pub struct Verify {
    #[command(flatten)]
    pub model: Model,
    /// The Hugging Face folder that the model was made from
    pub source: PathBuf,
    /// Pictures to compare, besides the built-in patterns
    pub images: Vec<PathBuf>,
}

/// How labels become prompts and prompts become scores.
#[derive(Debug, Group)]
pub struct Prompts {
    /// A sentence with {} in place of the label; several form an ensemble. By default, the model's own templates
    #[arg(long = "template", value_name = "TEMPLATE")]
    pub templates: Vec<String>,
    /// How to score the labels. By default, as the model was trained: softmax, or independent for SigLIP
    #[arg(long, value_enum)]
    pub mode: Option<ModeName>,
}

impl Prompts {
    /// The templates asked for, or the model's own.
    pub fn templates(&self, session: &Session) -> Vec<String> {
        if self.templates.is_empty() { session.default_templates() } else { self.templates.clone() }
    }

    /// The mode asked for, or the model's own.
    pub fn mode(&self, session: &Session) -> Mode {
        self.mode.map_or_else(|| session.default_mode(), Mode::from)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModeName {
    /// Compare the labels: scores sum to one
    Softmax,
    /// Score each label independently: relative to the model's neutral cosine or an empty prompt, or with a sigmoid if it is SigLIP
    Independent,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Softmax => Self::Softmax,
            ModeName::Independent => Self::Independent,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum HeatmapName {
    /// How far the cosine drops when a part of the picture is covered
    Occlusion,
    /// The cosine between the label and each patch embedding of the model
    Patches,
}

impl From<HeatmapName> for Method {
    fn from(name: HeatmapName) -> Self {
        match name {
            HeatmapName::Occlusion => Self::Occlusion,
            HeatmapName::Patches => Self::Patches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_every_argument_has_its_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing of itself", command.get_name());
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {name} has no help", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        let mut command = Args::command();
        command.build();
        check(&command);
    }
}
