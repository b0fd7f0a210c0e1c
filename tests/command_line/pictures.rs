//! Pictures and labels on the command line.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::run::{Ran, Workspace, picture};

/// Gives `input` to a command.
fn with_input(workspace: &Workspace, words: &[&str], input: &[u8]) -> Ran {
    let mut child = workspace.command(words).stdin(Stdio::piped()).spawn().unwrap();
    // One that refuses its words reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran::of(child.wait_with_output().unwrap())
}

fn names(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|entry| entry["image"].as_str().unwrap()).collect()
}

fn labels(answer: &Value) -> Vec<&str> {
    let mut labels: Vec<&str> = answer[0]["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score["label"].as_str().unwrap())
        .collect();
    labels.sort_unstable();
    labels
}

#[test]
fn one_bad_picture_does_not_cost_the_good_ones() {
    let workspace = Workspace::new();
    fs::write(workspace.work().join("bad.png"), "no picture").unwrap();
    let good = picture();
    let words = ["classify", "--labels", "cat,dog", &good, "bad.png", "none.png", &good];
    let text = workspace.run(&words);
    assert_eq!(text.code, Some(1));
    assert_eq!(String::from_utf8_lossy(&text.out).lines().count(), 6, "{text:?}");
    let told: Vec<&str> = text.err.lines().collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("clip-wasm: bad.png: ") && told[1].starts_with("clip-wasm: none.png: "),
        "{told:?}"
    );
    let json = workspace.run(&[&words[..], &["--json"]].concat());
    assert_eq!(json.code, Some(1));
    let answers = json.json();
    assert_eq!(answers.as_array().unwrap().len(), 4);
    assert_eq!(answers[0]["scores"], answers[3]["scores"]);
    for (index, name) in [(1, "bad.png"), (2, "none.png")] {
        let entry = answers[index].as_object().unwrap();
        assert_eq!(entry["image"], name);
        assert!(entry["error"].is_string() && entry.len() == 2, "{entry:?}");
    }
    let words =
        ["embed", "--json", "--image", &good, "--image", "bad.png", "--image", &good, "--text", "cat"];
    let embedded = workspace.run(&words);
    assert_eq!(embedded.code, Some(1));
    let report = embedded.json();
    assert_eq!(report["image_embeds"][0], report["image_embeds"][2]);
    assert_eq!(report["image_embeds"][1]["image"], "bad.png");
    assert!(report["image_embeds"][1]["error"].is_string());
    assert_eq!(report["text_embeds"].as_array().unwrap().len(), 1);
    // What cannot be asked at all costs everything, before a picture is read.
    let ran = workspace.run(&["classify", "--labels", "cat,,dog", "bad.png"]);
    assert!(ran.failure().contains("label 2 is empty"), "{ran:?}");
}

#[test]
fn folders_patterns_and_standard_input_are_pictures() {
    let workspace = Workspace::new();
    let folder = workspace.work().join("photos");
    fs::create_dir_all(folder.join("more")).unwrap();
    for name in ["b.webp", "a.webp", "more/c.webp", ".hidden.webp"] {
        fs::copy(picture(), folder.join(name)).unwrap();
    }
    fs::write(folder.join("notes.txt"), "no picture").unwrap();
    fs::create_dir(workspace.work().join("empty")).unwrap();
    let classify =
        |words: &[&str]| workspace.run(&[&["classify", "--labels", "cat,dog", "--json"], words].concat());
    assert_eq!(
        names(&classify(&["photos"]).json()),
        ["photos/a.webp", "photos/b.webp", "photos/more/c.webp"]
    );
    assert_eq!(names(&classify(&["photos/*.webp"]).json()), ["photos/a.webp", "photos/b.webp"]);
    assert_eq!(names(&classify(&["photos/**/[ac].webp"]).json()), ["photos/a.webp", "photos/more/c.webp"]);
    let nothing = classify(&["empty", "photos/*.png", "photos/a.webp"]);
    assert_eq!(nothing.code, Some(1));
    assert_eq!(nothing.json()[0]["error"], "the folder holds no pictures");
    assert_eq!(nothing.json()[1]["error"], "no file matches it");
    // A name that looks like a pattern, but is there, is that file.
    fs::copy(picture(), workspace.work().join("[1].webp")).unwrap();
    assert_eq!(names(&classify(&["[1].webp"]).json()), ["[1].webp"]);
    let bytes = fs::read(picture()).unwrap();
    let words = ["classify", "--labels", "cat,dog", "--json", "-"];
    let of_stdin = with_input(&workspace, &words, &bytes).json();
    assert_eq!(of_stdin[0]["image"], "-");
    assert_eq!(of_stdin[0]["scores"], classify(&["photos/a.webp"]).json()[0]["scores"]);
    assert_eq!(with_input(&workspace, &["classify", "--labels", "a", "-", "-"], &bytes).code, Some(2));
    assert_eq!(with_input(&workspace, &["classify", "--labels-file", "-", "-"], &bytes).code, Some(2));
    let of_stdin = with_input(&workspace, &["preprocess", "-", "-o", "x.npy"], &bytes);
    assert_eq!(of_stdin.code, Some(0), "{of_stdin:?}");
}

#[test]
fn labels_come_from_lists_files_and_standard_input() {
    let workspace = Workspace::new();
    let good = picture();
    fs::write(workspace.work().join("labels.txt"), "\u{feff}a cat, asleep\r\n\r\n  a dog \r\n").unwrap();
    let classify = |words: &[&str]| workspace.run(&[&["classify", "--json", &good], words].concat());
    assert_eq!(labels(&classify(&["--labels-file", "labels.txt"]).json()), ["a cat, asleep", "a dog"]);
    let all = classify(&["--labels-file", "labels.txt", "--label", "x, y", "--labels", "p,q"]).json();
    assert_eq!(labels(&all), ["a cat, asleep", "a dog", "p", "q", "x, y"]);
    let words = ["classify", "--json", &good, "--labels-file", "-"];
    assert_eq!(labels(&with_input(&workspace, &words, b"one\ntwo").json()), ["one", "two"]);
    for (bytes, problem) in
        [(&b"\n \n"[..], "no line with a label"), (&b"a\nb\n\xff"[..], "line 3 is not UTF-8")]
    {
        let ran = with_input(&workspace, &words, bytes);
        assert!(ran.failure().contains(problem), "{ran:?}");
    }
    assert!(classify(&["--labels-file", "none.txt"]).failure().starts_with("none.txt: "));
    let top = classify(&["--labels", "a,b,c,d", "--top", "2"]).json();
    let whole = classify(&["--labels", "a,b,c,d"]).json();
    assert_eq!(top[0]["scores"].as_array().unwrap()[..], whole[0]["scores"].as_array().unwrap()[..2]);
    for words in [&["--labels", "a", "--top", "0"][..], &[]] {
        assert_eq!(classify(words).code, Some(2), "{words:?}");
    }
}

#[test]
fn a_file_of_labels_given_as_a_label_is_noticed() {
    let workspace = Workspace::new();
    let good = picture();
    fs::write(workspace.work().join("labels.txt"), "cat\ndog\n").unwrap();
    let ran = workspace.run(&["classify", "--labels", "labels.txt", &good]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--labels-file"), "{ran:?}");
    let ran = workspace.run(&["classify", "--label", "labels.txt", &good]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("\"labels.txt\" is also a file's name: --labels-file"), "{ran:?}");
}
