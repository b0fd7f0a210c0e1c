//! The fault run: kills at random moments, several processes at once, and disks that fill up.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clip_wasm::kernels::random::Random;

use crate::hub::{Fault, Hub};
use crate::run::{NAME, Ran, Workspace};

const WEIGHTS: &str = "model.safetensors";
/// Kills of one run; `CLIP_WASM_FAULT_RUNS` times as many are asked for by the environment.
const KILLS: usize = 20;
/// Milliseconds before each 16 KiB: about two seconds for the whole.
const PACE: u64 = 18;
/// What comes again after a kill at most: what was on its way, and what came since the last note was begun.
const LOST: usize = 1_000_000;

fn runs() -> usize {
    std::env::var("CLIP_WASM_FAULT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// The model is that of the checkpoint, and nothing lies beside it but its note.
fn assert_whole(workspace: &Workspace) {
    workspace.expected();
    assert!(workspace.same_weights(&workspace.model(), &workspace.folder.path().join("expected.gguf")));
    let left: Vec<_> =
        fs::read_dir(workspace.kept()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 2, "the model and its note: {left:?}");
}

#[test]
fn killed_at_any_moment_it_goes_on_where_it_was() {
    let mut random = Random::keyed(1, "kills");
    let mut told = Vec::new();
    for _ in 0..runs() {
        let workspace = Workspace::new();
        let size = fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len() as usize;
        let hub = Hub::serve(workspace.hub(), |_| Fault { pace: PACE, ..Fault::default() });
        let (mut kills, mut finished) = (0, 0);
        while kills < KILLS {
            let mut child =
                workspace.command(&["inspect", NAME, "--json"]).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
            thread::sleep(Duration::from_millis(30 + (random.uniform() * 900.0) as u64));
            if child.try_wait().unwrap().is_some() {
                // It was faster: what it made is whole, and it is made again.
                finished += 1;
                assert_whole(&workspace);
                fs::remove_file(workspace.model()).unwrap();
                continue;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        let begun = Instant::now();
        assert_eq!(workspace.inspect(&hub.url).code, Some(0));
        assert_whole(&workspace);
        let served = hub.served(WEIGHTS);
        let most = (finished + 1) * size + kills * LOST / 4;
        told.push(format!(
            "{kills} kills, {finished} finished between, {served} of {size} bytes, {:?}",
            begun.elapsed()
        ));
        assert!(served <= most, "{told:?}");
    }
    println!("{}", told.join("\n"));
}

#[test]
fn several_processes_fetch_one_model_once() {
    for count in [2, 3, 4] {
        let workspace = Workspace::new();
        let hub = Hub::serve(workspace.hub(), |_| Fault { pace: 25, ..Fault::default() });
        let start =
            || workspace.command(&["inspect", NAME, "--json"]).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
        let children: Vec<_> = (0..count).map(|_| start()).collect();
        let ran: Vec<Ran> =
            children.into_iter().map(|child| Ran::of(child.wait_with_output().unwrap())).collect();
        assert!(ran.iter().all(|ran| ran.code == Some(0)), "{ran:?}");
        assert!(ran.iter().all(|one| one.json()["sha256"] == ran[0].json()["sha256"]));
        let waited = ran.iter().filter(|ran| ran.err.contains("waiting for it")).count();
        assert_eq!(waited, count - 1, "the others wait, and say so: {ran:?}");
        assert_eq!(hub.served(WEIGHTS) as u64, fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len());
        assert_whole(&workspace);
    }
}

#[test]
fn several_processes_write_one_file_once() {
    let workspace = Workspace::new();
    let hub = Hub::serve(workspace.hub(), |_| Fault { pace: 25, ..Fault::default() });
    let words = ["quantize", NAME, "--dtype", "q8_0", "-o", "x.gguf", "--json"];
    let start = || workspace.command(&words).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
    let children = [start(), start(), start()];
    let ran = children.map(|child| Ran::of(child.wait_with_output().unwrap()));
    assert!(
        ran.iter().all(|one| one.code == Some(0) && one.json()["sha256"] == ran[0].json()["sha256"]),
        "{ran:?}"
    );
    assert_eq!(hub.served(WEIGHTS) as u64, fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len());
    let left = fs::read_dir(workspace.work()).unwrap().count();
    assert_eq!(left, 1, "the file alone");
}

#[test]
fn a_process_that_is_killed_hands_over_to_the_one_that_waits() {
    let workspace = Workspace::new();
    let hub = Hub::serve(workspace.hub(), |_| Fault { pace: PACE, ..Fault::default() });
    let start =
        || workspace.command(&["inspect", NAME, "--json"]).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
    let mut first = start();
    thread::sleep(Duration::from_millis(900));
    let second = start();
    thread::sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    let ran = Ran::of(second.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let size = fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len() as usize;
    assert!(hub.served(WEIGHTS) < size + LOST, "it goes on where the first was");
    assert_whole(&workspace);
}

#[test]
fn a_disk_that_fills_up_costs_what_did_not_fit_and_no_more() {
    // Blocks of 512 or 1,024 bytes, as the shell has it.
    for blocks in [0, 60, 400, 900] {
        let workspace = Workspace::new();
        let hub = Hub::serve(workspace.hub(), |_| Fault { pace: PACE, ..Fault::default() });
        let mut shell = Command::new("sh");
        let script = format!("ulimit -f {blocks}; exec \"$0\" inspect {NAME} --json");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_clip-wasm")]).current_dir(workspace.work());
        shell.env("HF_ENDPOINT", &hub.url).env("CLIP_WASM_MODELS", workspace.kept()).stdin(Stdio::null());
        // A pipe, which the limit is not for.
        let ran = Ran::of(shell.output().unwrap());
        if ran.code != Some(0) {
            assert!(ran.failure().contains("File too large"), "{blocks} blocks: {ran:?}");
            assert!(!workspace.model().exists(), "{blocks} blocks: {ran:?}");
        }
        assert!(workspace.parts(&workspace.kept()).is_empty(), "{blocks} blocks: {ran:?}");
        assert_eq!(workspace.inspect(&hub.url).code, Some(0), "{blocks} blocks");
        assert_whole(&workspace);
        let size = fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len() as usize;
        let again = hub.served(WEIGHTS) - size;
        assert!(again <= LOST, "{blocks} blocks: {again} bytes came again");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    let workspace = Workspace::new();
    let disk = workspace.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=640k", "none"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("SKIPPED: a small disk cannot be mounted here");
        return;
    }
    let hub = Hub::serve(workspace.hub(), |_| Fault::default());
    let run = || {
        let mut command = workspace.command(&["inspect", NAME, "--json"]);
        Ran::of(command.env("HF_ENDPOINT", &hub.url).env("CLIP_WASM_MODELS", &disk).output().unwrap())
    };
    let small = run();
    let resized = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&disk).status().unwrap();
    let large = run();
    let files: Vec<_> = fs::read_dir(&disk).unwrap().flatten().map(|entry| entry.file_name()).collect();
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(resized.success() && unmounted.success());
    assert!(small.failure().contains("No space left on device"), "{small:?}");
    assert_eq!((large.code, files.len()), (Some(0), 2), "{large:?} {files:?}");
}
