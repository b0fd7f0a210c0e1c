//! What is said of models that are not there, or not whole.

use std::fs;

use bytes::Bytes;
use clip_wasm::weights::Checkpoint;

use crate::hub::{Fault, Hub};
use crate::run::{NAME, Ran, Workspace};

#[test]
fn a_mistyped_path_is_not_sent_to_the_hub() {
    let workspace = Workspace::new();
    let hub = Hub::serve(workspace.hub(), |_| Fault::default());
    fs::create_dir(workspace.work().join("models")).unwrap();
    for name in [
        "./tiny",
        "../tiny",
        "/tmp/tiny-nothing",
        "~/tiny",
        "models/tiny",
        "a/b/c",
        "owner/tiny.gguf",
        "tiny.gguf",
        "owner/model.safetensors",
        "owner/tiny/",
        "owner\\tiny",
    ] {
        for words in [
            &["inspect", name][..],
            &["quantize", name, "--dtype", "q8_0"],
            &["tokenize", "a", "--model", name],
        ] {
            let ran = Ran::of(workspace.command(words).env("HF_ENDPOINT", &hub.url).output().unwrap());
            assert!(ran.failure().contains("there is no such file or folder"), "{words:?}: {ran:?}");
        }
    }
    assert_eq!(hub.log().len(), 0, "nothing was asked for");
    let told = workspace.run(&["inspect", "models/tiny"]);
    assert!(told.failure().contains("for a repository on the hub, write models/tiny@main"), "{told:?}");
    let mut command = workspace.command(&["inspect", "models/tiny@main", "--json"]);
    assert_eq!(command.env("HF_ENDPOINT", &hub.url).output().unwrap().status.code(), Some(0));
    let unknown = workspace.run(&["inspect", "openaiclip"]);
    assert!(
        unknown.failure().contains("unknown model \"openaiclip\"") && unknown.err.contains("openai-vit-b-32"),
        "{unknown:?}"
    );
}

#[test]
fn a_refusal_of_the_hub_says_what_to_do() {
    let workspace = Workspace::new();
    let refused = |status: u16, headers: &'static str, token: Option<&str>| {
        let hub = Hub::serve(workspace.hub(), move |_| Fault {
            status: Some((status, headers.into())),
            ..Fault::default()
        });
        let mut command = workspace.command(&["inspect", NAME]);
        command.env("HF_ENDPOINT", &hub.url);
        if let Some(token) = token {
            command.env("HF_TOKEN", token);
        }
        let ran = Ran::of(command.output().unwrap());
        let told = ran.failure().to_owned();
        assert!(told.starts_with(&format!("{}/owner/tiny: ", hub.url)), "an address to open: {told}");
        assert!(!told.contains("blobs") && !told.contains("secret"), "{told}");
        told
    };
    let told = refused(401, "", None);
    assert!(told.contains("no repository of this name") && told.contains("HF_TOKEN"), "{told}");
    assert!(refused(401, "", Some("secret")).contains("the token in HF_TOKEN has no access"));
    assert!(refused(403, "x-error-code: GatedRepo\r\n", None).contains("accept its terms on its page"));
    assert!(refused(404, "", None).contains("check the spelling of owner/name"));
    assert!(refused(404, "x-error-code: RevisionNotFound\r\n", None).contains("no such revision"));
    assert!(refused(429, "retry-after: 4000\r\n", None).contains("asks to wait 4000 s"));
    let date = "date: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 08:28:00 GMT\r\n";
    assert!(refused(429, date, None).contains("asks to wait 3600 s"));
    assert!(refused(302, "", None).contains("302"));
}

