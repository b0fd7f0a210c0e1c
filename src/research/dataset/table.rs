//! Tables of pictures and their labels: CSV, TSV or JSON.

use std::collections::HashMap;

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
    /// Which row of saved embeddings is the picture's, where the table says it.
    pub row: Option<String>,
}

/// Names that the columns go by.
const FILE: [&str; 5] = ["file", "image", "path", "filename", "filepath"];
const LABEL: [&str; 4] = ["label", "class", "title", "caption"];
const SHA256: [&str; 1] = ["sha256"];
const WEIGHTS: [&str; 1] = ["weights_sha256"];
const VERSION: [&str; 1] = ["version"];
const ROW: [&str; 1] = ["row"];

/// Where a table has file, label, hash of the picture, hash of the weights, version, and row.
type Columns = [Option<usize>; 6];
/// The columns of a table without a heading.
const NO_HEADING: Columns = [Some(0), Some(1), None, None, None, None];

/// The text of a table's bytes, without a byte order mark.
///
/// # Errors
/// `LfsPointer` for a pointer in place of it, `Malformed` for bytes that are not UTF-8: to guess would change labels.
pub fn text(bytes: Vec<u8>) -> Result<String> {
    lfs_pointer::refuse(&bytes, "the table")?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = format!("line {line} is not UTF-8 (byte {at}): save it as UTF-8");
        Error::Malformed { format: "table", reason }
    })?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// Reads a CSV with a heading, `file,label` or names like them, or without one: the first column is the
/// file, the second the label. Where the first line has no comma, tabs or else semicolons separate the columns.
///
/// # Errors
/// `Malformed` with the line, also for what would change labels unnoticed: a heading without a column of files, two
/// columns of one name, more cells than the first line has, line breaks, and two labels of one file.
pub fn read_csv(text: &str) -> Result<Vec<Line>> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [',', '\t', ';'].into_iter().find(|&sign| first.contains(sign)).unwrap_or(',');
    let mut reader = ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter as u8);
    let mut reader = reader.from_reader(text.as_bytes());
    let mut known: Option<(Columns, usize)> = None;
    let mut has_heading = false;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| malformed(error.to_string()))?;
        let Some((columns, width)) = known else {
            let heading = heading(&record)?;
            known = Some((heading.unwrap_or(NO_HEADING), record.len()));
            has_heading = heading.is_some();
            if !has_heading {
                lines.push(line(&record, NO_HEADING)?);
            }
            continue;
        };
        let number = record.position().map_or(0, csv::Position::line);
        if record.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
            return Err(malformed(format!(
                "line {number} has {} cells, the first line has {width}: a cell that contains {delimiter:?} belongs in \
                 quotes",
                record.len()
            )));
        }
        lines.push(line(&record, columns)?);
    }
    if !has_heading {
        refuse_unknown_heading(&lines)?;
    }
    agreed(lines).map_err(malformed)
}

/// The columns that a first line names; `None` if it is not a heading.
fn heading(record: &csv::StringRecord) -> Result<Option<Columns>> {
    let cells: Vec<String> = record.iter().map(plain).collect();
    let named = |names: &[&str]| -> Result<Option<usize>> {
        // Of several names the first of the list counts, as in JSON.
        let Some(name) = names.iter().find(|name| cells.iter().any(|cell| cell == *name)) else {
            return Ok(None);
        };
        let mut places = cells.iter().enumerate().filter(|(_, cell)| cell == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (place, None) => Ok(place),
            _ => Err(malformed(format!("two columns are called {name:?}"))),
        }
    };
    let Some(file) = named(&FILE)? else { return Ok(None) };
    Ok(Some([Some(file), named(&LABEL)?, named(&SHA256)?, named(&WEIGHTS)?, named(&VERSION)?, named(&ROW)?]))
}

/// A first line such as `image_id,label` is not a picture with the label "label".
fn refuse_unknown_heading(lines: &[Line]) -> Result<()> {
    let Some((first, others)) = lines.split_first() else { return Ok(()) };
    if first.file.contains('.') || !others.iter().any(|line| line.file.contains('.')) {
        return Ok(());
    }
    Err(malformed(format!(
        "line 1 seems to be a heading, but no column of it is called {}: it begins with {:?}",
        FILE.join(", "),
        first.file
    )))
}

/// The lines, if no two give one file different labels.
fn agreed(lines: Vec<Line>) -> std::result::Result<Vec<Line>, String> {
    let mut labels: HashMap<&str, &Option<String>> = HashMap::new();
    let named =
        |label: &Option<String>| label.as_ref().map_or("none".to_owned(), |label| format!("{label:?}"));
    for Line { file, label, .. } in &lines {
        let other = *labels.entry(file).or_insert(label);
        if other != label {
            return Err(format!("{file} has two labels, {} and {}", named(other), named(label)));
        }
    }
    Ok(lines)
}

