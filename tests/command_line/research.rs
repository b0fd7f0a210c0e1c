//! The commands of research: what they say of data that is not as they need it.

use std::fs;
use std::path::Path;

use crate::run::{Workspace, picture};

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
