//! Sets `drawings` where the second embedded model is: in the repository, not in the crate, whose size crates.io limits.

fn main() {
    const DRAWINGS: &str = "models/emoji-clip.gguf";
    println!("cargo::rustc-check-cfg=cfg(drawings)");
    println!("cargo::rerun-if-changed={DRAWINGS}");
    if std::path::Path::new(DRAWINGS).exists() {
        println!("cargo::rustc-cfg=drawings");
    }
}
