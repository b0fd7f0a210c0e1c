//! Tables of pictures and their labels: CSV, TSV or JSON.

use csv::{ReaderBuilder, Writer};
use serde_json::Value;

use crate::{Error, Result, lfs_pointer};

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
/// The columns of a table without a heading.
const NO_HEADING: Columns = [Some(0), Some(1), None, None, None];

/// The text of a table's bytes.
///
/// # Errors
/// `LfsPointer` for a pointer in place of it, `Malformed` for bytes that are not UTF-8: to guess would change labels.
pub fn text(bytes: Vec<u8>) -> Result<String> {
    lfs_pointer::refuse(&bytes, "the table")?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = format!("line {line} is not UTF-8 (byte {at}): save it as UTF-8");
        Error::Malformed { format: "table", reason }
    })
}

/// Reads a CSV with a heading, `file,label` or names like them, or without one: the first column is the
/// file, the second the label. Where the first line has tabs and no comma, tabs part the columns.
///
/// # Errors
/// `Malformed` with the line.
pub fn read_csv(text: &str) -> Result<Vec<Line>> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' };
    let mut reader = ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
    let mut reader = reader.from_reader(text.as_bytes());
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

/// Reads JSON: a list of objects with `file` and `label`, or one object of files and their labels. A label may be a
/// number or a boolean, which is its name as JSON writes it; `null` and a blank text are none.
///
/// # Errors
/// `Malformed` with the entry.
pub fn read_json(text: &str) -> Result<Vec<Line>> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    match value {
        Value::Object(files) => {
            let line = |(file, value): (String, Value)| {
                let label = label_of(&value, || format!("the entry {file:?}"))?;
                if file.trim().is_empty() {
                    return Err(wrong("an entry names no file".to_owned()));
                }
                Ok(Line { file, label, ..Line::default() })
            };
            files.into_iter().map(line).collect()
        }
        Value::Array(entries) => {
            entries.iter().zip(1..).map(|(entry, number)| of_entry(entry, number)).collect()
        }
        _ => Err(wrong("expected a list of objects with `file` and `label`".to_owned())),
    }
}

fn of_entry(entry: &Value, number: usize) -> Result<Line> {
    let set = |names: &[&'static str]| {
        let values = names.iter().filter_map(|name| Some((*name, entry.get(*name)?)));
        values.into_iter().find(|(_, value)| !value.is_null())
    };
    let file = match set(&FILE) {
        Some((_, Value::String(file))) if !file.trim().is_empty() => file.clone(),
        Some((name, other)) => {
            return Err(wrong(format!(
                "entry {number} has the `{name}` {other}, expected the name of a file"
            )));
        }
        None => return Err(wrong(format!("entry {number} names no `file`"))),
    };
    let label = set(&LABEL).map(|(_, value)| label_of(value, || format!("entry {number}"))).transpose()?;
    let sha256 = set(&SHA256).and_then(|(_, value)| value.as_str()).map(str::to_owned);
    Ok(Line { file, label: label.flatten(), sha256, ..Line::default() })
}

/// The label that a value is.
fn label_of(value: &Value, of: impl Fn() -> String) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(label) => Ok(Some(label.trim()).filter(|label| !label.is_empty()).map(str::to_owned)),
        Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => {
            Err(wrong(format!("{} has the label {value}, expected a string or a number", of())))
        }
    }
}

fn wrong(reason: String) -> Error {
    Error::Malformed { format: "JSON", reason }
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
