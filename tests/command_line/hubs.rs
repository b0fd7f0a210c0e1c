//! Hubs that lie, break off, fall silent, or change their mind: the model is that of the checkpoint, or there is none.

use std::fs;
use std::time::{Duration, Instant};

use crate::hub::{Asked, COMMIT, Fault, Hub};
use crate::run::{NAME, Ran, Workspace};

const WEIGHTS: &str = "model.safetensors";

/// The fault for the weights alone.
fn of_weights(
    fault: impl Fn(&Asked) -> Fault + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Fault + Send + Sync {
    move |asked| if asked.file == WEIGHTS { fault(asked) } else { Fault::default() }
}

/// What comes of a fault; where a model does, it has to be the right one.
fn fetched(workspace: &Workspace, fault: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> (Ran, Hub) {
    let hub = Hub::serve(workspace.hub(), of_weights(fault));
    let ran = workspace.inspect(&hub.url);
    assert!(workspace.parts(&workspace.kept()).is_empty(), "{ran:?}");
    if ran.code == Some(0) {
        workspace.expected();
        assert!(workspace.same_weights(&workspace.model(), &workspace.folder.path().join("expected.gguf")));
        assert_eq!(fs::read_dir(workspace.kept()).unwrap().count(), 2, "the file and its note, nothing else");
    } else {
        assert!(!workspace.model().exists(), "{ran:?}");
    }
    (ran, hub)
}

fn size(workspace: &Workspace) -> usize {
    fs::metadata(workspace.hub().join(WEIGHTS)).unwrap().len() as usize
}

#[test]
fn what_may_pass_is_tried_again_and_goes_on_where_it_was() {
    let busy = |asked: &Asked| Fault {
        status: (asked.before < 2).then(|| (503, "retry-after: 1\r\n".to_owned())),
        ..Fault::default()
    };
    let cut = |asked: &Asked| Fault { cut: (asked.before < 3).then_some(300_000), ..Fault::default() };
    let silent = |asked: &Asked| Fault { silent: (asked.before < 2).then_some(200_000), ..Fault::default() };
    let workspace = Workspace::new();
    let (ran, hub) = fetched(&workspace, busy);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&workspace)), "{ran:?}");
    let workspace = Workspace::new();
    let (ran, hub) = fetched(&workspace, cut);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&workspace)), "nothing comes twice: {ran:?}");
    let workspace = Workspace::new();
    let begun = Instant::now();
    let (ran, hub) = fetched(&workspace, silent);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&workspace)), "{ran:?}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_silent_hub_ends_the_fetch_and_the_next_run_goes_on() {
    let workspace = Workspace::new();
    let (ran, hub) = fetched(&workspace, |asked| Fault {
        silent: Some(if asked.before == 0 { 500_000 } else { 1_000 }),
        ..Fault::default()
    });
    assert!(ran.failure().contains("the host sent nothing for 1 s; progress is saved"), "{ran:?}");
    hub.behave(|_| Fault::default());
    assert_eq!(workspace.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.served(WEIGHTS), size(&workspace), "nothing came twice");
    // One that never answers what it has.
    let workspace = Workspace::new();
    let hub = Hub::serve(workspace.hub(), |_| Fault { silent: Some(5), ..Fault::default() });
    assert!(workspace.inspect(&hub.url).failure().contains("the host sent nothing"));
}

#[test]
fn hosts_without_ranges_or_with_wrong_ones_are_read_from_the_beginning() {
    let first_cut =
        |asked: &Asked, fault: Fault| Fault { cut: (asked.before < 2).then_some(300_000), ..fault };
    let faults: [fn(&Asked) -> Fault; 5] = [
        |_| Fault { no_range: true, ..Fault::default() },
        |_| Fault { content_range: Some(String::new()), ..Fault::default() },
        |_| Fault { content_range: Some("bytes 7-8/9".into()), ..Fault::default() },
        |_| Fault { no_range: true, no_length: true, ..Fault::default() },
        |asked| Fault { status: asked.range.map(|_| (416, String::new())), ..Fault::default() },
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let workspace = Workspace::new();
        let (ran, _hub) = fetched(&workspace, move |asked| first_cut(asked, fault(asked)));
        assert_eq!(ran.code, Some(0), "fault {index}: {ran:?}");
    }
}

