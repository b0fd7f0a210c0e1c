//! Labels on the command line: as a list, one by one, or from a file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args as Group;
use clip_wasm::{Error, Result};

use crate::output;
use crate::pictures::STDIN;

/// Where labels come from; all that is given counts, in this order.
#[derive(Debug, Default, Group)]
pub struct Labels {
    /// Labels, separated by commas
    #[arg(long, value_name = "LIST")]
    pub labels: Option<String>,
    /// One label, which may contain commas; may be given several times
    #[arg(long, value_name = "LABEL")]
    pub label: Vec<String>,
    /// A file with one label per line; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub labels_file: Option<PathBuf>,
}

impl Labels {
    /// Whether none are asked for.
    pub fn is_empty(&self) -> bool {
        self.labels.is_none() && self.label.is_empty() && self.labels_file.is_none()
    }

    /// Whether standard input is a list of labels.
    pub fn takes_stdin(&self) -> bool {
        self.labels_file.as_deref() == Some(Path::new(STDIN))
    }

    /// The file that `--labels` names by mistake instead of labels, if one exists.
    pub fn mistaken_file(&self) -> Option<&str> {
        self.labels.as_deref().filter(|labels| Path::new(labels).is_file())
    }

    /// Reads the labels; warns about a label that is also the name of a file.
    ///
    /// # Errors
    /// `File` or `Malformed` for a file without labels.
    pub fn read(&self) -> Result<Vec<String>> {
        for label in self.label.iter().filter(|label| Path::new(label).is_file()) {
            output::note(format!(
                "the label {label:?} is also a file's name: --labels-file reads labels from a file"
            ));
        }
        let mut labels: Vec<String> = match &self.labels {
            Some(list) => list.split(',').map(|label| label.trim().to_owned()).collect(),
            None => Vec::new(),
        };
        labels.extend(self.label.iter().cloned());
        if let Some(path) = &self.labels_file {
            labels.extend(read_file(path)?);
        }
        Ok(once(labels))
    }
}

/// Labels, each once: two of one name share their score, and the second never comes first.
pub fn once(labels: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let (once, doubles): (Vec<_>, Vec<_>) = labels.into_iter().partition(|label| seen.insert(label.clone()));
    if let Some(double) = doubles.first() {
        output::note(format!("labels given more than once count once, such as {double:?}"));
    }
    once
}

fn read_file(path: &Path) -> Result<Vec<String>> {
    let bytes = if path == Path::new(STDIN) { output::read_stdin()? } else { output::read(path)? };
    let failed = |reason: String| Error::InFile {
        path: path.to_owned(),
        error: Box::new(Error::Malformed { format: "label", reason }),
    };
    let text = str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        failed(format!("line {line} is not UTF-8"))
    })?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
    let labels: Vec<String> = lines.map(str::to_owned).collect();
    if labels.is_empty() {
        return Err(failed("it has no line with a label".to_owned()));
    }
    Ok(labels)
}
