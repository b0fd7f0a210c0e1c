//! Templates and the limits on labels.

use clip_wasm::Error;
use clip_wasm::text::{MAX_LABEL_CHARS, Template, check_labels};

fn labels(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn fill(template: &str, label: &str) -> String {
    Template::parse(template).unwrap().fill(label)
}

#[test]
fn a_label_replaces_every_placeholder() {
    assert_eq!(fill("a photo of a {}.", "dog"), "a photo of a dog.");
    assert_eq!(fill("{}, a kind of {}", "pug"), "pug, a kind of pug");
    assert_eq!(fill("{}", "two words"), "two words");
    assert_eq!(fill("a photo of {c}, {}.", "dog"), "a photo of dog, dog.");
}

#[test]
fn a_label_is_taken_character_for_character() {
    for label in ["$& $1 \\1 %s", "{}", "{c}", "{0}", "🐶\u{0}", ""] {
        assert_eq!(fill("a {}, {c}.", label), format!("a {label}, {label}."));
    }
}

#[test]
fn a_template_keeps_its_text() {
    let template = Template::parse("itap of {c} {}.").unwrap();
    assert_eq!(template.as_str(), "itap of {c} {}.");
}

#[test]
fn a_template_without_a_placeholder_is_named_in_the_error() {
    for text in ["", "a photo of a dog.", "a { }", "}{", "{label}"] {
        let error = Template::parse(text).unwrap_err();
        assert!(matches!(&error, Error::Template { template } if template == text), "{error}");
    }
}

#[test]
fn labels_that_say_something_are_accepted() {
    check_labels(&labels(&["dog", " cat ", "一只狗", "dog"])).unwrap();
    check_labels(&["é".repeat(MAX_LABEL_CHARS)]).unwrap();
}

#[test]
fn no_labels_at_all_are_refused() {
    assert!(matches!(check_labels(&[]), Err(Error::NoLabels)));
}

#[test]
fn a_blank_label_is_refused_by_its_place() {
    for blank in ["", " ", "\t\n", "\u{3000}"] {
        let error = check_labels(&labels(&["dog", blank])).unwrap_err();
        assert!(matches!(error, Error::EmptyLabel { index: 1 }), "{error}");
    }
}

#[test]
fn a_label_too_long_is_refused_with_its_length() {
    let error = check_labels(&["é".repeat(MAX_LABEL_CHARS + 1)]).unwrap_err();
    assert!(matches!(error, Error::LongLabel { index: 0, chars: 1_001, max: 1_000 }), "{error}");
}
