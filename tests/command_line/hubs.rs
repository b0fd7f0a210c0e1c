//! Hubs that lie, break off, fall silent, or change their mind: the model is that of the checkpoint, or there is none.

use std::fs;
use std::time::{Duration, Instant};

use crate::hub::{Asked, COMMIT, Fault, Hub};
use crate::run::{Bench, NAME, Ran};

const WEIGHTS: &str = "model.safetensors";

/// The fault for the weights alone.
fn of_weights(
    fault: impl Fn(&Asked) -> Fault + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Fault + Send + Sync {
    move |asked| if asked.file == WEIGHTS { fault(asked) } else { Fault::default() }
}

/// What comes of a fault; where a model does, it has to be the right one.
fn fetched(bench: &Bench, fault: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> (Ran, Hub) {
    let hub = Hub::serve(bench.hub(), of_weights(fault));
    let ran = bench.inspect(&hub.url);
    assert!(bench.parts(&bench.kept()).is_empty(), "{ran:?}");
    if ran.code == Some(0) {
        bench.expected();
        assert!(bench.same_weights(&bench.model(), &bench.folder.path().join("expected.gguf")));
        assert_eq!(fs::read_dir(bench.kept()).unwrap().count(), 2, "the file and its note, nothing else");
    } else {
        assert!(!bench.model().exists(), "{ran:?}");
    }
    (ran, hub)
}

fn size(bench: &Bench) -> usize {
    fs::metadata(bench.hub().join(WEIGHTS)).unwrap().len() as usize
}

#[test]
fn what_may_pass_is_tried_again_and_goes_on_where_it_was() {
    let busy = |asked: &Asked| Fault {
        status: (asked.before < 2).then(|| (503, "retry-after: 1\r\n".to_owned())),
        ..Fault::default()
    };
    let cut = |asked: &Asked| Fault { cut: (asked.before < 3).then_some(300_000), ..Fault::default() };
    let silent = |asked: &Asked| Fault { silent: (asked.before < 2).then_some(200_000), ..Fault::default() };
    let bench = Bench::new();
    let (ran, hub) = fetched(&bench, busy);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&bench)), "{ran:?}");
    let bench = Bench::new();
    let (ran, hub) = fetched(&bench, cut);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&bench)), "nothing comes twice: {ran:?}");
    let bench = Bench::new();
    let begun = Instant::now();
    let (ran, hub) = fetched(&bench, silent);
    assert_eq!((ran.code, hub.served(WEIGHTS)), (Some(0), size(&bench)), "{ran:?}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_silent_hub_ends_the_fetch_and_the_next_run_goes_on() {
    let bench = Bench::new();
    let (ran, hub) = fetched(&bench, |asked| Fault {
        silent: Some(if asked.before == 0 { 500_000 } else { 1_000 }),
        ..Fault::default()
    });
    assert!(ran.failure().contains("the host was silent for 1 s; progress is saved"), "{ran:?}");
    hub.behave(|_| Fault::default());
    assert_eq!(bench.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.served(WEIGHTS), size(&bench), "nothing came twice");
    // One that never answers what it has.
    let bench = Bench::new();
    let hub = Hub::serve(bench.hub(), |_| Fault { silent: Some(5), ..Fault::default() });
    assert!(bench.inspect(&hub.url).failure().contains("the host was silent"));
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
        let bench = Bench::new();
        let (ran, _hub) = fetched(&bench, move |asked| first_cut(asked, fault(asked)));
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
        let bench = Bench::new();
        let (ran, _hub) = fetched(&bench, fault);
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
        let bench = Bench::new();
        // The address /a is the file's again.
        let hub = Hub::serve(bench.hub(), move |asked| match asked.file.as_str() {
            "about" | "config.json" | "tokenizer.json" | "preprocessor_config.json" => Fault::default(),
            _ => fault(asked),
        });
        let ran = bench.inspect(&hub.url);
        assert!(ran.failure().contains(problem), "{ran:?}");
        assert!(!bench.model().exists() && bench.parts(&bench.kept()).is_empty());
        hub.behave(|_| Fault::default());
        assert_eq!(bench.inspect(&hub.url).code, Some(0), "the next run gets it: {ran:?}");
    }
}

#[test]
fn damage_between_two_parts_is_found_and_nothing_of_it_is_kept() {
    let bench = Bench::new();
    let (ran, hub) = fetched(&bench, |asked| Fault {
        cut: (asked.before == 0).then_some(400_000),
        damage: (asked.before > 0).then_some(0),
        ..Fault::default()
    });
    assert!(ran.failure().contains("SHA-256"), "{ran:?}");
    assert_eq!(fs::read_dir(bench.kept()).unwrap().count(), 0);
    hub.behave(|_| Fault::default());
    assert_eq!(bench.inspect(&hub.url).code, Some(0));
}

#[test]
fn a_file_without_a_hash_that_is_replaced_on_the_way_is_not_spliced() {
    let bench = Bench::new();
    let hub = Hub::without_hashes(
        bench.hub(),
        of_weights(|asked| Fault {
            cut: (asked.before == 0).then_some(400_000),
            // The second answer is of another file as long as the first.
            damage: (asked.before > 0).then_some(400_000),
            etag: Some(format!("\"{}\"", asked.before)),
            ..Fault::default()
        }),
    );
    let ran = bench.inspect(&hub.url);
    assert!(ran.failure().contains("replaced on the host during the download"), "{ran:?}");
    hub.behave(|_| Fault { etag: Some("\"9\"".into()), ..Fault::default() });
    let ran = bench.inspect(&hub.url);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bench.expected();
    assert!(bench.same_weights(&bench.model(), &bench.folder.path().join("expected.gguf")));
}

