//! Embeddings of a set of pictures, so that other labels need no second run, and the files that they are saved in.

pub mod identity;
pub mod npy;

use std::collections::HashMap;

use identity::{Identified, Identity};

use super::dataset::table;
use crate::task::zero_shot::unit;
use crate::{Error, Result};

/// The version that is saved with embeddings: another version may decode the same bytes, or compute, differently. The number behind the
/// crate's version is that of the arithmetic, raised whenever embeddings change beyond the crate's.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+arithmetic.2");

/// Pictures that room is made for at once at most: 128 MiB of embeddings of 512 values.
const MOST_EXPECTED: usize = 1 << 16;

/// A picture whose embedding is in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The picture's path inside the data, parts joined by `/`.
    pub name: String,
    /// The picture's label, if the data has one.
    pub label: Option<String>,
    /// The hash of its bytes, where they are known.
    pub sha256: Option<String>,
}

/// Pictures and their embeddings, as projected, not normalised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingSet {
    pictures: Vec<Picture>,
    /// `[pictures, width]`
    values: Vec<f32>,
    width: usize,
}

impl EmbeddingSet {
    /// An empty set for embeddings of `width` values.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Reserves memory for `pictures` more, as far as it can be had: a buffer that grows is copied, and leaves its old
    /// memory behind.
    pub fn expect(&mut self, pictures: usize) {
        let pictures = pictures.min(MOST_EXPECTED);
        // Where there is no room, each picture asks for its own.
        let _ = self.pictures.try_reserve_exact(pictures);
        let _ = self.values.try_reserve_exact(pictures.saturating_mul(self.width));
    }

    /// Adds a picture and its embedding.
    ///
    /// # Errors
    /// `EmbeddingLength` if it is of another width.
    pub fn push(&mut self, picture: Picture, embedding: &[f32]) -> Result<()> {
        if embedding.len() != self.width {
            return Err(Error::EmbeddingLength { found: embedding.len(), expected: self.width });
        }
        self.pictures.push(picture);
        self.values.extend_from_slice(embedding);
        Ok(())
    }

    /// Adds all pictures of `more`.
    ///
    /// # Errors
    /// `EmbeddingLength` if they are of another width.
    pub fn append(&mut self, more: Self) -> Result<()> {
        if more.width != self.width {
            return Err(Error::EmbeddingLength { found: more.width, expected: self.width });
        }
        self.pictures.extend(more.pictures);
        self.values.extend(more.values);
        Ok(())
    }

    /// Puts the pictures into the order of `names`; those that are not among them come last, as they are. Gives whether
    /// any moved.
    pub fn arrange(&mut self, names: &[String]) -> bool {
        let places: HashMap<&str, usize> =
            names.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let place = |picture: &Picture| places.get(picture.name.as_str()).copied().unwrap_or(usize::MAX);
        if self.pictures.is_sorted_by_key(place) {
            return false;
        }
        let mut order: Vec<usize> = (0..self.pictures.len()).collect();
        order.sort_by_key(|&row| place(&self.pictures[row]));
        self.values = order.iter().flat_map(|&row| self.row(row)).copied().collect();
        self.pictures = order.iter().map(|&row| std::mem::take(&mut self.pictures[row])).collect();
        true
    }

    /// The embedding of the picture at `place`.
    ///
    /// # Panics
    /// If there is none.
    pub fn row(&self, place: usize) -> &[f32] {
        &self.values[place * self.width..][..self.width]
    }

    /// What tells these pictures from others. Where a picture's bytes are not known, its embedding stands for them.
    pub fn identity(&self) -> Identity {
        let bytes = |row: &[f32]| row.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let hash = |(picture, row): (&Picture, &[f32])| {
            picture.sha256.clone().unwrap_or_else(|| identity::sha256(&bytes(row)))
        };
        let hashes: Vec<String> = self.pictures.iter().zip(self.embeddings()).map(hash).collect();
        let pictures: Vec<Identified> = (self.pictures.iter().zip(&hashes))
            .map(|(picture, sha256)| Identified {
                name: &picture.name,
                label: picture.label.as_deref(),
                sha256,
            })
            .collect();
        Identity::of(&pictures)
    }

