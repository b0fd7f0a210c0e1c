//! Whose a result of the command line is: identity of data, embeddings that are resumed, samples, and what files say of
//! themselves.

#[path = "support/on_drawings.rs"]
mod on_drawings;

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use on_drawings::{DRAWINGS, complaint, copy, json, run};

/// `clean` and `other`: the same names, other pictures.
fn twins() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (clean, other, name) in [
        ("cat/twemoji-1.png", "rabbit/twemoji-1.png", "cat/1.png"),
        ("cat/noto-1.png", "rabbit/noto-1.png", "cat/2.png"),
        ("car/noto-1.png", "bicycle/noto-1.png", "car/1.png"),
    ] {
        copy(folder.path(), clean, &format!("clean/{name}"));
        copy(folder.path(), other, &format!("other/{name}"));
    }
    folder
}

#[test]
fn data_of_the_same_names_has_another_hash_when_bytes_or_labels_differ() {
    let folder = twins();
    let path = folder.path();
    let [clean, other] = ["clean", "other"].map(|data| json(path, &["eval", data]));
    assert_ne!(clean["pictures_sha256"], other["pictures_sha256"]);
    for (name, second) in [("right.csv", "cat"), ("wrong.csv", "car")] {
        let table = format!("file,label\ncar/1.png,car\ncat/1.png,cat\ncat/2.png,{second}\n");
        fs::write(path.join("clean").join(name), table).expect("a table");
    }
    let [right, wrong] = ["clean/right.csv", "clean/wrong.csv"].map(|data| json(path, &["eval", data]));
    assert_eq!(right["data_sha256"], clean["data_sha256"], "the same pictures and labels, listed otherwise");
    assert_eq!(right["pictures_sha256"], wrong["pictures_sha256"]);
    assert_ne!(right["data_sha256"], wrong["data_sha256"]);
}

