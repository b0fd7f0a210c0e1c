//! Opens a model that the user names: a file, a folder, a record's id or a repository.

use std::ffi::OsStr;
use std::path::{Component, Path};

use bytes::Bytes;
use clip_wasm::image::Backend;
use clip_wasm::session::{Session, choose_preprocessor, embedder, preprocessor_of};
use clip_wasm::weights::{Checkpoint, Dtype};
use clip_wasm::{Error, Result};

use crate::hub::{Hub, Wanted};
use crate::{output, records};

/// The record's id of the model that is run where none is named.
pub const EMBEDDED: &str = "everyday-clip";
/// Ids and files of the models inside this program. The published crate has the first alone: see `build.rs`.
const INSIDE: &[(&str, &[u8])] = &[
    (EMBEDDED, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/everyday-clip.gguf"))),
    #[cfg(drawings)]
    ("emoji-clip", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/emoji-clip.gguf"))),
];

/// What published weights are run in where a model is named without a type.
pub const KEPT_DTYPE: Dtype = Dtype::Q8_0;

/// What the names of files end with that hold weights, or may be taken for such.
const WEIGHTS: [&str; 9] = ["gguf", "safetensors", "bin", "pt", "pth", "ckpt", "onnx", "json", "zip"];

/// Ids and sizes in bytes of the models inside this program, the one that is run where none is named first.
pub fn inside() -> impl Iterator<Item = (&'static str, usize)> {
    INSIDE.iter().map(|(id, gguf)| (*id, gguf.len()))
}

/// The file of the model inside this program that is called `name`.
fn inside_as(name: &OsStr) -> Option<&'static [u8]> {
    INSIDE.iter().find(|(id, _)| name == *id).map(|(_, gguf)| *gguf)
}

/// The checkpoint that `name` stands for: a file, a folder, a record's id, or a repository, which is fetched
/// at its first use and kept.
///
/// # Errors
/// As [`Checkpoint::open`] and [`Hub::kept`]; `UnknownModel` for a name that is nothing of these.
pub fn checkpoint(name: &OsStr) -> Result<Checkpoint> {
    let path = Path::new(name);
    if let Some(gguf) = inside_as(name).filter(|_| !path.exists()) {
        return Checkpoint::from_gguf(Bytes::from_static(gguf));
    }
    match on_hub(name)? {
        Some(wanted) => open(&Hub::from_environment()?.kept(&output::readable(path), &wanted, KEPT_DTYPE)?),
        None => open(path),
    }
}

/// The repository that `name` stands for, if it is neither a file nor a folder.
///
/// # Errors
/// `File` for a path with nothing at it; `UnknownModel` for a name that is neither a path nor a repository's.
pub fn on_hub(name: &OsStr) -> Result<Option<Wanted>> {
    let path = Path::new(name);
    if path.exists() || inside_as(name).is_some() {
        return Ok(None);
    }
    let text = name.to_str().unwrap_or_default();
    let wanted = Wanted::parse(text)?;
    if let Some(why) = looks_like_a_path(path, text) {
        let instead = match wanted {
            Some(_) if !text.contains('@') => format!("; for a repository on the hub, write {text}@main"),
            _ => String::new(),
        };
        let problem = format!("there is no such file or folder ({why}){instead}");
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, problem);
        return Err(Error::File { path: path.to_owned(), source });
    }
    let known =
        || format!("{}, {}", inside().map(|(id, _)| id).collect::<Vec<_>>().join(", "), records::ids());
    wanted.map(Some).ok_or_else(|| Error::UnknownModel { id: output::readable(path), known: known() })
}

