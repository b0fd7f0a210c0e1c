//! Which files of a crate import which, read off the paths in their sources that begin with `crate::` or `super::`.
//!
//! A name that a folder's `mod.rs` passes on (`pub use`) leads to the file it is from. Between a folder's `mod.rs` and the
//! files of the folder there may be paths in both directions: together they are one module.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The imports of each module, by its path below the crate, such as `weights::container::gguf`.
pub struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    /// Those of the files below a crate's folder; other crates in its `bin` are left out.
    pub fn below(folder: &Path) -> Self {
        let sources = files(folder, &["rs"]).into_iter().filter_map(|path| {
            let inside = path.strip_prefix(folder).unwrap().with_extension("");
            let mut parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            parts.pop_if(|last| last == "mod");
            let is_root = matches!(parts[0].as_str(), "lib" | "main" | "bin");
            (!is_root).then(|| (parts.join("::"), fs::read_to_string(&path).unwrap()))
        });
        Self::of(sources)
    }

    /// Those of modules and their sources.
    pub fn of(sources: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let sources: BTreeMap<String, String> = sources
            .into_iter()
            .map(|(module, source)| (module.into(), without_comments(&source.into())))
            .collect();
        let passed_on: BTreeMap<String, String> =
            sources.iter().flat_map(|(module, source)| passed_on(module, source)).collect();
        let file_of = |path: &str| {
            let mut found = String::new();
            for name in path.split("::") {
                let inner = join(&found, name);
                found = match passed_on.get(&inner) {
                    _ if sources.contains_key(&inner) => inner,
                    Some(origin) => origin.clone(),
                    None => break,
                };
            }
            // What is passed on is an item of a file, or of a folder that passes it on itself.
            while !found.is_empty() && !sources.contains_key(&found) {
                found = passed_on.get(&found).cloned().unwrap_or_else(|| parent(&found).to_owned());
            }
            found
        };
        let imports = sources.iter().map(|(module, source)| {
            let found = paths(source).into_iter().map(|path| file_of(&absolute(module, &path)));
            let is_other =
                |other: &String| !other.is_empty() && !is_within(module, other) && !is_within(other, module);
            (module.clone(), found.filter(is_other).collect())
        });
        Self(imports.collect())
    }

    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Each module with each that it imports.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// The imports that are left when files that import nothing, or that nothing imports, are taken away one after the
    /// other: none, unless there is a circle.
    pub fn circles(&self) -> Vec<String> {
        let mut left: Vec<(&str, &str)> = self.all().collect();
        loop {
            let (from, to): (BTreeSet<_>, BTreeSet<_>) = left.iter().copied().unzip();
            let before = left.len();
            left.retain(|(file, other)| from.contains(other) && to.contains(file));
            if left.len() == before {
                return left.into_iter().map(|(from, to)| format!("{from} uses {to}")).collect();
            }
        }
    }
}

/// Every file below a folder whose name ends in one of these extensions.
pub fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one)) {
            found.push(path);
        }
    }
    found
}

fn without_comments(source: &str) -> String {
    source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names that a module passes on, and where they are from.
fn passed_on(module: &str, source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (start, statement) in source.match_indices("pub use ") {
        expand(&source[start + statement.len()..], "", &mut found);
    }
    let from = |path: String| {
        let is_relative = !["crate::", "super::"].iter().any(|root| path.starts_with(root));
        let origin = if is_relative { join(module, &path) } else { absolute(module, &path) };
        (join(module, path.rsplit("::").next().unwrap_or_default()), origin)
    };
    found.into_iter().map(from).filter(|(name, origin)| name != origin).collect()
}

/// The paths in a source that begin with `crate::` or `super::`.
fn paths(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (start, _) in source.match_indices(root) {
            if !source[..start].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before)) {
                expand(&source[start..], "", &mut found);
            }
        }
    }
    found
}

/// Adds the path that a text begins with, behind `before`: with braces, one for each leaf. Gives what follows.
fn expand<'a>(text: &'a str, before: &str, found: &mut Vec<String>) -> &'a str {
    let end = text.find(|c: char| !c.is_alphanumeric() && !"_:*".contains(c)).unwrap_or(text.len());
    let (path, mut rest) = (format!("{before}{}", &text[..end]), &text[end..]);
    if !(path.ends_with("::") && rest.starts_with('{')) {
        found.push(path);
        return rest;
    }
    while let Some(next) = rest.strip_prefix(['{', ',']) {
        let next = next.trim_start();
        rest = if next.starts_with('}') { next } else { expand(next, &path, found) };
        // What lies between a leaf and the next is space, or another name for it.
        rest = rest.find([',', '}']).map_or("", |end| &rest[end..]);
    }
    rest.strip_prefix('}').unwrap_or(rest)
}

/// A path that begins with `crate::` or `super::`, seen from a module.
fn absolute(module: &str, path: &str) -> String {
    if let Some(inside) = path.strip_prefix("crate::") {
        return inside.to_owned();
    }
    let (mut group, mut path) = (module, path);
    while let Some(rest) = path.strip_prefix("super::") {
        (group, path) = (parent(group), rest);
    }
    join(group, path)
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// Whether a module is another, or in it.
pub fn is_within(module: &str, other: &str) -> bool {
    module.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