#[test]
fn compressed_chunked_and_endless_answers_are_the_same_file() {
    let faults: [fn(&Asked) -> Fault; 4] = [
        |_| Fault { gzip: true, ..Fault::default() },
        |_| Fault { chunked: true, ..Fault::default() },
        |_| Fault { no_length: true, ..Fault::default() },
        |asked| Fault { chunked: true, cut: (asked.before == 0).then_some(300_000), ..Fault::default() },
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let workspace = Workspace::new();
        let (ran, _hub) = fetched(&workspace, fault);
        assert_eq!(ran.code, Some(0), "fault {index}: {ran:?}");
    }
}

#[test]
fn what_is_not_the_file_is_refused_by_what_is_wrong_with_it() {
    type Case = (fn(&Asked) -> Fault, &'static str);
    let cases: [Case; 6] = [
        (|_| Fault { html: true, ..Fault::default() }, "a web page"),
        (|_| Fault { longer: 10, ..Fault::default() }, "bytes, expected"),
        (|_| Fault { longer: 10, no_length: true, ..Fault::default() }, "it is longer than"),
        (|_| Fault { damage: Some(900_000), ..Fault::default() }, "SHA-256"),
        (
            |_| Fault { status: Some((302, "location: /a\r\n".into())), ..Fault::default() },
            "redirected 10 times",
        ),
        (
            |_| Fault { status: Some((302, "location: ftp://a/b\r\n".into())), ..Fault::default() },
            "expected an address",
        ),
    ];
    for (fault, problem) in cases {
        let workspace = Workspace::new();
        // The address /a is the file's again.
        let hub = Hub::serve(workspace.hub(), move |asked| match asked.file.as_str() {
            "about" | "config.json" | "tokenizer.json" | "preprocessor_config.json" => Fault::default(),
            _ => fault(asked),
        });
        let ran = workspace.inspect(&hub.url);
        assert!(ran.failure().contains(problem), "{ran:?}");
        assert!(!workspace.model().exists() && workspace.parts(&workspace.kept()).is_empty());
        hub.behave(|_| Fault::default());
        assert_eq!(workspace.inspect(&hub.url).code, Some(0), "the next run gets it: {ran:?}");
    }
}

#[test]
fn damage_between_two_parts_is_found_and_nothing_of_it_is_kept() {
    let workspace = Workspace::new();
    let (ran, hub) = fetched(&workspace, |asked| Fault {
        cut: (asked.before == 0).then_some(400_000),
        damage: (asked.before > 0).then_some(0),
        ..Fault::default()
    });
    assert!(ran.failure().contains("SHA-256"), "{ran:?}");
    assert_eq!(fs::read_dir(workspace.kept()).unwrap().count(), 0);
    hub.behave(|_| Fault::default());
    assert_eq!(workspace.inspect(&hub.url).code, Some(0));
}

#[test]
fn a_file_without_a_hash_that_is_replaced_on_the_way_is_not_spliced() {
    let workspace = Workspace::new();
    let hub = Hub::without_hashes(
        workspace.hub(),
        of_weights(|asked| Fault {
            cut: (asked.before == 0).then_some(400_000),
            // The second answer is of another file as long as the first.
            damage: (asked.before > 0).then_some(400_000),
            etag: Some(format!("\"{}\"", asked.before)),
            ..Fault::default()
        }),
    );
    let ran = workspace.inspect(&hub.url);
    assert!(ran.failure().contains("replaced on the host during the download"), "{ran:?}");
    hub.behave(|_| Fault { etag: Some("\"9\"".into()), ..Fault::default() });
    let ran = workspace.inspect(&hub.url);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    workspace.expected();
    assert!(workspace.same_weights(&workspace.model(), &workspace.folder.path().join("expected.gguf")));
}

#[test]
fn of_several_files_a_good_one_is_not_fetched_again() {
    let workspace = Workspace::new();
    let checkpoint = crate::support::tiny_clip::TinyClip::seeded(7);
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    fs::write(workspace.hub().join(shards[0]), checkpoint.weights_of(|name| name.starts_with("vision")))
        .unwrap();
    fs::write(workspace.hub().join(shards[1]), checkpoint.weights_of(|name| !name.starts_with("vision")))
        .unwrap();
    fs::remove_file(workspace.hub().join(WEIGHTS)).unwrap();
    let second = shards[1];
    let hub = Hub::serve(workspace.hub(), move |asked| Fault {
        damage: (asked.file == second).then_some(100_000),
        ..Fault::default()
    });
    assert!(workspace.inspect(&hub.url).failure().contains("SHA-256"));
    assert!(workspace.inspect(&hub.url).failure().contains("SHA-256"));
    hub.behave(|_| Fault::default());
    assert_eq!(workspace.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.served(shards[0]) as u64, fs::metadata(workspace.hub().join(shards[0])).unwrap().len());
}

#[test]
fn a_kept_model_that_was_damaged_is_never_used_without_a_word() {
    let workspace = Workspace::new();
    let (ran, hub) = fetched(&workspace, |_| Fault::default());
    let sha256 = ran.json()["sha256"].clone();
    let whole = fs::read(workspace.model()).unwrap();
    let asked = hub.log().len();
    let again = workspace.inspect(&hub.url);
    assert_eq!((again.json()["sha256"].clone(), again.err.as_str()), (sha256.clone(), ""));
    assert_eq!(hub.log().len(), asked, "a kept model asks for nothing");
    // Touched but whole: read from end to end, and used.
    fs::write(workspace.model(), &whole).unwrap();
    assert_eq!(workspace.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.log().len(), asked);
    let time = fs::metadata(workspace.model()).unwrap().modified().unwrap();
    let mut hole = whole.clone();
    hole[whole.len() / 2..whole.len() / 2 + 4096].fill(0);
    for damaged in [&hole[..], &whole[..whole.len() - 1], &[]] {
        fs::write(workspace.model(), damaged).unwrap();
        fs::File::options().write(true).open(workspace.model()).unwrap().set_modified(time).unwrap();
        // Without the hub it fails, and says why.
        let ran = workspace.inspect("http://127.0.0.1:9");
        assert!(ran.code == Some(1) && ran.err.contains("is not used: it has the SHA-256"), "{ran:?}");
        fs::write(workspace.model(), damaged).unwrap();
        let ran = workspace.inspect(&hub.url);
        assert!(ran.err.contains("is not used: it has the SHA-256"), "{ran:?}");
        assert_eq!(ran.json()["sha256"], sha256);
        assert_eq!(fs::read(workspace.model()).unwrap(), whole);
    }
    // One without a note of its hash may be anything.
    fs::remove_file(workspace.model().with_added_extension("json")).unwrap();
    fs::write(workspace.model(), &hole).unwrap();
    let ran = workspace.inspect(&hub.url);
    assert!(ran.err.contains("its hash was not recorded"), "{ran:?}");
    assert_eq!(ran.json()["sha256"], sha256);
}

#[test]
fn what_is_half_fetched_and_was_damaged_is_begun_anew() {
    let workspace = Workspace::new();
    let hub = Hub::serve(
        workspace.hub(),
        of_weights(|asked| Fault {
            cut: (asked.before < 9).then_some(if asked.before == 0 { 900_000 } else { 0 }),
            ..Fault::default()
        }),
    );
    assert!(workspace.inspect(&hub.url).failure().contains("progress is saved"));
    let data = workspace.model().with_added_extension("data");
    let mut bytes = fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 512].fill(0);
    fs::write(&data, bytes).unwrap();
    hub.behave(|_| Fault::default());
    let ran = workspace.inspect(&hub.url);
    assert!(ran.code == Some(0) && ran.err.contains("does not contain what was written to it"), "{ran:?}");
    workspace.expected();
    assert!(workspace.same_weights(&workspace.model(), &workspace.folder.path().join("expected.gguf")));
}

#[test]
fn another_hubs_model_of_the_same_name_is_told_apart_by_its_weights() {
    let workspace = Workspace::new();
    let (first, _hub) = fetched(&workspace, |_| Fault::default());
    // A mirror has the same: it is asked for no more than its list.
    let mirror = Hub::serve(workspace.hub(), |_| Fault::default());
    assert_eq!(workspace.inspect(&mirror.url).json()["sha256"], first.json()["sha256"]);
    assert_eq!(mirror.served(WEIGHTS), 0);
    let other = Workspace::new();
    crate::support::tiny_clip::TinyClip::seeded(8).write_folder(&other.hub());
    let hub = Hub::serve(other.hub(), |_| Fault::default());
    let ran = workspace.inspect(&hub.url);
    assert!(ran.err.contains("downloading it again"), "{ran:?}");
    assert_ne!(ran.json()["sha256"], first.json()["sha256"]);
    assert_eq!(ran.json()["record"]["source"]["revision"], COMMIT);
    assert_eq!(ran.json()["record"]["source"]["repo"], NAME);
}
