//! Options and arguments of the commands that measure data sets.

use std::path::PathBuf;

use clap::Args as Group;
use clip_wasm::image::corrupt::WORKING_SIDE;
use clip_wasm::research::statistics::Bootstrap;

use super::{Labels, Model, Prompts};

/// What random numbers depend on.
#[derive(Debug, Group)]
pub struct Dice {
    /// Seed of the random numbers: the same seed gives the same figures
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Number of bootstrap resamples for each interval
    #[arg(long, default_value_t = Bootstrap::default().resamples)]
    pub resamples: usize,
}

impl Dice {
    /// How to resample.
    pub fn bootstrap(&self) -> Bootstrap {
        Bootstrap { resamples: self.resamples, seed: self.seed }
    }
}

/// Pictures with labels, and the dice.
#[derive(Debug, Group)]
pub struct Data {
    /// A folder with one subfolder per class (underscores become spaces); a .csv, .tsv or .json table of files and
    /// labels; a WebDataset (.tar or its folder); or saved embeddings (.npy, with its .csv beside it)
    pub data: PathBuf,
    /// Labels to choose from; the classes of the data set by default
    #[command(flatten)]
    pub labels: Labels,
    /// Use at most this many pictures per class, sampled at random with the seed
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub dice: Dice,
}

#[derive(Debug, Group)]
pub struct Eval {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    #[command(flatten)]
    pub data: Data,
    /// Save the embeddings as NAME.npy and NAME.csv, and reuse those already there for the same pictures and weights
    #[arg(long, value_name = "NAME")]
    pub keep: Option<PathBuf>,
    /// Embed every picture again, whatever NAME.npy contains, and replace it
    #[arg(long, requires = "keep")]
    pub fresh: bool,
    /// Write the prediction for each picture to a CSV file
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub struct Compare {
    /// What `eval --json` printed
    pub first: PathBuf,
    /// What `eval --json` printed for the same pictures with another model, labels or templates
    pub second: PathBuf,
    /// The two results are for different pictures with the same labels: compare only their accuracies
    #[arg(long)]
    pub unpaired: bool,
    #[command(flatten)]
    pub dice: Dice,
}

#[derive(Debug, Group)]
pub struct Probe {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    #[command(flatten)]
    pub data: Data,
    /// Training pictures per class
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8")]
    pub shots: Vec<usize>,
    /// Folds of the cross-validation
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=50))]
    pub folds: u16,
    /// Random draws of training pictures for each number of shots
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub draws: u16,
}

#[derive(Debug, Group)]
pub struct Robustness {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    #[command(flatten)]
    pub data: Data,
    /// A corruption by its name in ImageNet-C; may be given several times. All by default
    #[arg(long = "corruption")]
    pub corruptions: Vec<String>,
    /// Severities, 1 to 5
    #[arg(long = "severity", value_delimiter = ',', default_value = "1,2,3,4,5")]
    pub severities: Vec<u8>,
    /// Pixels that the shorter side of a picture is resized to before it is corrupted; ImageNet-C's by default
    #[arg(long, default_value_t = WORKING_SIDE as u16, value_parser = clap::value_parser!(u16).range(16..=1024))]
    pub side: u16,
    /// The word that the typographic attack writes; the first label by default
    #[arg(long)]
    pub word: Option<String>,
}

#[derive(Debug, Group)]
pub struct Bias {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub prompts: Prompts,
    /// The data's labels are the groups; the labels that are scored are the same, or those that are given
    #[command(flatten)]
    pub data: Data,
    /// A label of a second set, to see which pictures get a different answer; may be given several times
    #[arg(long = "other-label")]
    pub other_labels: Vec<String>,
    /// Two groups for an association test
    #[arg(long, num_args = 2, value_names = ["GROUP", "GROUP"], requires_all = ["attributes", "other_attributes"])]
    pub targets: Vec<String>,
    /// A text of the first attribute set; may be given several times
    #[arg(long = "attribute")]
    pub attributes: Vec<String>,
    /// A text of the second attribute set; may be given several times
    #[arg(long = "other-attribute")]
    pub other_attributes: Vec<String>,
}