    /// The pictures whose names `keep` wants, with their embeddings.
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut set = Self::new(self.width);
        for (picture, row) in self.pictures.iter().zip(self.embeddings()).filter(|(one, _)| keep(&one.name)) {
            set.pictures.push(picture.clone());
            set.values.extend_from_slice(row);
        }
        set
    }

    /// The same embeddings with other labels: what `label` gives for each picture's name.
    pub fn relabelled(&self, label: impl Fn(&str) -> Option<String>) -> Self {
        let picture = |picture: &Picture| Picture { label: label(&picture.name), ..picture.clone() };
        Self { pictures: self.pictures.iter().map(picture).collect(), ..self.clone() }
    }

    /// The pictures, in the order they came.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Each picture's embedding.
    pub fn embeddings(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// Each picture's embedding at unit length.
    pub fn units(&self) -> Vec<Vec<f32>> {
        self.embeddings().map(unit).collect()
    }

    /// Values of an embedding.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The labels that the pictures have, each once, sorted.
    pub fn classes(&self) -> Vec<String> {
        let labels = self.pictures.iter().filter_map(|picture| picture.label.clone());
        let mut classes: Vec<String> = labels.collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// The embeddings as a .npy file `[pictures, width]`.
    pub fn to_npy(&self) -> Vec<u8> {
        npy::write(&self.values, &[self.pictures.len(), self.width])
    }

    /// The table that belongs to [`EmbeddingSet::to_npy`]: a line for each row, with the hashes of the picture and of
    /// the weights, and the version of this program.
    ///
    /// # Errors
    /// As [`table::write_csv`].
    pub fn to_csv(&self, weights: &str) -> Result<String> {
        let line = |(row, picture): (usize, &'_ Picture)| {
            let [label, sha256] =
                [&picture.label, &picture.sha256].map(|text| text.clone().unwrap_or_default());
            [picture.name.clone(), label, sha256, weights.to_owned(), VERSION.to_owned(), row.to_string()]
        };
        let lines: Vec<[String; 6]> = self.pictures.iter().enumerate().map(line).collect();
        let heading = ["file", "label", "sha256", "weights_sha256", "version", "row"];
        let rows = lines.iter().map(|line| line.each_ref().map(String::as_str));
        table::write_csv(std::iter::once(heading).chain(rows))
    }

    /// Reads saved embeddings for a model with embeddings of `width` values and the weights' hash `weights`.
    ///
    /// # Errors
    /// `Malformed` for damaged files, `KeptLines` if table and rows do not match, `EmbeddingLength` and
    /// `OtherWeights` for another model's.
    pub fn from_files(npy: &[u8], csv: &str, width: usize, weights: &str) -> Result<Self> {
        let (values, [rows, found]) = npy::read_matrix(npy)?;
        let lines = table::read_csv(csv)?;
        if lines.len() != rows {
            return Err(Error::KeptLines { rows, lines: lines.len() });
        }
        if found != width {
            return Err(Error::EmbeddingLength { found, expected: width });
        }
        if let Some(other) =
            lines.iter().filter_map(|line| line.weights.as_deref()).find(|hash| *hash != weights)
        {
            return Err(Error::OtherWeights { found: other.to_owned(), expected: weights.to_owned() });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let reason = format!("row {} holds a value that is not finite", index / width.max(1) + 1);
            return Err(Error::Malformed { format: "npy", reason });
        }
        let picture = |line: table::Line| Picture { name: line.file, label: line.label, sha256: line.sha256 };
        let pictures = by_row(lines)?.into_iter().map(picture).collect();
        Ok(Self { pictures, values, width })
    }
}

/// The lines in the order of their rows, whatever order somebody has put them in since.
///
/// # Errors
/// `Malformed` if they name rows, and not each one once.
fn by_row(lines: Vec<table::Line>) -> Result<Vec<table::Line>> {
    if lines.iter().all(|line| line.row.is_none()) {
        return Ok(lines);
    }
    let count = lines.len();
    let mut ordered = vec![None; count];
    for line in lines {
        let row = line.row.as_deref().and_then(|row| row.parse::<usize>().ok());
        let free = row.and_then(|row| ordered.get_mut(row)).filter(|place| place.is_none());
        let Some(place) = free else {
            let reason = format!(
                "{} has the row {:?}, expected each of 0 to {} once",
                line.file,
                line.row.unwrap_or_default(),
                count.saturating_sub(1)
            );
            return Err(Error::Malformed { format: "CSV", reason });
        };
        *place = Some(line);
    }
    Ok(ordered.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> EmbeddingSet {
        let mut set = EmbeddingSet::new(2);
        let picture = |name: &str, label: Option<&str>| Picture {
            name: name.into(),
            label: label.map(Into::into),
            sha256: label.map(|_| "ab12".into()),
        };
        set.push(picture("a/1.png", Some("a \"b\", c")), &[1.0, -2.5]).unwrap();
        set.push(picture("2.png", None), &[0.0, 1e-30]).unwrap();
        set
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (npy, csv) = (set().to_npy(), set().to_csv("hash").unwrap());
        assert_eq!(npy.len() % 64, 16, "a header of whole lines, then four values");
        assert_eq!(EmbeddingSet::from_files(&npy, &csv, 2, "hash").unwrap(), set());
    }

    #[test]
    fn a_table_that_was_sorted_since_names_the_same_rows() {
        let (npy, csv) = (set().to_npy(), set().to_csv("hash").unwrap());
        let [heading, first, second] = *csv.lines().collect::<Vec<_>>() else { panic!("{csv}") };
        let read = |csv: &str| EmbeddingSet::from_files(&npy, csv, 2, "hash");
        assert_eq!(read(&format!("{heading}\n{second}\n{first}\n")).unwrap(), set());
        let twice = read(&format!("{heading}\n{first}\n{first}\n")).unwrap_err().to_string();
        assert!(twice.contains("a/1.png has the row \"0\", expected each of 0 to 1 once"), "{twice}");
        let without = read("file,label\n2.png,\na/1.png,b\n").unwrap();
        assert_eq!(without.pictures()[0].name, "2.png", "a table that names no rows is in their order");
    }

    #[test]
    fn pictures_that_were_expected_find_their_room_and_no_count_of_them_fails() {
        let mut set = EmbeddingSet::new(2);
        set.expect(1000);
        let room = set.values.capacity();
        assert!(room >= 2000);
        let picture = |n: u32| Picture { name: n.to_string(), ..Picture::default() };
        (0..1000).for_each(|n| set.push(picture(n), &[0.5, 1.0]).unwrap());
        assert_eq!(set.values.capacity(), room);
        set.expect(usize::MAX);
        assert!(set.values.capacity() < 4 * MOST_EXPECTED);
    }

    #[test]
    fn parts_of_another_width_are_refused() {
        let mut first = EmbeddingSet::new(2);
        first.append(set()).unwrap();
        assert_eq!(first, set());
        assert_eq!(first.append(EmbeddingSet::new(3)).unwrap_err().code(), "embedding-length");
    }

    #[test]
    fn pictures_take_the_order_of_the_data_with_their_embeddings() {
        let mut set = set();
        let names = ["2.png", "a/1.png"].map(str::to_owned);
        let before = set.identity();
        assert!(set.arrange(&names) && !set.arrange(&names));
        assert_eq!((set.pictures()[0].name.as_str(), set.row(0)), ("2.png", [0.0, 1e-30].as_slice()));
        assert_eq!((set.pictures()[1].name.as_str(), set.row(1)), ("a/1.png", [1.0, -2.5].as_slice()));
        assert_eq!(set.identity(), before, "the order is no part of it");
    }

    #[test]
    fn some_pictures_keep_their_own_embeddings() {
        let set = set().only(|name| name == "2.png");
        assert_eq!((set.pictures().len(), set.row(0)), (1, [0.0, 1e-30].as_slice()));
    }

    #[test]
    fn an_embedding_stands_for_bytes_that_are_not_known() {
        let of = |value: f32| {
            let mut set = EmbeddingSet::new(1);
            set.push(Picture { name: "1".into(), ..Picture::default() }, &[value]).unwrap();
            set.identity()
        };
        assert_ne!(of(1.0), of(2.0));
        assert_eq!(of(1.0), of(1.0));
    }

    #[test]
    fn embeddings_of_another_model_are_refused() {
        let (npy, csv) = (set().to_npy(), set().to_csv("hash").unwrap());
        let code = |width, weights| EmbeddingSet::from_files(&npy, &csv, width, weights).unwrap_err().code();
        assert_eq!([code(3, "hash"), code(2, "other")], ["embedding-length", "other-weights"]);
        let short = EmbeddingSet::from_files(&npy, "file,label\na,b\n", 2, "hash").unwrap_err();
        assert_eq!(short.to_string(), "the table has 1 lines for 2 embeddings");
    }

    #[test]
    fn damaged_npy_files_are_refused_without_allocating_what_they_announce() {
        let npy = set().to_npy();
        for cut in 0..npy.len() {
            assert!(npy::read_matrix(&npy[..cut]).is_err());
        }
        let text = String::from_utf8_lossy(&npy[10..128]).replace("(2, 2,)", "(9999999999, 9999999999)");
        let mut hostile = b"\x93NUMPY\x01\x00".to_vec();
        hostile.extend((text.len() as u16).to_le_bytes());
        hostile.extend(text.bytes());
        assert_eq!(npy::read_matrix(&hostile).unwrap_err().code(), "malformed");
    }

    #[test]
    fn labels_of_a_json_table_may_be_numbers_and_what_is_no_label_is_refused() {
        let labels = |json: &str| -> Vec<Option<String>> {
            table::read_json(json).unwrap().into_iter().map(|line| line.label).collect()
        };
        let list = r#"[{"file": "a", "label": 3}, {"file": "b", "label": 2.5}, {"file": "c", "label": true},
                       {"file": "d", "label": null, "class": "x"}, {"file": "e", "label": " "}, {"file": "f"}]"#;
        let expected = [Some("3"), Some("2.5"), Some("true"), Some("x"), None, None];
        assert_eq!(labels(list), expected.map(|label| label.map(str::to_owned)));
        assert_eq!(labels(r#"{"a.png": 3, "b.png": null}"#), [Some("3".to_owned()), None]);
        assert_eq!(labels("\u{feff}[]"), []);
        let refused = |json: &str| table::read_json(json).unwrap_err().to_string();
        let list = refused(r#"[{"file": "a"}, {"file": "b", "label": ["cat"]}]"#);
        assert!(list.contains(r#"entry 2 has the label ["cat"], expected a string or a number"#), "{list}");
        assert!(
            refused(r#"[{"file": 7}]"#).contains("entry 1 has the `file` 7, expected the name of a file")
        );
        assert!(refused(r#"{"images": [1]}"#).contains(r#"the entry "images" has the label [1]"#));
    }

    #[test]
    fn a_table_that_is_not_utf_8_is_refused_with_its_line() {
        let error = table::text(b"a.png,caf\xc3\xa9\nb.png,caf\xe9\n".to_vec()).unwrap_err().to_string();
        assert!(error.contains("line 2 is not UTF-8"), "{error}");
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n".to_vec();
        assert_eq!(table::text(pointer).unwrap_err().code(), "lfs-pointer");
    }

    #[test]
    fn tables_are_read_with_and_without_a_heading() {
        let line = |file: &str, label: Option<&str>| table::Line {
            file: file.into(),
            label: label.map(Into::into),
            ..table::Line::default()
        };
        let expected = [line("a.png", Some("cat")), line("b.png", None)];
        assert_eq!(table::read_csv("a.png,cat\nb.png,\n").unwrap(), expected);
        assert_eq!(table::read_csv("\u{feff}Label,Path\ncat,a.png\n,b.png\n").unwrap(), expected);
        let json = r#"[{"file": "a.png", "label": "cat"}, {"image": "b.png"}]"#;
        assert_eq!(table::read_json(json).unwrap(), expected);
        assert_eq!(table::read_json(r#"{"a.png": "cat", "b.png": null}"#).unwrap(), expected);
        assert_eq!(table::read_csv("file\tlabel\na.png\tcat\nb.png\n").unwrap(), expected);
        assert!(table::read_json("[1]").unwrap_err().to_string().contains("entry 1 names no `file`"));
        assert!(table::read_csv("file,label\n,cat\n").unwrap_err().to_string().contains("line 2"));
    }
}
