//! Whose pixels a model is run with: chosen by an option, a record or the checkpoint's own file, and told by results.

use std::fs;

use serde_json::Value;

use crate::hub::{Fault, Hub};
use crate::run::{NAME, Ran, Workspace, picture};

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

/// A data set of two pictures in `data`.
fn two_pictures(workspace: &Workspace) {
    for (class, name) in [("cat", "a.webp"), ("dog", "b.webp")] {
        let folder = workspace.work().join("data").join(class);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(picture(), folder.join(name)).unwrap();
    }
}

/// `eval --json --keep kept` of a model.
fn evaluated(workspace: &Workspace, model: &str, data: &str, options: &[&str]) -> Ran {
    let words = ["eval", "--json", "--model", model, data, "--keep", "kept", "--resamples", "10"];
    workspace.run(&[&words[..], options].concat())
}

fn assert_refused(ran: &Ran) {
    assert!(ran.code == Some(1) && ran.out.is_empty() && ran.err.contains("preprocessing"), "{ran:?}");
}

#[test]
fn embeddings_of_other_pixels_are_not_mixed_with_new_ones() {
    let workspace = Workspace::new();
    two_pictures(&workspace);
    let ran = evaluated(&workspace, "../hub", "data", &[]);
    assert_eq!(ran.json()["preprocessor"], "pillow", "{ran:?}");
    assert_refused(&evaluated(&workspace, "../hub", "data", &["--preprocessor", "torchvision"]));
    let ran = evaluated(&workspace, "../hub", "data", &["--preprocessor", "pillow"]);
    assert!(ran.code == Some(0) && ran.err.contains("resumed 2 of 2 pictures"), "{ran:?}");
}

#[test]
fn a_table_without_its_metadata_still_says_whose_pixels_its_embeddings_are_of() {
    let workspace = Workspace::new();
    two_pictures(&workspace);
    let quantize =
        ["quantize", "../hub", "--dtype", "q8_0", "-o", "chosen.gguf", "--preprocessor", "torchvision"];
    assert_eq!(workspace.run(&quantize).code, Some(0));
    // A folder's weights stand for Pillow's pixels, a file's for its own choice.
    for (model, own, other) in [("../hub", "pillow", "torchvision"), ("chosen.gguf", "torchvision", "pillow")]
    {
        for (kept, wanted) in [(own, other), (other, own)] {
            let ran = evaluated(&workspace, model, "data", &["--fresh", "--preprocessor", kept]);
            let hash = ran.json()["weights_sha256"].as_str().unwrap().to_owned();
            assert_eq!(hash.len(), 64, "{ran:?}");
            let table = fs::read_to_string(workspace.work().join("kept.csv")).unwrap();
            let expected = if kept == own { hash } else { format!("{hash}+{other}") };
            assert!(table.contains(&format!(",{expected},")), "{table}");
            fs::remove_file(workspace.work().join("kept.csv-metadata.json")).unwrap();
            assert_refused(&evaluated(&workspace, model, "data", &["--preprocessor", wanted]));
            let words =
                ["eval", "--json", "--model", model, "kept.npy", "--resamples", "10", "--preprocessor"];
            assert_refused(&workspace.run(&[&words[..], &[wanted]].concat()));
            assert_eq!(workspace.run(&[&words[..], &[kept]].concat()).json()["preprocessor"], kept);
        }
    }
}

#[test]
fn a_comparison_says_whose_pixels_each_of_its_runs_had() {
    let workspace = Workspace::new();
    two_pictures(&workspace);
    let mut configs = Vec::new();
    for name in ["pillow", "torchvision"] {
        let ran = evaluated(&workspace, "../hub", "data", &["--fresh", "--preprocessor", name]);
        fs::write(workspace.work().join(format!("{name}.json")), &ran.out).unwrap();
        configs.push(ran.json()["config_sha256"].clone());
    }
    let compared = workspace.run(&["compare", "--json", "pillow.json", "torchvision.json"]).json();
    for (run, name) in ["pillow", "torchvision"].into_iter().enumerate() {
        assert_eq!(compared["runs"][run]["preprocessor"], name, "{compared}");
        assert_eq!(compared["runs"][run]["config_sha256"], configs[run], "{compared}");
    }
    assert_ne!(configs[0], configs[1]);
}

