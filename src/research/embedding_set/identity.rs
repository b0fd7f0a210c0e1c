//! The identity of measured pictures: hashes of their bytes, names and labels.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::weights::hexadecimal;

/// What tells one set of pictures from another, whatever the set is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// SHA-256 of the pictures' bytes and names, in the order of their names: what `sha256sum` prints of the files,
    /// hashed once more. Labels are not in it.
    pub pictures_sha256: String,
    /// The hash of a list with the labels too, a line for each picture: `HASH  NAME<TAB>LABEL`.
    pub data_sha256: String,
}

/// A picture as its identity has it: its name, its label, and the hash of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identified<'a> {
    pub name: &'a str,
    pub label: Option<&'a str>,
    pub sha256: &'a str,
}

impl Identity {
    /// The identity of `pictures`, in any order.
    pub fn of(pictures: &[Identified]) -> Self {
        let mut by_name = pictures.to_vec();
        by_name.sort();
        let contents = |one: &Identified| format!("{}  {}\n", one.sha256, one.name);
        let labelled =
            |one: &Identified| format!("{}  {}\t{}\n", one.sha256, one.name, one.label.unwrap_or_default());
        Self {
            pictures_sha256: of_lines(by_name.iter().map(contents)),
            data_sha256: of_lines(by_name.iter().map(labelled)),
        }
    }
}

fn of_lines(lines: impl Iterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    lines.for_each(|line| hash.update(line));
    hexadecimal(&hash.finalize())
}

/// The SHA-256 of `bytes` in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture<'a>(name: &'a str, label: Option<&'a str>, sha256: &'a str) -> Identified<'a> {
        Identified { name, label, sha256 }
    }

    #[test]
    fn pictures_have_the_hash_of_what_sha256sum_prints_of_them() {
        let (a, b) = (sha256(b"one\n"), sha256(b"two\n"));
        assert_eq!(a, "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
        let listed = format!("{a}  cat/1.png\n{b}  dog/1.png\n");
        let identity = Identity::of(&[picture("dog/1.png", None, &b), picture("cat/1.png", Some("cat"), &a)]);
        assert_eq!(identity.pictures_sha256, sha256(listed.as_bytes()));
    }

    #[test]
    fn other_bytes_names_or_labels_are_other_data_and_labels_are_no_part_of_the_pictures() {
        let of = |pictures: &[Identified]| Identity::of(pictures);
        let [first, second] = [picture("1", Some("a"), "x"), picture("2", Some("b"), "y")];
        let whole = of(&[first, second]);
        let relabelled = of(&[picture("1", Some("b"), "x"), second]);
        assert_eq!(of(&[second, first]), whole, "the order is no part of it");
        assert_eq!(relabelled.pictures_sha256, whole.pictures_sha256);
        assert_ne!(relabelled.data_sha256, whole.data_sha256);
        for other in
            [of(&[picture("1", Some("a"), "z"), second]), of(&[picture("3", Some("a"), "x"), second])]
        {
            assert_ne!(other.pictures_sha256, whole.pictures_sha256);
            assert_ne!(other.data_sha256, whole.data_sha256);
        }
    }
}
