//! The order of the modules: each uses only the layers below its own, in `src/`, in `kernels/` and in `weights/`; and no
//! files import each other in a circle.

mod imports;

use std::path::Path;

use imports::{Imports, files, is_within};

/// The layers of `src/` from the lowest on, as in `docs/ARCHITECTURE.md`.
const LAYERS: [&[&str]; 7] = [
    &["error"],
    &["kernels", "lfs_pointer"],
    &["weights", "text", "image"],
    &["model"],
    &["task"],
    &["session", "research"],
    &["web"],
];

/// The layers of `src/kernels/`.
const KERNELS: [&[&str]; 6] = [
    &["kernels::random", "kernels::threads"],
    &["kernels::lanes"],
    &["kernels::exp", "kernels::layer_norm", "kernels::resample", "kernels::rotary"],
    &["kernels::activation", "kernels::attention"],
    &["kernels::convolution", "kernels::matmul"],
    &["kernels::tests"],
];

/// The layers of `src/weights/`.
const WEIGHTS: [&[&str]; 6] = [
    &[
        "weights::quantize::blocks",
        "weights::hashed",
        "weights::outliers",
        "weights::record",
        "weights::instead",
    ],
    &["weights::container", "weights::config"],
    &["weights::dialect"],
    &["weights::hub"],
    &["weights::checkpoint"],
    &["weights::quantize"],
];

/// The layer and the group of a module: the group of the longest name that it is in.
fn place<'a>(module: &str, layers: &[&'a [&'a str]]) -> Option<(usize, &'a str)> {
    let groups =
        layers.iter().enumerate().flat_map(|(layer, groups)| groups.iter().map(move |group| (layer, *group)));
    groups.filter(|(_, group)| is_within(module, group)).max_by_key(|(_, group)| group.len())
}

/// The imports from one group into another that is not in a layer below.
fn wrong(imports: &Imports, layers: &[&[&str]]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (from, to) in imports.all() {
        if let (Some((own, group)), Some((other, other_group))) = (place(from, layers), place(to, layers))
            && group != other_group
            && other >= own
        {
            wrong.push(format!("{from} uses {to}"));
        }
    }
    wrong
}

fn library() -> Imports {
    Imports::below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn a_module_uses_only_the_layers_below_its_own() {
    let imports = library();
    for layers in [&LAYERS[..], &KERNELS[..], &WEIGHTS[..]] {
        let wrong = wrong(&imports, layers);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn neither_build_has_the_others_modules_in_it() {
    let imports = library();
    let apart = [
        ("web::engine", ["research", "web::research"]),
        ("web::research", ["session", "model"]),
        ("web::research", ["web::engine", "task::saliency"]),
    ];
    let wrong: Vec<_> = (imports.all())
        .filter(|(from, to)| {
            (apart.iter()).any(|(build, others)| {
                place(from, &[&[build]]).is_some() && place(to, &[&others[..]]).is_some()
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_has_a_layer() {
    let imports = library();
    let layers = |module: &str| match module.split_once("::") {
        Some(("kernels", _)) => place(module, &KERNELS),
        Some(("weights", _)) => place(module, &WEIGHTS),
        _ => place(module, &LAYERS),
    };
    let homeless: Vec<&str> = imports.modules().filter(|module| layers(module).is_none()).collect();
    assert!(homeless.is_empty(), "{homeless:#?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let command = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/clip-wasm");
    for imports in [library(), Imports::below(&command)] {
        let circles = imports.circles();
        assert!(circles.is_empty(), "{circles:#?}");
    }
}

#[test]
fn a_circle_is_found_through_braces_renames_and_names_that_a_folder_passes_on() {
    let circle = Imports::of([
        ("group", "pub mod a; mod b; pub use b::Thing;"),
        ("group::a", "use crate::group::{Thing as Other, c::{self, Value}};"),
        ("group::b", "fn f() { super::a::g() } // use super::c"),
        ("group::c", "use std::fmt;"),
    ]);
    assert_eq!(circle.circles(), ["group::a uses group::b", "group::b uses group::a"]);
}

#[test]
fn no_file_outgrows_four_hundred_lines() {
    let folders = ["src", "www", "tools", "pkg/engine", "pkg/pipelines", "pkg/bundlers"];
    let kinds = ["rs", "js", "mjs", "ts", "css", "sh"];
    // Made by the build: a list of files.
    let is_made = |path: &Path| path.ends_with("www/offline/precache.js");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in folders.iter().flat_map(|folder| files(&root.join(folder), &kinds)) {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400 || is_made(&path), "{} has {lines} lines", path.display());
    }
}
