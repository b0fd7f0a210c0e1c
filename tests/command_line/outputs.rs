//! What is printed and written: whole, or an error.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Ran, Workspace, picture};

/// Words that make every command print something.
fn printing() -> Vec<Vec<String>> {
    let words =
        |line: &str| line.split(' ').map(|word| word.replace("PICTURE", &picture())).collect::<Vec<_>>();
    [
        "--help",
        "--version",
        "classify --help",
        "models",
        "models --json",
        "inspect",
        "inspect --json",
        "tokenize cat",
        "tokenize cat --json",
        "embed --text cat",
        "embed --text cat --json",
        "classify --labels cat,dog PICTURE",
        "classify --labels cat,dog PICTURE --json",
        "classify --labels cat,dog PICTURE --heatmap patches",
        "preprocess PICTURE -o x.npy",
        "preprocess PICTURE -o x.npy --json",
        "quantize ../hub --dtype q8_0 -o x.gguf",
        "quantize ../hub --dtype q8_0 -o x.gguf --json",
        "eval data",
        "eval data --json",
        "probe data --shots 1",
        "probe data --shots 1 --json",
        "bias data",
        "bias data --json",
        "robustness data --corruption fog --severity 1",
        "robustness data --corruption fog --severity 1 --json",
        "compare eval.json eval.json",
        "compare eval.json eval.json --json",
        "verify --model ../hub ../hub",
    ]
    .map(words)
    .to_vec()
}

/// A workspace with two classes of two pictures in `work/data`, and what `eval` says of them.
fn with_data() -> Workspace {
    let workspace = Workspace::new();
    for (class, copies) in [("dog", 2), ("cat", 2)] {
        let folder = workspace.work().join("data").join(class);
        fs::create_dir_all(&folder).unwrap();
        for copy in 0..copies {
            fs::copy(picture(), folder.join(format!("{copy}.webp"))).unwrap();
        }
    }
    let ran = workspace.run(&["eval", "data", "--json"]);
    fs::write(workspace.work().join("eval.json"), &ran.out).unwrap();
    workspace
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error_of_every_command() {
    let workspace = with_data();
    for words in printing() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = Ran::of(workspace.command(&words).stdout(full).output().unwrap());
        assert!(ran.failure().contains("No space left"), "{words:?}: {ran:?}");
    }
}

