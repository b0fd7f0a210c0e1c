//! Reads the pictures that the user names: files, folders, patterns and standard input.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::session::{ImageEmbedding, Session};
use clip_wasm::{Error, Result};
use globset::{GlobBuilder, GlobMatcher};
use serde::Serialize;

use crate::output;

/// What stands for a picture from standard input.
pub const STDIN: &str = "-";
/// Pictures that are read before they are embedded side by side: bounds the memory.
pub const TOGETHER: usize = 32;
/// Folders within folders that are looked into: a circle of links ends there.
const DEEPEST: usize = 64;
/// Files in folders of pictures that are not pictures.
const NOTES: [&str; 8] = ["md", "txt", "csv", "json", "db", "ini", "xmp", "aae"];

/// A picture that could not be read, as JSON reports it.
#[derive(Serialize)]
pub struct Unreadable {
    #[serde(flatten)]
    pub image: Named,
    pub error: String,
}

/// A picture's path in JSON.
#[derive(Serialize)]
pub struct Named {
    pub image: String,
    /// The bytes of the path, if it is not UTF-8 and `image` is only for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_bytes: Option<Vec<u8>>,
}

impl Named {
    /// The path as text, and as bytes if it takes them.
    pub fn of(path: &Path) -> Self {
        Self { image: output::readable(path), image_bytes: output::bytes_of_odd(path) }
    }
}

/// Tells on stderr that a picture could not be read; gives what JSON says of it.
pub fn unreadable(path: &Path, error: &Error) -> Unreadable {
    let error = match error {
        // It names the picture, which is named already.
        Error::File { source, .. } => source.to_string(),
        error => crate::wording::of(error),
    };
    output::note(format!("{}: {error}", path.display()));
    Unreadable { image: Named::of(path), error }
}

/// The pictures that `given` stands for, in order: a folder's and a pattern's sorted by name.
pub fn expand(given: &[PathBuf]) -> Vec<(PathBuf, Option<Error>)> {
    let mut pictures = Vec::with_capacity(given.len());
    for path in given {
        match of_one(path) {
            Ok(found) => pictures.extend(found.into_iter().map(|path| (path, None))),
            Err(error) => pictures.push((path.clone(), Some(error))),
        }
    }
    pictures
}

fn of_one(path: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let none = |problem: &str| failed(std::io::Error::new(std::io::ErrorKind::NotFound, problem));
    let mut found = Vec::new();
    if path == Path::new(STDIN) {
        return Ok(vec![path.to_owned()]);
    } else if path.is_dir() {
        walk(path, 0, &mut found).map_err(failed)?;
        found.retain(|path| is_picture(path));
    } else if path.exists() || !is_pattern(path.as_os_str()) {
        return Ok(vec![path.to_owned()]);
    } else {
        let pattern =
            matcher(path).ok_or_else(|| none("there is no such file, and the name is not a pattern"))?;
        walk(&fixed_part(path), 0, &mut found).map_err(failed)?;
        found.retain(|path| pattern.is_match(path));
    }
    if found.is_empty() {
        return Err(none(if path.is_dir() { "the folder holds no pictures" } else { "no file matches it" }));
    }
    found.sort();
    Ok(found)
}

/// Every file below a folder; names that begin with a dot are passed over.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(here)? {
        let name = entry?.file_name();
        let path = folder.join(&name);
        match name.as_encoded_bytes().first() {
            Some(b'.') => {}
            _ if path.is_dir() && depth < DEEPEST => walk(&path, depth + 1, found)?,
            _ if path.is_dir() => {}
            _ => found.push(path),
        }
    }
    Ok(())
}

fn is_picture(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default().to_ascii_lowercase();
    !NOTES.iter().any(|note| end == *note)
}

fn is_pattern(text: &OsStr) -> bool {
    text.as_encoded_bytes().iter().any(|byte| b"*?[{".contains(byte))
}

/// The part of a pattern before the first name that is one.
fn fixed_part(path: &Path) -> PathBuf {
    path.components().take_while(|part| !is_pattern(part.as_os_str())).collect()
}

fn matcher(path: &Path) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(path.to_str()?).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

/// A picture's bytes.
///
/// # Errors
/// `File`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new(STDIN) { output::read_stdin() } else { output::read(path) }
}

/// Embeds pictures, several at the same time, and gives each with its bytes to `each`, in their order.
///
/// # Errors
/// What `each` returns.
pub fn embed(
    session: &mut Session,
    pictures: Vec<(PathBuf, Option<Error>)>,
    mut each: impl FnMut(&mut Session, &Path, Result<(ImageEmbedding, Vec<u8>)>) -> Result<()>,
) -> Result<()> {
    let bar = output::progress(pictures.len() as u64, "pictures");
    let mut rest = pictures.into_iter().peekable();
    while rest.peek().is_some() {
        let (mut paths, mut bytes) = (Vec::new(), Vec::new());
        for (path, error) in rest.by_ref().take(TOGETHER) {
            let read = error.map_or_else(|| read(&path), Err);
            match read {
                Ok(read) => {
                    paths.push((path, None));
                    bytes.push(read);
                }
                Err(error) => paths.push((path, Some(error))),
            }
        }
        let mut embedded = session.embed_images(&bytes).into_iter().zip(bytes);
        for (path, error) in paths {
            let result = match error {
                Some(error) => Err(error),
                None => embedded
                    .next()
                    .map_or(Err(Error::EmbeddingCount { found: 0, expected: 1 }), |(embedding, bytes)| {
                        Ok((embedding?, bytes))
                    }),
            };
            bar.inc(1);
            bar.suspend(|| each(session, &path, result))?;
        }
    }
    bar.finish_and_clear();
    Ok(())
}
