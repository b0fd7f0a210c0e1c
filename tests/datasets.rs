//! The command line over data sets in every form, and over everything that is none.

#[path = "support/on_drawings.rs"]
mod on_drawings;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use on_drawings::{copy, json};

/// The one line that a command which fails prints.
fn complaint(folder: &Path, args: &[&str]) -> String {
    let text = on_drawings::complaint(folder, args);
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// Two cats, a car, and a file that is no picture.
fn small() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    copy(folder.path(), "cat/twemoji-1.png", "data/cat/1.png");
    copy(folder.path(), "cat/doodle-1.png", "data/cat/2.png");
    copy(folder.path(), "car/noto-1.png", "data/red_car/1.png");
    fs::write(folder.path().join("data/cat/broken.png"), "no picture").expect("a file");
    folder
}

#[test]
fn a_folder_a_table_a_webdataset_and_kept_embeddings_give_the_same_answers() {
    let folder = small();
    let path = folder.path();
    let expected = json(path, &["eval", "data", "--keep", "kept", "--label", "cat", "--label", "red car"]);
    assert_eq!(expected["images"], 3);
    assert_eq!(expected["skipped"][0]["image"], "cat/broken.png");

    let table = "file,label\ncat/1.png,cat\ncat/2.png,cat\nred_car/1.png,red car\n";
    fs::write(path.join("data/table.csv"), table).expect("a table");
    let wds = path.join("wds");
    fs::create_dir_all(wds.join("test")).expect("a folder");
    fs::write(wds.join("classnames.txt"), "cat\nred car\n").expect("a list");
    let mut archive = tar::Builder::new(fs::File::create(wds.join("test/0.tar")).expect("an archive"));
    for (key, file, class) in [("a", "cat/1.png", "0"), ("b", "cat/2.png", "0"), ("c", "red_car/1.png", "1")]
    {
        let picture = fs::read(path.join("data").join(file)).expect("a picture");
        for (name, bytes) in
            [(format!("{key}.png"), picture.as_slice()), (format!("{key}.cls"), class.as_bytes())]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, bytes).expect("an entry");
        }
    }
    archive.finish().expect("an archive");
    for data in ["data/table.csv", "wds", "wds/test/0.tar", "kept.npy"] {
        let found = json(path, &["eval", data, "--label", "cat", "--label", "red car"]);
        for key in ["acc1", "confusion", "calibration", "mean_per_class_recall"] {
            assert_eq!(found[key], expected[key], "{key} of {data}");
        }
    }
}

#[test]
fn what_is_no_data_set_is_told_in_one_line() {
    let folder = small();
    let path = folder.path();
    fs::create_dir_all(path.join("empty")).expect("a folder");
    fs::create_dir_all(path.join("twice/a b")).expect("a folder");
    fs::create_dir_all(path.join("twice/a_b")).expect("a folder");
    fs::write(path.join("nameless.csv"), "file,label\n,cat\n").expect("a file");
    fs::write(path.join("cut.npy"), b"\x93NUMPY\x01\x00").expect("a file");
    fs::write(path.join("cut.csv"), "file,label\na,b\n").expect("a file");
    for (data, words) in [
        ("nowhere", "does not exist"),
        ("empty", "holds no pictures"),
        ("twice", "two folders for the class \"a b\""),
        ("nameless.csv", "line 2 names no file"),
        ("cut.npy", "not a valid npy file"),
    ] {
        let found = complaint(path, &["eval", data]);
        assert!(found.contains(words), "{data}: {found}");
    }
    for (args, words) in [
        (vec!["robustness", "data", "--corruption", "rain"], "unknown corruption \"rain\""),
        (vec!["robustness", "data", "--severity", "9"], "expected 1 to 5"),
        (vec!["robustness", "data", "--corruption", "typographic", "--word", "é"], "is not in the font"),
        (vec!["compare", "nameless.csv", "nameless.csv"], "expected what `eval --json` prints"),
    ] {
        let found = complaint(path, &args);
        assert!(found.contains(words), "{args:?}: {found}");
    }
}

#[test]
fn a_seed_repeats_a_robustness_run_and_the_order_of_the_data_does_not_matter() {
    let folder = small();
    let noise = ["robustness", "data", "--corruption", "gaussian_noise", "--severity", "5"];
    let whole = json(folder.path(), &noise);
    assert_eq!(whole["cells"], json(folder.path(), &noise)["cells"]);
    let other = json(folder.path(), &[&noise[..], &["--seed", "1"]].concat());
    assert_ne!(whole["cells"], other["cells"]);
}

#[test]
fn a_run_compared_with_itself_moves_nothing() {
    let folder = small();
    let run = json(folder.path(), &["eval", "data"]);
    fs::write(folder.path().join("run.json"), run.to_string()).expect("a file");
    let compared = json(folder.path(), &["compare", "run.json", "run.json"]);
    assert_eq!((&compared["p"], &compared["images"]), (&1.0.into(), &3.into()));
    assert_eq!(compared["moved"], serde_json::json!([]));
}
