//! The commands of research: what they say of data that is not as they need it.

use std::fs;
use std::path::Path;

use crate::run::{Workspace, picture};
use crate::support::tiny_clip::TinyClip;

fn put(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(picture(), path).unwrap();
    }
}

#[test]
fn bias_scores_the_classes_where_no_labels_are_given() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["data/cat/1.webp", "data/cat/2.webp", "data/dog/1.webp"]);
    let ran = workspace.run(&["bias", "data", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["labels"], serde_json::json!(["cat", "dog"]));
    let given = workspace.run(&["bias", "data", "--json", "--labels", "happy,sad", "--label", "a, b"]).json();
    assert_eq!(given["labels"], serde_json::json!(["happy", "sad", "a, b"]));
}

#[test]
fn a_probe_says_what_it_cannot_learn_or_test() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["one/cat/1.webp", "one/dog/1.webp"]);
    let ran = workspace.run(&["probe", "one"]);
    assert!(ran.failure().contains("has one picture of each class"), "{ran:?}");
    put(&workspace.work(), &["two/cat/1.webp", "two/cat/2.webp", "two/cat/3.webp", "two/dog/1.webp"]);
    let report = workspace.run(&["probe", "two", "--json", "--shots", "1,2,3,8"]).json();
    assert_eq!(report["untested_shots"], serde_json::json!([3, 8]), "no class has more");
    assert_eq!(report["few_shot"].as_array().unwrap().len(), 2);
    assert_eq!(report["single_picture_classes"], serde_json::json!(["dog"]));
    let text = workspace.run(&["probe", "two"]);
    assert!(
        String::from_utf8_lossy(&text.out).contains("not tested: no class has more pictures than that"),
        "{text:?}"
    );
}

#[test]
fn one_picture_has_no_resampled_interval() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["one/cat/1.webp"]);
    let ran = workspace.run(&["eval", "one", "--labels", "cat,dog"]);
    let text = String::from_utf8_lossy(&ran.out);
    let recall = text.lines().find(|line| line.starts_with("mean_per_class_recall")).unwrap();
    assert!(recall.ends_with("(no interval: all resamples are identical, n = 1)"), "{text}");
    assert!(text.contains("acc1") && text.contains("95 % interval"), "Wilson's needs no resamples: {text}");
}

#[test]
fn splits_and_heaps_of_pictures_are_not_taken_for_classes() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["splits/train/cat/1.webp", "splits/val/cat/1.webp"]);
    put(&workspace.work(), &["flat/1.webp", "flat/2.webp"]);
    put(&workspace.work(), &["deep/animals/cat/1.webp", "deep/animals/dog/1.webp"]);
    put(&workspace.work(), &["mixed/cat/1.webp", "mixed/dog/1.webp", "mixed/loose.webp"]);
    put(&workspace.work(), &["flat-splits/train/1.webp", "flat-splits/test/1.webp"]);
    for command in ["eval", "probe", "bias", "robustness"] {
        let failure = |data: &str| workspace.run(&[command, data]).failure().to_owned();
        let splits = failure("splits");
        assert!(splits.contains("the splits train and val") && splits.contains("splits/val"), "{splits}");
        assert!(failure("flat-splits").contains("the splits test and train"));
        let flat = failure("flat");
        assert!(
            flat.contains("pictures without labels: expected a folder of pictures for each class"),
            "{flat}"
        );
        assert!(failure("deep").contains("which contains the class folders: name that one"));
        assert!(failure("nowhere").contains("does not exist"));
    }
    // Labels may be asked about without any being known to be right.
    assert_eq!(workspace.run(&["eval", "flat", "--labels", "cat,dog"]).code, Some(0));
    let mixed = workspace.run(&["eval", "mixed", "--json"]);
    assert_eq!(mixed.code, Some(0));
    assert!(mixed.err.contains("1 file beside the class folders is left out: loose.webp"), "{mixed:?}");
}

