//! The command `clip-wasm`: the library's verbs over files.
//!
//! Exit code 0 if all went well, 1 with one line on stderr if not, 2 for bad usage.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod dataset;
mod hub;
mod model;
mod output;
mod records;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(args.command, args.json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clip-wasm: {error}");
            ExitCode::FAILURE
        }
    }
}
