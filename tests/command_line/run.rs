//! Running the command, each time with a folder of its own for what it keeps.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::tiny_clip::TinyClip;

/// The name that the test hub's checkpoint is fetched by.
pub const NAME: &str = "owner/tiny";

/// A folder with a checkpoint for the hub, one for what is kept, and one for everything else.
pub struct Workspace {
    pub folder: TempDir,
}

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), out: output.stdout, err }
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The one line on stderr of a command that failed.
    pub fn failure(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(lines.len(), 1, "{self:?}");
        lines[0].strip_prefix("clip-wasm: ").expect("the program's name")
    }
}

impl Workspace {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for name in ["hub", "kept", "work"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let workspace = Self { folder };
        TinyClip::seeded(7).write_folder(&workspace.hub());
        workspace
    }

    /// The checkpoint's files.
    pub fn hub(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    /// CLIP_WASM_MODELS
    pub fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// The kept GGUF file.
    pub fn model(&self) -> PathBuf {
        self.kept().join("owner--tiny-q8_0.gguf")
    }

    /// The working directory.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The command with these words, without a network: where it asks for a hub, there is none.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clip-wasm"));
        command.args(words).current_dir(self.work());
        command
            .env_remove("HF_TOKEN")
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .env("CLIP_WASM_MODELS", self.kept());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().expect("the command runs"))
    }

    /// Looks at the model of the hub at `url`, which fetches it.
    pub fn inspect(&self, url: &str) -> Ran {
        let mut command = self.command(&["inspect", NAME, "--json"]);
        Ran::of(
            command.env("HF_ENDPOINT", url).env("HF_HUB_DOWNLOAD_TIMEOUT", "1").output().expect("it runs"),
        )
    }

    /// The GGUF file that the checkpoint makes, quantized from the folder.
    pub fn expected(&self) -> Vec<u8> {
        let made = self.folder.path().join("expected.gguf");
        let words = ["quantize", "../hub", "--dtype", "q8_0", "-o", "../expected.gguf"];
        assert_eq!(self.run(&words).code, Some(0));
        std::fs::read(made).unwrap()
    }

    /// Whether two GGUF files have the same data: they may name other sources before it.
    pub fn same_weights(&self, one: &Path, other: &Path) -> bool {
        let embed = |path: &Path| {
            let mut command =
                self.command(&["embed", "--text", "a cat", "--text", "a dog", "--json", "--model"]);
            command.arg(path);
            command.args(["--image", &picture()]);
            let ran = Ran::of(command.output().unwrap());
            assert_eq!(ran.code, Some(0), "{ran:?}");
            ran.out
        };
        embed(one) == embed(other)
    }

    /// What a run that ended well or badly must not leave beside its output.
    pub fn parts(&self, folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".part") || name.ends_with(".next")).collect()
    }
}

/// A sample picture of the page's.
pub fn picture() -> String {
    let samples = format!("{}/www/samples", env!("CARGO_MANIFEST_DIR"));
    let is_picture =
        |path: &PathBuf| path.extension().is_some_and(|end| end == "jpg" || end == "webp" || end == "png");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(samples).unwrap().flatten().map(|entry| entry.path()).filter(is_picture).collect();
    paths.sort();
    paths.first().expect("a sample").to_string_lossy().into_owned()
}
