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
mod pictures;
mod records;
mod wording;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use clip_wasm::Error;

/// Something could not be done.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    output::listen();
    let args = match args::Args::try_parse().and_then(args::Args::checked) {
        Ok(args) => args,
        Err(error) => return not_to_run(&error),
    };
    match commands::run(args.command, args.json) {
        Ok(0) => ExitCode::SUCCESS,
        // Each was told where it happened.
        Ok(_) => ExitCode::from(FAILED),
        Err(error) => failed(&error),
    }
}

/// Help and version are output like any other; what is wrong with the usage goes to stderr.
fn not_to_run(error: &clap::Error) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        let styled = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let text = if styled { text.ansi().to_string() } else { text.to_string() };
        // If stderr cannot be written, nothing can be reported.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
        return ExitCode::from(error.exit_code() as u8);
    }
    let styled = std::io::IsTerminal::is_terminal(&std::io::stdout());
    let text = if styled { text.ansi().to_string() } else { text.to_string() };
    match output::print(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    if let Error::Write { source } = error
        && source.kind() == ErrorKind::BrokenPipe
    {
        return ExitCode::from(output::end_as_a_reader_left());
    }
    output::note(wording::of(error));
    ExitCode::from(FAILED)
}