#[test]
fn a_run_resumes_from_pictures_of_the_same_bytes_only_and_says_so() {
    let folder = twins();
    let path = folder.path();
    let first = json(path, &["eval", "clean", "--keep", "saved"]);
    assert_eq!(first["resumed"], Value::Null);
    // One picture is another one now; the rest is resumed, and the figures are those of the data as it is.
    copy(path, "rabbit/fluent_3d-1.png", "clean/cat/2.png");
    let output = run(path, &["eval", "clean", "--keep", "saved", "--json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("resumed 2 of 3 pictures from saved.npy, saved"), "{told}");
    let second: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(second["resumed"]["images"], 2);
    let anew = json(path, &["eval", "clean"]);
    assert_eq!(second["predictions"], anew["predictions"]);
    assert_ne!(second["data_sha256"], first["data_sha256"]);
    // Refused, everything is embedded anew.
    let fresh = json(path, &["eval", "clean", "--keep", "saved", "--fresh"]);
    assert_eq!((&fresh["resumed"], &fresh["predictions"]), (&Value::Null, &anew["predictions"]));
}

#[test]
fn kept_embeddings_of_other_pictures_or_other_weights_are_not_lost_without_a_word() {
    let folder = twins();
    let path = folder.path();
    json(path, &["eval", "clean", "--keep", "saved"]);
    let before = fs::read(path.join("saved.npy")).expect("embeddings");
    let told = complaint(path, &["eval", "other", "--keep", "saved"]);
    assert!(told.contains("3 other pictures") && told.contains("--fresh"), "{told}");
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/everyday-clip.gguf");
    assert!(run(path, &["quantize", model, "--dtype", "q4_0", "-o", "q4.gguf"]).status.success());
    let told = complaint(path, &["eval", "clean", "--model", "q4.gguf", "--keep", "saved"]);
    assert!(told.contains("other weights") && told.contains("--fresh"), "{told}");
    assert_eq!(fs::read(path.join("saved.npy")).expect("embeddings"), before);
}

#[test]
fn what_is_written_says_what_made_it() {
    let folder = twins();
    let path = folder.path();
    let shown =
        json(path, &["eval", "clean", "--keep", "saved", "--predictions", "answers.csv", "--seed", "7"]);
    for table in ["saved.csv", "answers.csv"] {
        let text =
            fs::read_to_string(path.join(format!("{table}-metadata.json"))).expect("a file beside the table");
        let beside: Value = serde_json::from_str(&text).expect("JSON");
        for key in [
            "version",
            "model",
            "dtype",
            "weights_sha256",
            "data",
            "data_sha256",
            "labels",
            "templates",
            "seed",
            "engine",
        ] {
            assert!(!beside[key].is_null(), "{key} beside {table}");
            assert_eq!(beside[key], shown[key], "{key} beside {table}");
        }
        let table = fs::read_to_string(path.join(table)).expect("a table");
        assert!(
            table.lines().nth(1).expect("a line").contains(shown["weights_sha256"].as_str().expect("a hash"))
        );
    }
    for command in [
        &["bias", "clean", "--label", "cat"][..],
        &["probe", "clean"],
        &["robustness", "clean", "--severity", "1"],
    ] {
        let found = json(path, &[command, &["--seed", "7"]].concat());
        for key in ["version", "weights_sha256", "data_sha256", "pictures_sha256", "seed", "engine"] {
            assert!(!found[key].is_null(), "{key} of {command:?}");
        }
        assert_eq!(found["data_sha256"], shown["data_sha256"], "{command:?}");
    }
    fs::write(path.join("run.json"), shown.to_string()).expect("a file");
    let compared = json(path, &["compare", "run.json", "run.json"]);
    assert_eq!(compared["runs"][1]["data_sha256"], shown["data_sha256"]);
}

#[test]
fn runs_over_pictures_of_the_same_names_and_other_bytes_are_told_apart() {
    let folder = twins();
    let path = folder.path();
    for data in ["clean", "other"] {
        fs::write(path.join(format!("{data}.json")), json(path, &["eval", data]).to_string())
            .expect("a file");
    }
    assert_eq!(json(path, &["compare", "clean.json", "other.json"])["other_content"], 3);
    let output = run(path, &["compare", "clean.json", "other.json"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("3 of them have different bytes"));
}

#[test]
fn a_limit_draws_a_sample_by_the_seed_and_says_how() {
    let folder = TempDir::new().expect("a folder");
    let images = |seed: &str| {
        let found = json(folder.path(), &["eval", DRAWINGS, "--limit", "2", "--seed", seed]);
        assert_eq!(found["sample"]["method"], "stratified");
        assert_eq!((&found["sample"]["each"], &found["sample"]["of"]), (&2.into(), &276.into()));
        assert_eq!(found["images"], 48);
        let predictions = found["predictions"].as_array().expect("predictions").clone();
        predictions.iter().map(|one| one["image"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let drawn = images("0");
    assert_eq!(drawn, images("0"));
    assert_ne!(drawn, images("1"));
    let doodles = drawn.iter().filter(|name| name.contains("doodle")).count();
    assert!((1..40).contains(&doodles), "{doodles} of 48 are doodles, which are 72 of 276");
}

#[test]
fn a_limit_counts_for_kept_embeddings_too_and_they_may_be_kept_again() {
    let folder = twins();
    let path = folder.path();
    json(path, &["eval", "clean", "--keep", "saved"]);
    let drawn = json(path, &["eval", "saved.npy", "--limit", "1"]);
    assert_eq!((&drawn["images"], &drawn["predictions"].as_array().map(Vec::len)), (&2.into(), &Some(2)));
    assert_eq!(drawn["predictions"], json(path, &["eval", "clean", "--limit", "1"])["predictions"]);
    assert_eq!(json(path, &["eval", "saved.npy", "--keep", "saved"])["resumed"]["images"], 3);
}

#[test]
fn folders_in_a_class_are_of_that_class_and_splits_are_no_classes() {
    let folder = twins();
    let path = folder.path();
    copy(path, "car/twemoji-1.png", "clean/car/old/1.png");
    let found = json(path, &["eval", "clean"]);
    assert_eq!(found["predictions"][1]["image"], "car/old/1.png");
    assert_eq!(found["predictions"][1]["truth"], "car");
    for split in ["train", "val"] {
        copy(path, "car/noto-1.png", &format!("splits/{split}/car/1.png"));
    }
    let told = complaint(path, &["eval", "splits"]);
    assert!(told.contains("train and val") && told.contains("splits/val"), "{told}");
    fs::create_dir(path.join("around")).expect("a folder");
    fs::rename(path.join("other"), path.join("around/images")).expect("a move");
    let told = complaint(path, &["eval", "around"]);
    assert!(told.contains("around/images"), "{told}");
}

#[test]
fn every_interval_comes_with_the_number_of_pictures_and_a_missing_temperature_with_its_reason() {
    let folder = twins();
    let path = folder.path();
    let text = String::from_utf8(run(path, &["eval", "clean"]).stdout).expect("text");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("interval")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("n = 3")), "{text}");
    // Nothing is a guitar that is called one: each picture's own label is another's.
    let table = "file,label\ncar/1.png,cat\ncat/1.png,car\ncat/2.png,car\n";
    fs::write(path.join("clean/wrong.csv"), table).expect("a table");
    let wrong = json(path, &["eval", "clean/wrong.csv"]);
    assert_eq!(
        (&wrong["acc1"], &wrong["calibration"]["no_temperature"]),
        (&0.0.into(), &"higher-is-likelier".into())
    );
    let text = String::from_utf8(run(path, &["eval", "clean/wrong.csv"]).stdout).expect("text");
    assert!(text.contains("uniform scores would fit better"), "{text}");
    let right = json(path, &["eval", "clean"]);
    assert_eq!(
        (&right["acc1"], &right["calibration"]["no_temperature"]),
        (&1.0.into(), &"every-picture-right".into())
    );
}