#[test]
fn a_record_that_names_the_pixels_which_the_class_means_anyway_changes_nothing() {
    let workspace = Workspace::new();
    two_pictures(&workspace);
    assert_eq!(evaluated(&workspace, "../hub", "data", &[]).code, Some(0));
    fs::write(workspace.hub().join("record.json"), r#"{ "preprocessor": "pillow" }"#).unwrap();
    for options in [&[][..], &["--preprocessor", "pillow"]] {
        let ran = evaluated(&workspace, "../hub", "data", options);
        assert!(ran.code == Some(0) && ran.err.contains("resumed 2 of 2 pictures"), "{ran:?}");
    }
    let quantized = |options: &[&str]| {
        let words = ["quantize", "../hub", "--dtype", "q8_0", "-o", "made.gguf"];
        let ran = workspace.run(&[&words[..], options].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        fs::read(workspace.work().join("made.gguf")).unwrap()
    };
    assert!(quantized(&[]) == quantized(&["--preprocessor", "pillow"]));
}

#[test]
fn what_torchvision_cannot_do_is_refused_where_its_pixels_are_chosen_and_only_there() {
    let workspace = Workspace::new();
    let file = workspace.hub().join("preprocessor_config.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    json["image_processor_type"] = "CLIPImageProcessorFast".into();
    json["resample"] = 4.into();
    fs::write(&file, json.to_string()).unwrap();
    let image = picture();
    let ran = workspace.run(&["embed", "--json", "--model", "../hub", "--image", &image]);
    assert!(ran.failure().contains("preprocessor \"pillow\""), "{ran:?}");
    let ran = workspace.run(&["inspect", "../hub", "--json"]);
    assert!(ran.code == Some(0) && ran.json()["preprocessor"].is_null(), "{ran:?}");
    assert!(ran.json()["preprocessor_error"].as_str().unwrap().contains("resample"), "{ran:?}");
    let ran = workspace.run(&["inspect", "../hub"]);
    assert!(String::from_utf8_lossy(&ran.out).contains("cannot be given pictures: "), "{ran:?}");
    // The error's advice helps, by the option and by the record.
    let pillow = embedding(&workspace, "../hub", &["--preprocessor", "pillow"], "pillow");
    fs::write(workspace.hub().join("record.json"), r#"{ "preprocessor": "pillow" }"#).unwrap();
    assert_eq!(embedding(&workspace, "../hub", &[], "pillow"), pillow);
}

#[test]
fn a_copy_with_other_pixels_drops_what_was_measured_with_the_old_ones() {
    let workspace = Workspace::new();
    let record = r#"{ "name": "measured", "neutral_cosine": 0.25, "fidelity": { "flips": 0 } }"#;
    fs::write(workspace.work().join("record.json"), record).unwrap();
    let copied = |source: &str, options: &[&str], output: &str| {
        let words = ["quantize", source, "--dtype", "q8_0", "-o", output];
        assert_eq!(workspace.run(&[&words[..], options].concat()).code, Some(0));
        workspace.run(&["inspect", "--json", output]).json()["record"].clone()
    };
    copied("../hub", &[], "plain.gguf");
    let measured = copied("plain.gguf", &["--record", "record.json"], "measured.gguf");
    assert_eq!((&measured["fidelity"]["flips"], &measured["neutral_cosine"]), (&0.0.into(), &0.25.into()));
    assert_eq!(copied("measured.gguf", &["--preprocessor", "pillow"], "same.gguf"), measured);
    let other = copied("measured.gguf", &["--preprocessor", "torchvision"], "other.gguf");
    assert_eq!(other["name"], "measured");
    assert!(
        other["fidelity"].as_object().unwrap().is_empty() && other["neutral_cosine"].is_null(),
        "{other}"
    );
}

#[test]
fn a_repository_in_another_form_is_refused_with_one_piece_of_advice() {
    let workspace = Workspace::new();
    fs::rename(workspace.hub().join("model.safetensors"), workspace.hub().join("model.onnx")).unwrap();
    let hub = Hub::serve(workspace.hub(), |_| Fault::default());
    let ran = workspace.inspect(&hub.url);
    assert!(ran.err.trim_end().ends_with("instead"), "{ran:?}");
    fs::remove_file(workspace.hub().join("model.onnx")).unwrap();
    let ran = workspace.inspect(&hub.url);
    assert!(ran.err.contains(": expected a checkpoint of CLIP or SigLIP"), "{ran:?}");
}