fn line(record: &csv::StringRecord, [file, label, sha256, weights, version, row]: Columns) -> Result<Line> {
    let cell = |column: Option<usize>| {
        let text = record.get(column?)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let number = record.position().map_or(0, csv::Position::line);
    let file = cell(file).ok_or_else(|| malformed(format!("line {number} names no file")))?;
    let label = cell(label);
    for text in [Some(&file), label.as_ref()].into_iter().flatten() {
        if let Some(what) = broken(text) {
            return Err(malformed(format!("line {number} contains {what}: is a quotation mark missing?")));
        }
    }
    Ok(Line {
        file,
        label,
        sha256: cell(sha256),
        weights: cell(weights),
        version: cell(version),
        row: cell(row),
    })
}

/// What a label or a file's name cannot be written with where each is a line.
fn broken(text: &str) -> Option<String> {
    let (place, _) = text.char_indices().find(|(_, sign)| matches!(sign, '\n' | '\r'))?;
    let before: String = text[..place].chars().take(40).collect();
    Some(format!("a line break after {before:?}"))
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
                if let Some(what) = broken(&file) {
                    return Err(wrong(format!("the name of a file contains {what}")));
                }
                Ok(Line { file, label, ..Line::default() })
            };
            files.into_iter().map(line).collect()
        }
        Value::Array(entries) => {
            let lines: Result<_> =
                entries.iter().zip(1..).map(|(entry, number)| of_entry(entry, number)).collect();
            agreed(lines?).map_err(wrong)
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
        Some((_, Value::String(file))) if !file.trim().is_empty() => match broken(file) {
            Some(what) => return Err(wrong(format!("the name of entry {number}'s file contains {what}"))),
            None => file.clone(),
        },
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
        Value::String(label) => match (label.trim(), broken(label.trim())) {
            (_, Some(what)) => Err(wrong(format!("the label of {} contains {what}", of()))),
            (label, None) => Ok(Some(label).filter(|label| !label.is_empty()).map(str::to_owned)),
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(csv: &str) -> Vec<(String, Option<String>)> {
        read_csv(csv).unwrap().into_iter().map(|line| (line.file, line.label)).collect()
    }

    fn refused(csv: &str) -> String {
        read_csv(csv).unwrap_err().to_string()
    }

    fn pair(file: &str, label: &str) -> (String, Option<String>) {
        (file.to_owned(), Some(label.to_owned()))
    }

    #[test]
    fn of_several_columns_that_could_be_labels_the_one_called_label_counts() {
        let expected = [pair("a.png", "cat")];
        assert_eq!(labels("file,caption,label\na.png,a cat here,cat\n"), expected);
        assert_eq!(labels("id,path,class,file\n1,x/a.png,cat,a.png\n"), expected);
        assert!(refused("file,label,label\na.png,cat,dog\n").contains("two columns are called \"label\""));
    }

    #[test]
    fn a_heading_without_a_column_of_files_is_no_picture() {
        for csv in ["image_id,label\na.png,cat\n", "id\tbreed\na.png\tpug\nb.png\tpug\n"] {
            assert!(refused(csv).contains("line 1 seems to be a heading"), "{csv}: {}", refused(csv));
        }
        assert_eq!(
            labels("a,cat\nb,dog\n"),
            [pair("a", "cat"), pair("b", "dog")],
            "names without extensions"
        );
        let named = labels("file,label\nREADME,text\na.png,cat\n");
        assert_eq!(named, [pair("README", "text"), pair("a.png", "cat")], "below a heading");
    }

    #[test]
    fn a_comma_or_a_quotation_mark_too_many_is_told_and_changes_no_label() {
        let comma = refused("file,label\na.png,cat, big\n");
        assert!(comma.contains("line 2 has 3 cells, the first line has 2"), "{comma}");
        assert_eq!(labels("file,label\na.png,cat,\nb.png,\"cat, big\"\n")[1], pair("b.png", "cat, big"));
        let quote = refused("file,label\na.png,\"cat\nb.png,dog\nc.png,dog\n");
        assert!(quote.contains("line 2 contains a line break after \"cat\""), "{quote}");
        let json = read_json("[{\"file\": \"a.png\", \"label\": \"cat\\ndog\"}]").unwrap_err().to_string();
        assert!(json.contains("the label of entry 1 contains a line break"), "{json}");
    }

    #[test]
    fn a_file_has_one_label() {
        let csv = refused("file,label\na.png,cat\nb.png,dog\na.png,dog\n");
        assert!(csv.contains("a.png has two labels, \"cat\" and \"dog\""), "{csv}");
        let json = "[{\"file\": \"a.png\", \"label\": \"cat\"}, {\"file\": \"a.png\"}]";
        assert!(read_json(json).unwrap_err().to_string().contains("two labels, \"cat\" and none"));
        assert_eq!(labels("a.png,cat\na.png,cat\n").len(), 2, "repeated lines are for whoever counts");
    }

    #[test]
    fn semicolons_separate_columns_where_there_is_no_comma_and_a_byte_order_mark_is_no_text() {
        assert_eq!(labels("file;label\r\na.png;cat, big\r\n"), [pair("a.png", "cat, big")]);
        assert_eq!(text(b"\xef\xbb\xbfa photo of {c}".to_vec()).unwrap(), "a photo of {c}");
    }
}
