//! Signals: unfinished files are removed before the program ends, and its exit status tells the signal.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Unfinished files, which are removed if the program is stopped.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a file removed if the program is stopped.
pub fn guard(path: &Path) {
    unfinished().push(path.to_owned());
}

/// The file is finished, or gone.
pub fn release(path: &Path) {
    unfinished().retain(|other| other != path);
}

/// Begins to listen. Without it (where the system has no signals, or refuses) the program ends at once, as usual.
#[cfg(unix)]
pub fn listen() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    // A file beyond the limit on sizes is then a failed write, with a message.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // One that is ignored stays so: `nohup`, and jobs in the background of a script, rely on it.
    let ignored = ignored();
    let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let Ok(mut signals) = Signals::new(wanted) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let files = unfinished();
            files.iter().for_each(|path| drop(std::fs::remove_file(path)));
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

/// The signals that are ignored, a bit each; those that may be where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(1 << (signal_hook::consts::SIGHUP - 1))
}

#[cfg(not(unix))]
pub fn listen() {}

/// Ends as programs do whose reader has left (`| head`): without a word.
#[cfg(unix)]
pub fn end_as_a_reader_left() -> u8 {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
    128 + signal_hook::consts::SIGPIPE as u8
}

#[cfg(not(unix))]
pub fn end_as_a_reader_left() -> u8 {
    0
}