#[test]
fn embeddings_of_the_same_weights_with_an_edited_config_are_not_taken_for_those_of_the_model() {
    let workspace = Workspace::new();
    let model = workspace.work().join("model");
    fs::create_dir(&model).unwrap();
    TinyClip::seeded(7).write_folder(&model);
    put(&workspace.work(), &["data/cat/1.webp", "data/dog/1.webp"]);
    let eval = |words: &[&str]| workspace.run(&[&["eval", "--model", "model", "--json"], words].concat());
    let first = eval(&["data", "--keep", "kept"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(eval(&["data", "--keep", "kept"]).json()["resumed"]["images"], 2);
    assert_eq!(eval(&["kept.npy"]).code, Some(0));
    let config = model.join("config.json");
    let text = fs::read_to_string(&config).unwrap();
    let other = text.replace("quick_gelu", "gelu");
    assert_ne!(other, text);
    fs::write(&config, other).unwrap();
    for words in [&["data", "--keep", "kept"][..], &["kept.npy"]] {
        let refused = eval(words);
        let words = "these weights made with another config, tokenizer or preprocessing";
        assert!(refused.failure().contains(words), "{refused:?}");
    }
    let afresh = eval(&["data", "--keep", "kept", "--fresh"]).json();
    assert_eq!(afresh["weights_sha256"], first.json()["weights_sha256"]);
    assert_ne!(afresh["config_sha256"], first.json()["config_sha256"]);
    assert_eq!(eval(&["kept.npy"]).code, Some(0));
}

#[test]
fn a_label_counts_once_and_without_blanks_around_it_and_an_empty_folder_is_no_class() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["data/cat_/1.webp", "data/_dog/1.webp"]);
    fs::create_dir(workspace.work().join("data/empty")).unwrap();
    fs::write(workspace.work().join("data/empty/.DS_Store"), "").unwrap();
    let ran = workspace.run(&["eval", "data", "--json"]);
    assert_eq!(ran.json()["labels"], serde_json::json!(["dog", "cat"]), "{ran:?}");
    assert!(ran.err.contains("empty holds no pictures: it is no class"), "{ran:?}");
    let given = workspace.run(&["eval", "data", "--json", "--labels", "cat,dog,cat", "--label", "dog"]);
    assert_eq!(given.json()["labels"], serde_json::json!(["cat", "dog"]), "{given:?}");
    assert!(given.err.contains("labels given more than once count once, such as \"cat\""), "{given:?}");
    let one = workspace.run(&["classify", &picture(), "--labels", "cat,cat", "--json"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert!(String::from_utf8_lossy(&one.out).contains("1.0"), "the only label has all of it: {one:?}");
}

#[test]
fn a_file_that_a_table_repeats_counts_once() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["data/1.webp", "data/2.webp"]);
    fs::write(workspace.work().join("data/table.csv"), "file,label\n1.webp,a\n2.webp,b\n1.webp,a\n").unwrap();
    let ran = workspace.run(&["eval", "data/table.csv", "--json"]);
    assert_eq!(ran.json()["images"], 2, "{ran:?}");
    assert!(ran.err.contains("listed more than once count once, such as 1.webp"), "{ran:?}");
}

#[test]
fn a_sample_of_what_is_kept_loses_nothing_of_the_rest() {
    let workspace = Workspace::new();
    put(&workspace.work(), &["data/a/1.webp", "data/a/2.webp", "data/b/1.webp", "data/b/2.webp"]);
    let kept = |words: &[&str]| {
        let ran = workspace.run(&[&["eval", "data", "--json", "--keep", "kept"], words].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        fs::read_to_string(workspace.work().join("kept.csv")).unwrap().lines().count() - 1
    };
    assert_eq!(kept(&["--limit", "1"]), 2);
    assert_eq!(kept(&[]), 4);
    assert_eq!(kept(&["--limit", "1"]), 4);
    let of = |data: &str| workspace.run(&["eval", data, "--json"]).json();
    for key in ["pictures_sha256", "data_sha256", "acc1", "images"] {
        assert_eq!(of("kept.npy")[key], of("data")[key], "{key}");
    }
    fs::remove_file(workspace.work().join("data/b/2.webp")).unwrap();
    assert_eq!(kept(&[]), 3, "what is no more in the data is no more kept");
}
