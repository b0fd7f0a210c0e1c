//! What the commands of research take.

use std::path::PathBuf;

use clap::Args as Group;
use clip_wasm::image::corrupt::WORKING_SIDE;
use clip_wasm::research::statistics::Bootstrap;

use super::{Labels, Model, Prompts};

/// What random numbers depend on.
#[derive(Debug, Group)]
pub struct Dice {
    /// Where random numbers start: the same seed gives the same figures
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Samples that the bootstrap draws for an interval
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
    /// A folder with a folder of pictures a class (underscores read as spaces); a .csv, .tsv or .json of file and
    /// label; a webdataset (.tar or its folder); or kept embeddings (.npy, its .csv beside it)
    pub data: PathBuf,
    /// Labels to choose from; the data's classes by default
    #[command(flatten)]
    pub labels: Labels,
    /// Look at no more than this many pictures of each class, drawn at random by the seed
    #[arg(long, value_name = "EACH")]
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
    /// Keep the embeddings as NAME.npy and NAME.csv, and resume from what they hold of these pictures by these weights
    #[arg(long, value_name = "NAME")]
    pub keep: Option<PathBuf>,
    /// Embed every picture afresh, whatever NAME.npy holds, and replace it
    #[arg(long, requires = "keep")]
    pub fresh: bool,
    /// Write each picture's answer as CSV
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub struct Compare {
    /// What `eval --json` printed
    pub first: PathBuf,
    /// What `eval --json` printed of the same pictures, otherwise classified
    pub second: PathBuf,
    /// The two are of different pictures with the same labels: compare their accuracies only
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
    /// Pictures of each class to learn from
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8")]
    pub shots: Vec<usize>,
    /// Parts of the cross-validation
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=50))]
    pub folds: u16,
    /// Draws of the pictures to learn from, for each number of shots
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
    /// A corruption, by the name ImageNet-C gives it; may be given several times. All by default
    #[arg(long = "corruption")]
    pub corruptions: Vec<String>,
    /// Severities, 1 to 5
    #[arg(long = "severity", value_delimiter = ',', default_value = "1,2,3,4,5")]
    pub severities: Vec<u8>,
    /// Pixels that the shorter side of a picture is brought to before it is damaged; ImageNet-C's by default
    #[arg(long, default_value_t = WORKING_SIDE as u16, value_parser = clap::value_parser!(u16).range(16..=1024))]
    pub side: u16,
    /// What the typographic attack writes; the first label by default
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
    /// Another set of labels: which pictures does it move? One each
    #[arg(long = "other-label")]
    pub other_labels: Vec<String>,
    /// Two groups for an association test
    #[arg(long, num_args = 2, value_names = ["GROUP", "GROUP"], requires_all = ["attributes", "other_attributes"])]
    pub targets: Vec<String>,
    /// A text of the first set of attributes; may be given several times
    #[arg(long = "attribute")]
    pub attributes: Vec<String>,
    /// A text of the second set of attributes; may be given several times
    #[arg(long = "other-attribute")]
    pub other_attributes: Vec<String>,
}