#[test]
fn a_reader_that_leaves_ends_every_command_without_a_word() {
    let workspace = with_data();
    for words in printing() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = workspace.command(&words).stdout(writer).output().unwrap();
        assert!(output.stderr.is_empty() && !output.status.success(), "{words:?}: {output:?}");
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(output.status.signal(), Some(13), "as programs end whose reader has left: {words:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_takes_nothing_is_no_reason_to_panic() {
    let workspace = Workspace::new();
    for words in [&["classify", "--labels", "a", "nothing.png"][..], &["inspect", "./nothing"], &["nonsense"]]
    {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let code = workspace.command(words).stderr(full).output().unwrap().status.code();
        assert_eq!(code, Some(if words == ["nonsense"] { 2 } else { 1 }));
    }
}

#[test]
fn an_output_follows_links_and_keeps_the_modes_of_the_file_before() {
    let workspace = Workspace::new();
    let work = workspace.work();
    fs::create_dir(work.join("far")).unwrap();
    let real = work.join("far/real.npy");
    fs::write(&real, "old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("far/real.npy", work.join("one")).unwrap();
    symlink("one", work.join("two.npy")).unwrap();
    let ran = workspace.run(&["preprocess", &picture(), "-o", "two.npy"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(fs::symlink_metadata(work.join("two.npy")).unwrap().is_symlink());
    assert!(fs::read(&real).unwrap().starts_with(b"\x93NUMPY"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    // A link to nothing yet makes the file that it names.
    symlink("far/new.gguf", work.join("later.gguf")).unwrap();
    assert_eq!(workspace.run(&["quantize", "../hub", "--dtype", "f16", "-o", "later.gguf"]).code, Some(0));
    assert!(work.join("far/new.gguf").is_file() && work.join("later.gguf").is_symlink());
    assert!(workspace.parts(&work).is_empty() && workspace.parts(&work.join("far")).is_empty());
}

#[test]
fn a_pipe_is_written_into_and_stays_one() {
    let workspace = Workspace::new();
    let quantize = ["quantize", "../hub", "--dtype", "q8_0", "-o"];
    let whole = workspace.expected();
    let pipe = workspace.work().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    let ran = workspace.run(&[&quantize[..], &["pipe"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(reader.join().unwrap(), whole);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    // A device, by way of standard output: nothing else of it comes between.
    let ran = workspace.run(&["preprocess", &picture(), "-o", "/dev/stdout"]);
    assert!(ran.code == Some(0) && ran.out.starts_with(b"\x93NUMPY"), "{:?}", ran.err);
}

#[test]
fn an_output_that_cannot_be_is_refused_before_the_work() {
    let workspace = with_data();
    fs::create_dir(workspace.work().join("folder")).unwrap();
    let picture = picture();
    for (words, problem) in [
        (vec!["preprocess", &picture, "-o", "no/x.npy"], "there is no folder no"),
        (vec!["preprocess", &picture, "-o", "folder"], "it is a folder"),
        (vec!["eval", "data", "--predictions", "no/x.csv"], "there is no folder no"),
        (vec!["eval", "data", "--keep", "no/x"], "there is no folder no"),
        // The hub is not there: it would be asked otherwise.
        (vec!["quantize", "owner/name", "--dtype", "q8_0", "-o", "no/x.gguf"], "there is no folder no"),
    ] {
        let ran = workspace.run(&words);
        assert!(ran.failure().contains(problem), "{words:?}: {ran:?}");
    }
}

#[test]
fn a_file_that_grows_too_large_is_an_error_and_leaves_nothing() {
    let workspace = Workspace::new();
    fs::write(workspace.work().join("x.gguf"), "the one before").unwrap();
    // Blocks of 512 or 1,024 bytes, as the shell has it: less than the file needs in either.
    let script = "ulimit -f 300; exec \"$0\" quantize ../hub --dtype f32 -o x.gguf";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_clip-wasm")]).current_dir(workspace.work());
    let ran = Ran::of(shell.stdin(Stdio::null()).output().unwrap());
    assert!(ran.failure().starts_with("x.gguf: File too large"), "{ran:?}");
    assert_eq!(fs::read(workspace.work().join("x.gguf")).unwrap(), b"the one before");
    assert!(workspace.parts(&workspace.work()).is_empty());
}

#[test]
fn a_run_that_is_interrupted_leaves_no_part_of_its_output() {
    let workspace = Workspace::new();
    let pipe = workspace.work().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // The weights come from a pipe that never ends, so that it is stopped in the middle.
    let hub =
        crate::hub::Hub::serve(workspace.hub(), |_| crate::hub::Fault { pace: 20, ..Default::default() });
    let mut command = workspace.command(&["quantize", "owner/tiny", "--dtype", "q8_0", "-o", "x.gguf"]);
    let mut child = command.env("HF_ENDPOINT", &hub.url).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    // Not SIGINT: shells start what runs in the background with that ignored, and so it stays.
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(child.wait().unwrap().signal(), Some(15), "as the signal says");
    assert!(workspace.parts(&workspace.work()).is_empty());
    assert!(!workspace.work().join("x.gguf").exists());
}

/// `bytes` as the name of a file in the working directory, which is a copy of a picture.
fn odd_picture(workspace: &Workspace, bytes: &[u8]) -> PathBuf {
    let name = PathBuf::from(OsString::from_vec(bytes.to_vec()));
    fs::copy(picture(), workspace.work().join(&name)).unwrap();
    name
}

#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf_8_work_everywhere() {
    let workspace = Workspace::new();
    let (one, two) = (odd_picture(&workspace, b"caf\xe9.webp"), odd_picture(&workspace, b"caf\xe8.webp"));
    let run = |words: &[&str], paths: &[&Path]| {
        let ran = Ran::of(workspace.command(words).args(paths).output().unwrap());
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        ran
    };
    let classified = run(&["classify", "--labels", "cat,dog", "--json"], &[&one, &two]).json();
    assert_eq!(classified[0]["image"], "caf\\xE9.webp");
    assert_eq!(classified[0]["image_bytes"], serde_json::json!(b"caf\xe9.webp"));
    assert_ne!(classified[0]["image"], classified[1]["image"]);
    let text = run(&["classify", "--labels", "cat,dog"], &[&one]).out;
    assert!(text.starts_with(b"caf\xe9.webp\n"));
    run(&["embed", "--json", "--image"], &[&one]);
    run(&["embed", "--json", "--image"], &[Path::new("caf*.webp")]);
    let target = PathBuf::from(OsString::from_vec(b"\xff.npy".to_vec()));
    assert_eq!(
        run(&["preprocess", "--json"], &[&one, Path::new("-o"), &target]).json()["output"],
        "\\xFF.npy"
    );
    assert!(workspace.work().join(&target).is_file());
    // A model, a data set and what is kept of it.
    let model = PathBuf::from(OsString::from_vec(b"m\xff.gguf".to_vec()));
    run(&["quantize", "../hub", "--dtype", "q8_0", "--json", "-o"], &[&model]);
    run(&["inspect", "--json"], &[&model]);
    run(&["tokenize", "cat", "--json", "--model"], &[&model]);
    let data = PathBuf::from(OsString::from_vec(b"d\xff".to_vec()));
    for class in ["cat", "dog"] {
        fs::create_dir_all(workspace.work().join(&data).join(class)).unwrap();
        for name in [&one, &two] {
            fs::copy(workspace.work().join(name), workspace.work().join(&data).join(class).join(name))
                .unwrap();
        }
    }
    for command in [&["eval", "--json", "--keep", "kept"][..], &["probe", "--json"], &["bias", "--json"]] {
        let report = run(command, &[&data]).json();
        assert_eq!(report["data"], "d\\xFF");
    }
    let report = run(&["eval", "--json"], &[&data]).json();
    let names: Vec<&str> =
        report["predictions"].as_array().unwrap().iter().map(|row| row["image"].as_str().unwrap()).collect();
    assert_eq!(names, ["cat/caf\\xE8.webp", "cat/caf\\xE9.webp", "dog/caf\\xE8.webp", "dog/caf\\xE9.webp"]);
    // A class is a label, which has to be text.
    fs::create_dir(workspace.work().join(&data).join(OsString::from_vec(b"\xfe".to_vec()))).unwrap();
    let ran = Ran::of(workspace.command(&["eval"]).arg(&data).output().unwrap());
    assert!(ran.failure().contains("not UTF-8, so it cannot be a label"), "{ran:?}");
}

#[test]
fn one_line_of_an_error_stays_one_line() {
    let workspace = Workspace::new();
    let name = odd_picture(&workspace, b"a\nb\x1b[2J.webp");
    File::create(workspace.work().join(&name)).unwrap();
    let ran = Ran::of(workspace.command(&["classify", "--labels", "a"]).arg(&name).output().unwrap());
    assert!(ran.failure().starts_with("a\\nb\\u{1b}[2J.webp: "), "{ran:?}");
}
