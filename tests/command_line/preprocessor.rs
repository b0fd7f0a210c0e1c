//! Whose pixels a model is run with: chosen by an option, a record or the checkpoint's own file, and told by results.

use std::fs;

use serde_json::Value;

use crate::hub::{Fault, Hub};
use crate::run::{NAME, Workspace, picture};

/// What the first picture of `embed` gives, after it has said whose pixels these are.
fn embedding(workspace: &Workspace, model: &str, options: &[&str], expected: &str) -> Value {
    let image = picture();
    let words = ["embed", "--json", "--model", model, "--image", &image];
    let ran = workspace.run(&[&words[..], options].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["preprocessor"], expected, "{ran:?}");
    report["image_embeds"][0].clone()
}

#[test]
fn an_option_a_record_and_a_class_choose_the_pixels_and_every_result_says_which() {
    let workspace = Workspace::new();
    let pillow = embedding(&workspace, "../hub", &[], "pillow");
    assert_eq!(embedding(&workspace, "../hub", &["--preprocessor", "pillow"], "pillow"), pillow);
    let torchvision = embedding(&workspace, "../hub", &["--preprocessor", "torchvision"], "torchvision");
    assert_ne!(torchvision, pillow);

    // A record beside the checkpoint.
    let record = workspace.hub().join("record.json");
    fs::write(&record, r#"{ "preprocessor": "torchvision" }"#).unwrap();
    assert_eq!(embedding(&workspace, "../hub", &[], "torchvision"), torchvision);
    assert_eq!(embedding(&workspace, "../hub", &["--preprocessor", "pillow"], "pillow"), pillow);
    fs::write(&record, r#"{ "preprocessor": "opencv" }"#).unwrap();
    let ran = workspace.run(&["inspect", "../hub"]);
    assert!(ran.failure().contains("expected `pillow` or `torchvision`"), "{ran:?}");
    fs::remove_file(record).unwrap();

    // The class that the file names.
    let file = workspace.hub().join("preprocessor_config.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    json["image_processor_type"] = "CLIPImageProcessorFast".into();
    fs::write(&file, json.to_string()).unwrap();
    assert_eq!(embedding(&workspace, "../hub", &[], "torchvision"), torchvision);
    assert_eq!(embedding(&workspace, "../hub", &["--preprocessor", "pillow"], "pillow"), pillow);

    // The results of the other commands.
    let image = picture();
    let words = ["classify", "--json", "--model", "../hub", "--labels", "cat,dog", &image];
    assert_eq!(workspace.run(&words).json()[0]["preprocessor"], "torchvision");
    let words = ["preprocess", "--json", "--model", "../hub", "-o", "pixels.npy", &image];
    assert_eq!(workspace.run(&words).json()["preprocessor"], "torchvision");
    assert_eq!(workspace.run(&["inspect", "../hub", "--json"]).json()["preprocessor"], "torchvision");

    // There is nothing to choose for a text.
    assert_eq!(workspace.run(&["tokenize", "--preprocessor", "pillow", "cat"]).code, Some(2));
}

#[test]
fn a_converted_file_is_run_with_the_pixels_that_were_chosen_for_it() {
    let workspace = Workspace::new();
    let quantize = |source: &str, options: &[&str], output: &str| {
        let words = ["quantize", source, "--dtype", "q8_0", "-o", output];
        let ran = workspace.run(&[&words[..], options].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
    };
    quantize("../hub", &[], "plain.gguf");
    quantize("../hub", &["--preprocessor", "pillow"], "pillow.gguf");
    let read = |name: &str| fs::read(workspace.work().join(name)).unwrap();
    assert_eq!(
        read("plain.gguf"),
        read("pillow.gguf"),
        "what a file is run with anyway is not written into it"
    );

    quantize("../hub", &["--preprocessor", "torchvision"], "chosen.gguf");
    let plain = embedding(&workspace, "plain.gguf", &[], "pillow");
    let chosen = embedding(&workspace, "chosen.gguf", &[], "torchvision");
    assert_ne!(chosen, plain);
    assert_eq!(
        embedding(&workspace, "plain.gguf", &["--preprocessor", "torchvision"], "torchvision"),
        chosen
    );
    assert_eq!(embedding(&workspace, "chosen.gguf", &["--preprocessor", "pillow"], "pillow"), plain);

    // A finished file is copied, and a new record does not change its pixels.
    quantize("plain.gguf", &["--preprocessor", "torchvision"], "copied.gguf");
    assert_eq!(embedding(&workspace, "copied.gguf", &[], "torchvision"), chosen);
    fs::write(workspace.work().join("record.json"), r#"{ "name": "renamed" }"#).unwrap();
    quantize("chosen.gguf", &["--record", "record.json"], "renamed.gguf");
    assert_eq!(embedding(&workspace, "renamed.gguf", &[], "torchvision"), chosen);
}

#[test]
fn a_file_made_from_a_hub_is_run_with_the_pixels_that_were_chosen_for_it() {
    let workspace = Workspace::new();
    let hub = Hub::serve(workspace.hub(), |_| Fault::default());
    let words = ["quantize", NAME, "--dtype", "q8_0", "-o", "made.gguf", "--preprocessor", "torchvision"];
    let status = workspace.command(&words).env("HF_ENDPOINT", &hub.url).output().unwrap();
    assert!(status.status.success(), "{status:?}");
    embedding(&workspace, "made.gguf", &[], "torchvision");
}

#[test]
fn embeddings_of_other_pixels_are_not_mixed_with_new_ones() {
    let workspace = Workspace::new();
    for (class, name) in [("cat", "a.webp"), ("dog", "b.webp")] {
        let folder = workspace.work().join("data").join(class);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(picture(), folder.join(name)).unwrap();
    }
    let words = ["eval", "--json", "--model", "../hub", "data", "--keep", "kept", "--resamples", "10"];
    let ran = workspace.run(&words);
    assert_eq!(ran.json()["preprocessor"], "pillow", "{ran:?}");
    let ran = workspace.run(&[&words[..], &["--preprocessor", "torchvision"]].concat());
    assert!(String::from_utf8_lossy(&ran.out).is_empty() && ran.err.contains("preprocessing"), "{ran:?}");
    let ran = workspace.run(&[&words[..], &["--preprocessor", "pillow"]].concat());
    assert!(ran.code == Some(0) && ran.err.contains("resumed 2 of 2 pictures"), "{ran:?}");
}