/// Why a name is a path rather than a repository's, if it is.
fn looks_like_a_path(path: &Path, text: &str) -> Option<String> {
    let (repo, revision) = text.split_once('@').map_or((text, None), |(repo, rest)| (repo, Some(rest)));
    let first = path.components().next();
    if text.is_empty() {
        return Some("the name is not UTF-8, as a repository's must be".to_owned())
            .filter(|_| !path.as_os_str().is_empty());
    }
    if path.is_absolute() || !matches!(first, Some(Component::Normal(_))) || text.starts_with(['.', '~']) {
        return Some("the name starts like a path".to_owned());
    }
    if text.contains('\\') || text.ends_with('/') || repo.matches('/').count() > 1 {
        return Some("a repository has the form owner/name".to_owned());
    }
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    if revision.is_none() && WEIGHTS.contains(&end.as_str()) {
        return Some(format!("the name ends with .{end}"));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty() && parent.is_dir())?;
    revision.is_none().then(|| format!("the folder {} exists", parent.display()))
}

/// The checkpoint in a file or folder; errors name it.
///
/// # Errors
/// As [`Checkpoint::open`].
pub fn open(path: &Path) -> Result<Checkpoint> {
    Checkpoint::open(path).map_err(|error| match error {
        Error::File { .. } => error,
        error => Error::InFile { path: path.to_owned(), error: Box::new(error) },
    })
}

/// What tells a model from others.
pub struct Hashes {
    pub weights: String,
    /// Of architecture, tokenizer and preprocessing.
    pub config: String,
    /// What tables of embeddings name, as [`embedder`] has it. The hash of a GGUF file stands for the choice in it; that of a folder's
    /// weights says nothing of pixels, and stands for Pillow's.
    pub embedder: String,
}

/// Makes a checkpoint run with the pixels that are asked for, or else with its own; its record names them where its
/// preprocessing does not.
///
/// # Errors
/// As [`choose_preprocessor`].
pub fn with_preprocessor(mut checkpoint: Checkpoint, asked: Option<Backend>) -> Result<Checkpoint> {
    choose_preprocessor(&mut checkpoint.record, &checkpoint.preprocessing_json, asked)?;
    Ok(checkpoint)
}

/// The model that `name` stands for, ready to run, and its hashes; with other pixels than its own, if any are asked for.
///
/// # Errors
/// As [`checkpoint`], [`with_preprocessor`] and [`Session::new`].
pub fn hashed_session(name: &OsStr, preprocessor: Option<Backend>) -> Result<(Session, Hashes)> {
    let checkpoint = checkpoint(name)?;
    let own = |checkpoint: &Checkpoint| preprocessor_of(&checkpoint.preprocessing_json, &checkpoint.record);
    let told = if checkpoint.is_gguf() { own(&checkpoint)? } else { Backend::default() };
    let checkpoint = with_preprocessor(checkpoint, preprocessor)?;
    let used = own(&checkpoint)?;
    let weights = checkpoint.sha256().to_owned();
    let embedder = embedder(&weights, told, used);
    let hashes = Hashes { weights, config: checkpoint.metadata_sha256()?, embedder };
    Ok((build(name, checkpoint)?, hashes))
}

/// The model that `name` stands for, ready to run; with other pixels than its own, if any are asked for.
///
/// # Errors
/// As [`checkpoint`], [`with_preprocessor`] and [`Session::new`].
pub fn session(name: &OsStr, preprocessor: Option<Backend>) -> Result<Session> {
    build(name, with_preprocessor(checkpoint(name)?, preprocessor)?)
}

fn build(name: &OsStr, checkpoint: Checkpoint) -> Result<Session> {
    Session::new(checkpoint).map_err(|error| Error::InFile { path: name.into(), error: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_repositories() {
        let is_path = |text: &str| looks_like_a_path(Path::new(text), text).is_some();
        for path in [
            "./a",
            "../a/b",
            "/a/b",
            "~/a/b",
            "a/b/c",
            "a/b.gguf",
            "x.GGUF",
            "a/model.safetensors",
            "a\\b",
            "a/b/",
            "src/nothing",
        ] {
            assert!(is_path(path), "{path}");
        }
        for name in
            ["owner/name", "owner/name@refs/pr/1", "owner/clip-v1.5", "src/nothing@main", "openai-vit-b-32"]
        {
            assert!(!is_path(name), "{name}");
        }
    }
}
