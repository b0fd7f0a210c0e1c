//! The folder for unfinished conversions, with the lock that allows one process at a time to work there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};
use same_file::Handle;
use tempfile::TempDir;

use crate::output;

/// The files beside a target: `FILE.data`, which is locked, `FILE.state`, and `FILE.part` in the end.
#[derive(Debug)]
pub struct WorkFiles {
    pub data: File,
    base: PathBuf,
    /// Where nothing can be kept beside the target: removed in the end.
    folder: Option<TempDir>,
    /// Whether its files are gone, and others of their names may be somebody else's.
    is_cleared: bool,
    /// Whether another process had the lock.
    pub has_waited: bool,
}

impl WorkFiles {
    /// The work beside `real`, or in a folder of its own where the target is a pipe or a device. Waits, and says so,
    /// while another process is at it.
    ///
    /// # Errors
    /// `File`.
    pub fn begin(real: Option<&Path>) -> Result<Self> {
        match real {
            Some(real) => Self::beside(real.to_owned(), None),
            None => Self::apart("model.gguf".as_ref()),
        }
    }

    fn apart(name: &Path) -> Result<Self> {
        let failed = |source| Error::File { path: std::env::temp_dir(), source };
        let folder = TempDir::with_prefix("clip-wasm-").map_err(failed)?;
        Self::beside(folder.path().join(name), Some(folder))
    }

    fn beside(base: PathBuf, folder: Option<TempDir>) -> Result<Self> {
        let path = base.with_added_extension("data");
        let failed = |source| Error::File { path: path.clone(), source };
        let mut has_waited = false;
        loop {
            let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
            let data = open.map_err(failed)?;
            match data.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    output::note(format!(
                        "another clip-wasm process is already making {}: waiting for it",
                        base.display()
                    ));
                    has_waited = true;
                    data.lock().map_err(failed)?;
                }
                // A file system without locks: alone, then, and without going on later.
                Err(TryLockError::Error(_)) if folder.is_none() => {
                    return Self::apart(base.file_name().unwrap_or_default().as_ref());
                }
                Err(TryLockError::Error(_)) => {}
            }
            // The process before may have finished and removed the file whose lock this is now.
            let is_there = Handle::from_path(&path).ok();
            let ours = data.try_clone().and_then(Handle::from_file).map_err(failed)?;
            if is_there == Some(ours) {
                return Ok(Self { data, base, folder, is_cleared: false, has_waited });
            }
        }
    }

    /// Removes what a run that was ended in its last moment has left beside a finished file, unless one is at it.
    pub fn sweep(real: &Path) {
        let path = real.with_added_extension("data");
        let Ok(data) = OpenOptions::new().read(true).write(true).open(path) else { return };
        if data.try_lock().is_ok() {
            Self { data, base: real.to_owned(), folder: None, is_cleared: false, has_waited: false }.clear();
        }
    }

    /// Whether nothing of it is there for the next run.
    pub fn is_apart(&self) -> bool {
        self.folder.is_some()
    }

    /// `FILE.data`
    pub fn data_path(&self) -> PathBuf {
        self.base.with_added_extension("data")
    }

    /// `FILE.state`
    pub fn state_path(&self) -> PathBuf {
        self.base.with_added_extension("state")
    }

    /// `FILE.part`
    pub fn part_path(&self) -> PathBuf {
        self.base.with_added_extension("part")
    }

    /// `FILE.part`, which is removed if a signal stops the program from here on.
    pub fn begin_part(&self) -> PathBuf {
        output::guard(&self.part_path());
        self.part_path()
    }

    /// Removes unfinished files. Those that cannot be removed are resumed or ignored the next time.
    pub fn clear(&mut self) {
        self.is_cleared = true;
        let states = [self.state_path(), self.base.with_added_extension("json")]
            .map(|path| output::replacement(&path));
        for path in states.into_iter().chain([self.state_path(), self.part_path(), self.data_path()]) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for WorkFiles {
    fn drop(&mut self) {
        let is_empty = || self.data.metadata().is_ok_and(|data| data.len() == 0);
        if !self.is_cleared && is_empty() && !self.state_path().exists() {
            // Nothing came.
            self.clear();
        }
        output::release(&self.part_path());
    }
}
