//! Writes the JavaScript side of a WebAssembly build: what `wasm-bindgen --target web` does, without what its command line
//! compiles beside, a test runner with a web server.
//!
//! usage: `bind FILE.wasm FOLDER`

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder] = &arguments[..] else {
        eprintln!("usage: bind FILE.wasm FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(file).typescript(true).remove_name_section(true).remove_producers_section(true);
    bindgen.omit_default_module_path(false); // the script finds its module beside it
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bind: {file}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
