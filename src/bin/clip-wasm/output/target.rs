//! A file to be written, completely or not at all, at the place that its path leads to.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};
use tempfile::{Builder, NamedTempFile};

use super::signals;

/// Symbolic links that are followed, one after the other, at most.
const MOST_LINKS: usize = 40;

/// Where something is to be written. Making one looks whether that is possible, before the work.
#[derive(Debug)]
pub struct Target {
    /// The path as the user wrote it.
    path: PathBuf,
    place: TargetKind,
}

#[derive(Debug)]
enum TargetKind {
    /// A file, there or not: written aside, then put in its place.
    File { real: PathBuf, before: Option<Metadata> },
    /// A pipe or a device, which is written into.
    Stream,
}

impl Target {
    /// # Errors
    /// `File` for a folder, a place without a folder around it, or one that may not be written.
    pub fn new(path: &Path) -> Result<Self> {
        let place = place(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        let target = Self { path: path.to_owned(), place };
        if let TargetKind::File { real, .. } = &target.place {
            // Shows at once that the folder takes files.
            drop(aside(real).map_err(|source| target.failed(source))?);
        }
        Ok(target)
    }

    /// As the user calls it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the name leads to; `None` for a pipe or a device.
    pub fn real(&self) -> Option<&Path> {
        match &self.place {
            TargetKind::File { real, .. } => Some(real),
            TargetKind::Stream => None,
        }
    }

    /// Writes everything.
    ///
    /// # Errors
    /// `File`; then nothing has changed, except in a pipe or a device.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        self.write_with(|out| out.write_all(bytes).map_err(|source| self.failed(source)))
    }

    /// Writes what `fill` writes, and gives what it returns.
    ///
    /// # Errors
    /// As [`Target::write`], and what `fill` returns.
    pub fn write_with<T>(&self, fill: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
        let failed = |source| self.failed(source);
        let TargetKind::File { real, .. } = &self.place else {
            let mut stream = OpenOptions::new().append(true).open(&self.path).map_err(failed)?;
            let filled = fill(&mut stream)?;
            stream.flush().map_err(failed)?;
            return Ok(filled);
        };
        let mut file = Guarded(aside(real).map_err(failed)?);
        signals::guard(file.0.path());
        let filled = fill(file.0.as_file_mut())?;
        file.0.as_file().sync_all().map_err(failed)?;
        self.dress(file.0.path()).map_err(failed)?;
        // What is renamed is no temporary file any more; dropping it removes nothing.
        fs::rename(file.0.path(), real).map_err(failed)?;
        Ok(filled)
    }

    /// Puts a finished file in its place, or copies it into the pipe or the device.
    ///
    /// # Errors
    /// `File`.
    pub fn adopt(&self, finished: &Path) -> Result<()> {
        let failed = |source| self.failed(source);
        let TargetKind::File { real, .. } = &self.place else {
            let mut from = File::open(finished).map_err(failed)?;
            return self.write_with(|stream| {
                io::copy(&mut from, stream).map_err(failed)?;
                Ok(())
            });
        };
        self.dress(finished).and_then(|()| fs::rename(finished, real)).map_err(failed)
    }

    /// Gives a file the modes and the owner of the one whose place it takes.
    fn dress(&self, file: &Path) -> io::Result<()> {
        let TargetKind::File { before: Some(before), .. } = &self.place else { return Ok(()) };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Only root can give files away; for anybody else the new file is theirs.
            let _ = std::os::unix::fs::chown(file, Some(before.uid()), Some(before.gid()));
        }
        fs::set_permissions(file, before.permissions())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File { path: self.path.clone(), source }
    }
}

/// A temporary file that no signal has to remove any more once it is dropped.
struct Guarded(NamedTempFile);

impl Drop for Guarded {
    fn drop(&mut self) {
        signals::release(self.0.path());
    }
}

/// What the name leads to.
fn place(path: &Path) -> io::Result<TargetKind> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder, expected the name of a file to write",
        )),
        Ok(found) if !found.is_file() || is_open_already(path) => Ok(TargetKind::Stream),
        Ok(before) => {
            // A file that may not be written is not to be replaced either.
            OpenOptions::new().write(true).open(path)?;
            Ok(TargetKind::File { real: fs::canonicalize(path)?, before: Some(before) })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let real = follow(path)?;
            let folder = folder_of(&real);
            if !folder.is_dir() {
                let problem = format!("there is no folder {}", folder.display());
                return Err(io::Error::new(io::ErrorKind::NotFound, problem));
            }
            Ok(TargetKind::File { real, before: None })
        }
        Err(error) => Err(error),
    }
}

/// Whether a name is that of a file that this program has open, such as its standard output.
fn is_open_already(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc"]
        .iter()
        .any(|known| path.starts_with(known))
}

/// The end of a chain of symbolic links, where nothing is yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut real = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&real) {
            Ok(to) => real = folder_of(&real).join(to),
            Err(_) => return Ok(real),
        }
    }
    Err(io::Error::other("its symbolic links form a loop"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file of its own name beside `real`, removed when it is dropped.
fn aside(real: &Path) -> io::Result<NamedTempFile> {
    if real.file_name().is_none() {
        let problem = "it names no file, expected the name of a file to write";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let mut builder = Builder::new();
    builder.prefix(".clip-wasm-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the umask leaves of it, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder_of(real))
}
