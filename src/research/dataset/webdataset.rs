//! Finds the pictures of a WebDataset in a .tar archive, and their classes, by the rules of webdataset 1.0
//! (`tariterators.py`) and of CLIP_benchmark.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use tar::{Archive, EntryType};

use crate::{Error, Result, lfs_pointer};

/// Digits of a class's index: what is longer is none.
const CLASS_FILE_MOST: u64 = 32;
/// What a picture's name ends with. Of several pictures of one sample the first of these counts, in CLIP_benchmark's
/// order; the last two it does not know.
const PICTURES: [&str; 6] = ["webp", "png", "jpg", "jpeg", "gif", "bmp"];
/// What compressed archives begin with.
const COMPRESSED: [(&[u8], &str); 4] =
    [(b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"\x28\xb5\x2f\xfd", "zstd")];

/// A picture of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The picture's name in the archive.
    pub name: String,
    /// The class index, below the number of classes; `None` if the archive has none for this picture.
    pub class: Option<usize>,
    /// Offset of the picture's bytes in the archive.
    pub offset: u64,
    pub length: u64,
}

/// A sample in the making: its pictures by their place in [`PICTURES`], and its class.
#[derive(Default)]
struct Parts {
    pictures: BTreeMap<usize, Sample>,
    class: Option<usize>,
}

/// The pictures of an archive for a data set of `classes` classes, in the order of their names.
///
/// # Errors
/// `Malformed` for what is no archive, is cut off, is compressed or has a member stored with holes, for a member that
/// is there twice, and for a class that there is not; `LfsPointer`.
pub fn samples(mut file: impl Read + Seek, classes: usize) -> Result<Vec<Sample>> {
    let end = file.seek(SeekFrom::End(0)).and_then(|end| file.rewind().map(|()| end)).map_err(unreadable)?;
    refuse_other_formats(&mut file)?;
    let mut archive = Archive::new(file);
    let mut samples: BTreeMap<String, Parts> = BTreeMap::new();
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (offset, length) = (entry.raw_file_position(), entry.size());
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::GNUSparse => {
                return Err(malformed(format!("{name} is stored as a sparse file, which is not supported")));
            }
            _ => continue,
        }
        let Some((key, suffix)) = parts(&name) else { continue };
        if offset.checked_add(length).is_none_or(|last| last > end) {
            return Err(malformed(format!("it is truncated within {name}")));
        }
        let twice = || malformed(format!("it contains {name} twice"));
        if let Some(place) = PICTURES.iter().position(|ending| *ending == suffix) {
            let sample = Sample { name: name.clone(), class: None, offset, length };
            if samples.entry(key.to_owned()).or_default().pictures.insert(place, sample).is_some() {
                return Err(twice());
            }
        } else if suffix == "cls" {
            let class = class(&mut entry, &name, classes)?;
            if samples.entry(key.to_owned()).or_default().class.replace(class).is_some() {
                return Err(twice());
            }
        }
    }
    let sample = |Parts { pictures, class }: Parts| Some(Sample { class, ..pictures.into_values().next()? });
    Ok(samples.into_values().filter_map(sample).collect())
}

/// The classes that a `classnames.txt` names, one a line: a class's index is its line.
///
/// # Errors
/// `Malformed` if it is not UTF-8, or for a blank line with others after it.
pub fn class_names(bytes: Vec<u8>) -> Result<Vec<String>> {
    let text = super::table::text(bytes)?;
    let mut names: Vec<String> =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.trim().to_owned()).collect();
    names.truncate(names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1));
    match names.iter().position(String::is_empty) {
        Some(blank) => Err(Error::Malformed {
            format: "classnames.txt",
            reason: format!("line {} is blank, but line numbers are class indices", blank + 1),
        }),
        None => Ok(names),
    }
}

/// The key and the suffix of a name, as webdataset's `base_plus_ext` splits it: at the first dot of its last part.
/// `None` where that part begins with the dot, as in `._s0.png` of an archive made on macOS, or has none; and for
/// webdataset's own metadata, `__name__` and its contents.
fn parts(name: &str) -> Option<(&str, String)> {
    let first = name.split('/').next().unwrap_or_default();
    if first.len() >= 4 && first.starts_with("__") && first.ends_with("__") {
        return None;
    }
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = last + name[last..].find('.').filter(|&dot| dot > 0)?;
    Some((&name[..dot], name[dot + 1..].to_lowercase()))
}

/// The index in a `.cls` file.
fn class(content: &mut impl Read, name: &str, classes: usize) -> Result<usize> {
    let mut bytes = Vec::new();
    content.take(CLASS_FILE_MOST).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    let class = text.trim().parse().ok().filter(|class| *class < classes);
    class.ok_or_else(|| {
        let known = format!("one of 0 to {}", classes.saturating_sub(1));
        malformed(format!("{name} holds {:?}, expected {known}", text.trim()))
    })
}