#[test]
fn of_several_files_a_good_one_is_not_fetched_again() {
    let bench = Bench::new();
    let checkpoint = crate::support::tiny_clip::TinyClip::seeded(7);
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    fs::write(bench.hub().join(shards[0]), checkpoint.weights_of(|name| name.starts_with("vision"))).unwrap();
    fs::write(bench.hub().join(shards[1]), checkpoint.weights_of(|name| !name.starts_with("vision")))
        .unwrap();
    fs::remove_file(bench.hub().join(WEIGHTS)).unwrap();
    let second = shards[1];
    let hub = Hub::serve(bench.hub(), move |asked| Fault {
        damage: (asked.file == second).then_some(100_000),
        ..Fault::default()
    });
    assert!(bench.inspect(&hub.url).failure().contains("SHA-256"));
    assert!(bench.inspect(&hub.url).failure().contains("SHA-256"));
    hub.behave(|_| Fault::default());
    assert_eq!(bench.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.served(shards[0]) as u64, fs::metadata(bench.hub().join(shards[0])).unwrap().len());
}

#[test]
fn a_kept_model_that_was_damaged_is_never_used_without_a_word() {
    let bench = Bench::new();
    let (ran, hub) = fetched(&bench, |_| Fault::default());
    let sha256 = ran.json()["sha256"].clone();
    let whole = fs::read(bench.model()).unwrap();
    let asked = hub.log().len();
    let again = bench.inspect(&hub.url);
    assert_eq!((again.json()["sha256"].clone(), again.err.as_str()), (sha256.clone(), ""));
    assert_eq!(hub.log().len(), asked, "a kept model asks for nothing");
    // Touched but whole: read from end to end, and used.
    fs::write(bench.model(), &whole).unwrap();
    assert_eq!(bench.inspect(&hub.url).code, Some(0));
    assert_eq!(hub.log().len(), asked);
    let time = fs::metadata(bench.model()).unwrap().modified().unwrap();
    let mut hole = whole.clone();
    hole[whole.len() / 2..whole.len() / 2 + 4096].fill(0);
    for damaged in [&hole[..], &whole[..whole.len() - 1], &[]] {
        fs::write(bench.model(), damaged).unwrap();
        fs::File::options().write(true).open(bench.model()).unwrap().set_modified(time).unwrap();
        // Without the hub it fails, and says why.
        let ran = bench.inspect("http://127.0.0.1:9");
        assert!(ran.code == Some(1) && ran.err.contains("is not used: it has the SHA-256"), "{ran:?}");
        fs::write(bench.model(), damaged).unwrap();
        let ran = bench.inspect(&hub.url);
        assert!(ran.err.contains("is not used: it has the SHA-256"), "{ran:?}");
        assert_eq!(ran.json()["sha256"], sha256);
        assert_eq!(fs::read(bench.model()).unwrap(), whole);
    }
    // One without a note of its hash may be anything.
    fs::remove_file(bench.model().with_added_extension("json")).unwrap();
    fs::write(bench.model(), &hole).unwrap();
    let ran = bench.inspect(&hub.url);
    assert!(ran.err.contains("its hash was not recorded"), "{ran:?}");
    assert_eq!(ran.json()["sha256"], sha256);
}

#[test]
fn what_is_half_fetched_and_was_damaged_is_begun_anew() {
    let bench = Bench::new();
    let hub = Hub::serve(
        bench.hub(),
        of_weights(|asked| Fault {
            cut: (asked.before < 9).then_some(if asked.before == 0 { 900_000 } else { 0 }),
            ..Fault::default()
        }),
    );
    assert!(bench.inspect(&hub.url).failure().contains("progress is saved"));
    let data = bench.model().with_added_extension("data");
    let mut bytes = fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 512].fill(0);
    fs::write(&data, bytes).unwrap();
    hub.behave(|_| Fault::default());
    let ran = bench.inspect(&hub.url);
    assert!(ran.code == Some(0) && ran.err.contains("does not contain what was written to it"), "{ran:?}");
    bench.expected();
    assert!(bench.same_weights(&bench.model(), &bench.folder.path().join("expected.gguf")));
}

#[test]
fn another_hubs_model_of_the_same_name_is_told_apart_by_its_weights() {
    let bench = Bench::new();
    let (first, _hub) = fetched(&bench, |_| Fault::default());
    // A mirror has the same: it is asked for no more than its list.
    let mirror = Hub::serve(bench.hub(), |_| Fault::default());
    assert_eq!(bench.inspect(&mirror.url).json()["sha256"], first.json()["sha256"]);
    assert_eq!(mirror.served(WEIGHTS), 0);
    let other = Bench::new();
    crate::support::tiny_clip::TinyClip::seeded(8).write_folder(&other.hub());
    let hub = Hub::serve(other.hub(), |_| Fault::default());
    let ran = bench.inspect(&hub.url);
    assert!(ran.err.contains("downloading it again"), "{ran:?}");
    assert_ne!(ran.json()["sha256"], first.json()["sha256"]);
    assert_eq!(ran.json()["record"]["source"]["revision"], COMMIT);
    assert_eq!(ran.json()["record"]["source"]["repo"], NAME);
}