#[test]
fn a_token_goes_to_the_hub_alone() {
    let workspace = Workspace::new();
    let elsewhere = Hub::serve(workspace.hub(), |_| Fault::default());
    let other = elsewhere.url.clone();
    let hub = Hub::serve(workspace.hub(), move |asked| match asked.file.as_str() {
        "model.safetensors" if asked.path.starts_with("/owner") => {
            // First to another path of the hub's own, from there to another host.
            Fault { status: Some((302, "location: /moved/model.safetensors\r\n".into())), ..Fault::default() }
        }
        "model.safetensors" => {
            let place = format!("location: {other}/cdn/model.safetensors\r\n");
            Fault { status: Some((307, place)), ..Fault::default() }
        }
        _ => Fault::default(),
    });
    let mut command = workspace.command(&["inspect", NAME, "--json"]);
    let ran = Ran::of(command.env("HF_ENDPOINT", &hub.url).env("HF_TOKEN", "secret").output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        hub.log().len() >= 6
            && hub.log().iter().all(|asked| asked.authorization.as_deref() == Some("Bearer secret"))
    );
    assert_eq!(elsewhere.log().len(), 1);
    assert_eq!(elsewhere.log()[0].authorization, None);
    let mut command = workspace.command(&["inspect", "owner/other"]);
    let ran = Ran::of(command.env("HF_ENDPOINT", &hub.url).env("HF_TOKEN", "two words").output().unwrap());
    assert!(ran.failure().starts_with("HF_TOKEN: ") && !ran.err.contains("two words"), "{ran:?}");
}

#[test]
fn what_weights_lack_is_said_in_words_that_people_know() {
    let workspace = Workspace::new();
    let checkpoint = crate::support::tiny_clip::TinyClip::seeded(7);
    let without = checkpoint.weights_of(|name| !name.contains("class_embedding"));
    fs::write(workspace.hub().join("model.safetensors"), without).unwrap();
    for words in [
        &["tokenize", "a", "--model", "../hub"][..],
        &["classify", "--labels", "a", "x.png", "--model", "../hub"],
    ] {
        let ran = workspace.run(words);
        assert!(ran.failure().contains("lack the vision tower's class embedding"), "{ran:?}");
        assert!(!ran.err.contains("v.class_embd"), "{ran:?}");
    }
}

#[test]
fn models_lists_records_what_is_kept_and_what_is_half_fetched() {
    let workspace = Workspace::new();
    let list = workspace.run(&["models", "--json"]).json();
    for (at, id) in ["everyday-clip", "emoji-clip"].into_iter().enumerate() {
        assert_eq!(list["embedded"][at]["id"], id);
        assert!(list["embedded"][at]["bytes"].is_u64());
        assert_eq!(workspace.run(&["inspect", id, "--json"]).json()["record"]["name"], id);
    }
    assert!(list["records"].as_array().unwrap().iter().any(|record| record["id"] == "openai-vit-b-32"));
    assert_eq!(list["kept"], serde_json::json!([]));
    let hub = Hub::serve(workspace.hub(), |_| Fault::default());
    let fetched = workspace.inspect(&hub.url).json();
    hub.behave(|asked| Fault {
        cut: (asked.file == "model.safetensors").then_some(200_000),
        ..Fault::default()
    });
    fs::write(workspace.kept().join("owner--half-q8_0.gguf.data"), "half").unwrap();
    let list = workspace.run(&["models", "--json"]).json();
    let kept = list["kept"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0]["partial"], true);
    assert_eq!((&kept[1]["name"], &kept[1]["dtype"]), (&NAME.into(), &"q8_0".into()));
    assert_eq!(kept[1]["sha256"], fetched["sha256"]);
    assert_eq!(kept[1]["bytes"], fs::metadata(workspace.model()).unwrap().len());
    let text = workspace.run(&["models"]);
    let text = String::from_utf8_lossy(&text.out).into_owned();
    assert!(
        text.contains("owner/tiny") && text.contains("openai-vit-b-32") && text.contains("605.2 MB"),
        "{text}"
    );
    // What is listed opens.
    Checkpoint::from_gguf(Bytes::from(fs::read(workspace.model()).unwrap())).unwrap();
}