/// Refuses files that are not archives, naming what they are, and leaves the file at its beginning.
fn refuse_other_formats(file: &mut (impl Read + Seek)) -> Result<()> {
    let mut beginning = Vec::new();
    file.by_ref().take(1024).read_to_end(&mut beginning).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    lfs_pointer::refuse(&beginning, "the archive")?;
    match COMPRESSED.iter().find(|(magic, _)| beginning.starts_with(magic)) {
        Some((_, format)) => Err(malformed(format!("it is compressed with {format}: decompress it first"))),
        None => Ok(()),
    }
}

fn unreadable(error: std::io::Error) -> Error {
    malformed(error.to_string())
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: "tar", reason }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tar::{Builder, Header};

    use super::*;

    /// An archive of these members, each with its type.
    fn archive(members: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, content) in members {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn files(members: &[(&str, &[u8])]) -> Vec<u8> {
        archive(
            &members.iter().map(|&(name, content)| (name, EntryType::Regular, content)).collect::<Vec<_>>(),
        )
    }

    fn read(archive: &[u8]) -> Result<Vec<Sample>> {
        samples(Cursor::new(archive), 2)
    }

    fn named(archive: &[u8]) -> Vec<(String, Option<usize>)> {
        read(archive).unwrap().into_iter().map(|sample| (sample.name, sample.class)).collect()
    }

    #[test]
    fn members_of_macos_and_other_hidden_files_are_no_samples() {
        let found = named(&files(&[
            ("._s0.cls", b"\0\x05\x16\x07"),
            ("._s0.png", b"\0\x05\x16\x07"),
            ("s0.cls", b"1"),
            ("s0.png", b"picture"),
            ("__MACOSX/._s1.png", b"\0\x05\x16\x07"),
            (".DS_Store", b"x"),
            ("__note__.png", b"x"),
            ("__notes__/a.png", b"x"),
            ("README", b"x"),
        ]));
        assert_eq!(found, [("__note__.png".to_owned(), None), ("s0.png".to_owned(), Some(1))]);
    }

    #[test]
    fn a_key_ends_at_the_first_dot_of_the_last_part_of_a_name() {
        assert_eq!(parts("a.b/c.seg.PNG"), Some(("a.b/c", "seg.png".to_owned())));
        assert_eq!(parts("./s0.cls"), Some(("./s0", "cls".to_owned())));
        assert_eq!([parts("a.b/c"), parts("a/.png"), parts(""), parts("__x__")], [None, None, None, None]);
        // A mask beside a picture is not taken for it.
        assert_eq!(named(&files(&[("a.png", b"x"), ("a.seg.png", b"y")])), [("a.png".to_owned(), None)]);
    }

    #[test]
    fn of_several_pictures_of_a_sample_clip_benchmarks_choice_is_taken() {
        let found = named(&files(&[("a.jpg", b"1"), ("a.webp", b"2"), ("a.png", b"3"), ("a.cls", b" 0\n")]));
        assert_eq!(found, [("a.webp".to_owned(), Some(0))]);
    }

    #[test]
    fn directories_and_links_are_passed_over_and_long_names_kept() {
        let long = format!("{}/s.png", "d".repeat(150));
        let members: [(&str, EntryType, &[u8]); 4] = [
            ("folder.png", EntryType::Directory, b""),
            ("linked.png", EntryType::Symlink, b""),
            ("device.png", EntryType::Char, b""),
            (&long, EntryType::Regular, b"picture"),
        ];
        assert_eq!(named(&archive(&members)), [(long, None)]);
    }

    #[test]
    fn what_is_no_whole_archive_is_refused_by_name() {
        let whole = files(&[("a.png", &[7; 2000]), ("a.cls", b"1")]);
        let sample = &read(&whole).unwrap()[0];
        assert_eq!(whole[sample.offset as usize..][..sample.length as usize], [7; 2000]);
        let refused = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(
            refused(&whole[..1500]).contains("it is truncated within a.png"),
            "{}",
            refused(&whole[..1500])
        );
        assert!(refused(b"\x1f\x8b\x08\0").contains("compressed with gzip"));
        assert!(refused(&files(&[("a.cls", b"2")])).contains("a.cls holds \"2\", expected one of 0 to 1"));
        assert!(refused(&files(&[("a.cls", b"-1")])).contains("expected one of 0 to 1"));
        assert!(refused(&files(&[("a.png", b"1"), ("a.png", b"2")])).contains("it contains a.png twice"));
        assert!(read(&archive(&[("a.png", EntryType::GNUSparse, b"")])).is_err());
        assert!(refused(&[b'x'; 4096]).contains("not a valid tar file"));
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
        assert_eq!(read(pointer).unwrap_err().code(), "lfs-pointer");
    }

    #[test]
    fn a_blank_line_among_the_names_of_classes_is_refused_and_at_their_end_is_none() {
        assert_eq!(class_names(b"cat \r\ndog\n\n".to_vec()).unwrap(), ["cat", "dog"]);
        let error = class_names(b"cat\n\ndog\n".to_vec()).unwrap_err().to_string();
        assert!(error.contains("line 2 is blank"), "{error}");
        assert!(class_names(b"caf\xe9\n".to_vec()).is_err());
    }
}
