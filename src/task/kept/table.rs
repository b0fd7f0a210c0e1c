//! Tables of pictures and their labels, in CSV or JSON.

use csv::{ReaderBuilder, Writer};

use crate::{Error, Result};

/// One line of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub file: String,
    /// `None` where the picture has no label.
    pub label: Option<String>,
    /// The hash of the picture's bytes, where the table says it.
    pub sha256: Option<String>,
    /// The hash of the weights that made the embedding, where the table says it.
    pub weights: Option<String>,
    /// The version of this program that made the embedding, where the table says it.
    pub version: Option<String>,
}

/// Names that the columns go by.
const FILE: [&str; 5] = ["file", "image", "path", "filename", "filepath"];
const LABEL: [&str; 4] = ["label", "class", "title", "caption"];
const SHA256: [&str; 1] = ["sha256"];
const WEIGHTS: [&str; 1] = ["weights_sha256"];
const VERSION: [&str; 1] = ["version"];

/// Where a table has file, label, hash of the picture, hash of the weights, and version.
type Columns = [Option<usize>; 5];
/// Of a table without a heading.
const NO_HEADING: Columns = [Some(0), Some(1), None, None, None];

/// Reads a CSV with a heading, `file,label` or names like them, or without one: the first column is the
/// file, the second the label.
///
/// # Errors
/// `Malformed` with the line.
pub fn read_csv(text: &str) -> Result<Vec<Line>> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut columns: Option<Columns> = None;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| malformed(error.to_string()))?;
        let Some(known) = columns else {
            let named = |names: &[&str]| record.iter().position(|cell| names.contains(&plain(cell).as_str()));
            let heading = [named(&FILE), named(&LABEL), named(&SHA256), named(&WEIGHTS), named(&VERSION)];
            columns = Some(if heading[0].is_some() { heading } else { NO_HEADING });
            if heading[0].is_none() {
                lines.push(line(&record, NO_HEADING)?);
            }
            continue;
        };
        lines.push(line(&record, known)?);
    }
    Ok(lines)
}

fn line(record: &csv::StringRecord, [file, label, sha256, weights, version]: Columns) -> Result<Line> {
    let cell = |column: Option<usize>| {
        let text = record.get(column?)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let number = record.position().map_or(0, csv::Position::line);
    let file = cell(file).ok_or_else(|| malformed(format!("line {number} names no file")))?;
    Ok(Line {
        file,
        label: cell(label),
        sha256: cell(sha256),
        weights: cell(weights),
        version: cell(version),
    })
}

fn plain(cell: &str) -> String {
    cell.trim().trim_start_matches('\u{feff}').to_lowercase()
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: "CSV", reason }
}

/// Reads JSON: a list of objects with `file` and `label`, or one object of files and their labels.
///
/// # Errors
/// `Malformed` with the entry.
pub fn read_json(text: &str) -> Result<Vec<Line>> {
    let wrong = |reason: String| Error::Malformed { format: "JSON", reason };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let label = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    match value {
        serde_json::Value::Object(files) => Ok(files
            .into_iter()
            .map(|(file, value)| Line { file, label: label(&value), ..Line::default() })
            .collect()),
        serde_json::Value::Array(entries) => (entries.iter().enumerate())
            .map(|(index, entry)| {
                let text = |names: &[&str]| names.iter().find_map(|name| label(&entry[*name]));
                let file =
                    text(&FILE).ok_or_else(|| wrong(format!("entry {} names no `file`", index + 1)))?;
                Ok(Line { file, label: text(&LABEL), sha256: text(&SHA256), ..Line::default() })
            })
            .collect(),
        _ => Err(wrong("expected a list of objects with `file` and `label`".to_owned())),
    }
}

/// Rows of text as CSV.
///
/// # Errors
/// `Malformed`, which needs rows of unequal length.
pub fn write_csv<'a, Row: AsRef<[&'a str]>>(rows: impl Iterator<Item = Row>) -> Result<String> {
    let mut writer = Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.as_ref()).map_err(|error| malformed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| malformed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| malformed(error.to_string()))
}
