//! The command line's grammar.

mod research;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clip_wasm::session::Session;
use clip_wasm::task::saliency::Method;
use clip_wasm::task::zero_shot::Mode;

pub use research::{Bias, Compare, Data, Eval, Probe, Robustness};

/// CLIP zero-shot image classification, with the bits of the browser build.
#[derive(Debug, Parser)]
#[command(name = "clip-wasm", version, about)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a checkpoint as one GGUF file of the given type
    Quantize(Quantize),
    /// Say what is in a model: architecture, types, sizes, provenance, hash
    Inspect {
        /// A .gguf file, a Hugging Face folder, a repository (owner/name[@revision]), or a record's id
        #[arg(default_value = crate::model::EMBEDDED)]
        model: String,
    },
    /// Print the token ids of texts
    Tokenize {
        #[command(flatten)]
        model: Model,
        #[arg(required = true)]
        texts: Vec<String>,
    },
    /// Write what the vision tower sees of a picture: f32 [3, height, width] as .npy
    Preprocess {
        #[command(flatten)]
        model: Model,
        image: PathBuf,
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Print embeddings of pictures and texts, as projected, not normalised
    Embed {
        #[command(flatten)]
        model: Model,
        #[arg(long = "image")]
        images: Vec<PathBuf>,
        #[arg(long = "text")]
        texts: Vec<String>,
    },
    /// Score labels against pictures
    Classify(Classify),
    /// Measure accuracy, calibration and what single templates reach over labelled pictures
    Eval(Eval),
    /// Compare two results of `eval --json`: McNemar's exact test, and which pictures moved
    Compare(Compare),
    /// Damage the pictures as ImageNet-C does, in five severities, and measure what is left
    Robustness(Robustness),
    /// Compare groups of pictures: scores of labels, tests of their differences, associations
    Bias(Bias),
    /// Fit a linear probe on the embeddings: cross-validated, and from a few pictures a class
    Probe(Probe),
    /// Compare a model with its source in f32, by candle-transformers
    Verify(Verify),
}

/// Which model to run.
#[derive(Debug, Group)]
pub struct Model {
    /// A .gguf file, a Hugging Face folder (run in f32), or a record's id or a repository (owner/name[@revision]),
    /// which is fetched at its first use and kept in q8_0
    #[arg(long, default_value = crate::model::EMBEDDED)]
    pub model: String,
}

#[derive(Debug, Group)]
pub struct Quantize {
    /// A Hugging Face folder, a .gguf file, a record's id, or a repository of the hub (owner/name[@revision]); the
    /// environment's HF_ENDPOINT names another hub
    pub source: String,
    /// f32, f16, q8_0, q6_k, q5_0 or q4_0
    #[arg(long)]
    pub dtype: String,
    /// Where to write; SOURCE's name with the type by default
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// A record (JSON) with name, licence, description and template to put into the file; measured
    /// accuracy too, where SOURCE is a .gguf that already has the type
    #[arg(long)]
    pub record: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub struct Classify {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    /// Labels, separated by commas
    #[arg(long, required_unless_present = "label", default_value = "", hide_default_value = true)]
    pub labels: String,
    /// One label, which may hold commas; may be given several times
    #[arg(long)]
    pub label: Vec<String>,
    /// Where in the picture each label's evidence is: a grid of values a label; as text, the best label's
    #[arg(long, value_enum)]
    pub heatmap: Option<HeatmapName>,
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
}

#[derive(Debug, Group)]
pub struct Verify {
    #[command(flatten)]
    pub model: Model,
    /// The Hugging Face folder that the model was made from
    pub source: PathBuf,
    /// Pictures to compare on, beside the built-in patterns
    pub images: Vec<PathBuf>,
}

/// How labels become prompts and prompts become scores.
#[derive(Debug, Group)]
pub struct Prompts {
    /// A sentence with {} for the label; several make an ensemble. The model's own by default
    #[arg(long = "template")]
    pub templates: Vec<String>,
    /// What scores of several labels have to do with each other. The model's own by default: softmax, and
    /// independent for SigLIP
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
    /// How the labels compare: they sum to one
    Softmax,
    /// Each label alone: against no label, or as SigLIP was trained
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
    /// How far the cosine drops with a part of the picture covered
    Occlusion,
    /// The cosine with each of the model's own patches
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
