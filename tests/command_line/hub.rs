//! A hub on this machine with Hugging Face's layout, which misbehaves as it is told.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use clip_wasm::weights::hexadecimal;
use sha2::{Digest, Sha256};

/// The commit that every revision names.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const PIECE: usize = 1 << 14;

/// One request for a file (`about` for the list of files).
#[derive(Clone, Debug)]
pub struct Asked {
    pub file: String,
    pub path: String,
    pub range: Option<usize>,
    pub authorization: Option<String>,
    /// How many requests for this file came before.
    pub before: usize,
}

/// What goes wrong with one answer.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// This status and these headers instead of the file.
    pub status: Option<(u16, String)>,
    /// The connection ends after so many bytes.
    pub cut: Option<usize>,
    /// The connection falls silent after so many bytes.
    pub silent: Option<usize>,
    /// Milliseconds before each piece.
    pub pace: u64,
    /// A web page, with 200.
    pub html: bool,
    /// The whole file, with 200, whatever was asked for.
    pub no_range: bool,
    /// Content-Range as this, or none where it is empty.
    pub content_range: Option<String>,
    /// No Content-Length.
    pub no_length: bool,
    /// In chunks.
    pub chunked: bool,
    /// So many bytes more than there are.
    pub longer: usize,
    /// Each byte has its last bit turned from here on.
    pub damage: Option<usize>,
    pub etag: Option<String>,
    pub gzip: bool,
}

type Behaviour = dyn Fn(&Asked) -> Fault + Send + Sync;

/// The hub; it ends with the test program.
pub struct Hub {
    pub url: String,
    state: Arc<State>,
}

struct State {
    folder: PathBuf,
    behaviour: Mutex<Arc<Behaviour>>,
    log: Mutex<Vec<Asked>>,
    /// Bytes of bodies, by file.
    served: Mutex<HashMap<String, usize>>,
    /// Whether the list of files tells the weights' hash.
    tells_hashes: bool,
}

impl Hub {
    /// Serves the folder's files as every repository's.
    pub fn serve(folder: PathBuf, behaviour: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> Self {
        Self::start(folder, true, behaviour)
    }

    /// The same without hashes.
    pub fn without_hashes(
        folder: PathBuf,
        behaviour: impl Fn(&Asked) -> Fault + Send + Sync + 'static,
    ) -> Self {
        Self::start(folder, false, behaviour)
    }

    fn start(
        folder: PathBuf,
        tells_hashes: bool,
        behaviour: impl Fn(&Asked) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(State {
            folder,
            behaviour: Mutex::new(Arc::new(behaviour)),
            log: Mutex::default(),
            served: Mutex::default(),
            tells_hashes,
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that leaves is no failure of the hub's.
                thread::spawn(move || drop(state.answer(stream)));
            }
        });
        Self { url, state }
    }

    /// Misbehaves otherwise from now on.
    pub fn behave(&self, behaviour: impl Fn(&Asked) -> Fault + Send + Sync + 'static) {
        *self.state.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    /// Everything that was asked for.
    pub fn log(&self) -> Vec<Asked> {
        self.state.log.lock().unwrap().clone()
    }

    /// Bytes of a file's body that went out.
    pub fn served(&self, file: &str) -> usize {
        self.state.served.lock().unwrap().get(file).copied().unwrap_or(0)
    }
}

impl State {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut range, mut authorization) = (None, None);
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
            let (name, value) = header.trim().split_once(':').unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "range" => {
                    range = value.trim().trim_start_matches("bytes=").trim_end_matches('-').parse().ok()
                }
                "authorization" => authorization = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let file =
            if path.starts_with("/api/models/") { "about" } else { path.rsplit('/').next().unwrap_or("") };
        let file = file.to_owned();
        let before = self.log.lock().unwrap().iter().filter(|asked| asked.file == file).count();
        let asked = Asked { file, path, range, authorization, before };
        self.log.lock().unwrap().push(asked.clone());
        let behaviour = Arc::clone(&self.behaviour.lock().unwrap());
        let fault = behaviour(&asked);
        self.send(&mut stream, &asked, &fault)?;
        stream.shutdown(Shutdown::Write)
    }

    fn send(&self, stream: &mut TcpStream, asked: &Asked, fault: &Fault) -> std::io::Result<()> {
        if let Some((status, headers)) = &fault.status {
            return write!(
                stream,
                "HTTP/1.1 {status} No\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
        if fault.html {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 7\r\nconnection: close\r\n\r\n";
            return write!(stream, "{head}Sign in");
        }
        let whole = match asked.file.as_str() {
            "about" => self.listing().into_bytes(),
            file => match fs::read(self.folder.join(file)) {
                Ok(bytes) => bytes,
                Err(_) => {
                    return write!(
                        stream,
                        "HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    );
                }
            },
        };
        let begin = asked.range.filter(|_| !fault.no_range);
        let mut body = whole[begin.unwrap_or(0).min(whole.len())..].to_vec();
        if let Some(damage) = fault.damage {
            let from = damage.saturating_sub(begin.unwrap_or(0)).min(body.len());
            body[from..].iter_mut().for_each(|byte| *byte ^= 1);
        }
        body.resize(body.len() + fault.longer, 0);
        if fault.gzip && begin.is_none() {
            body = gzip(&body);
        }
        let mut head = format!(
            "HTTP/1.1 {}\r\nconnection: close\r\n",
            if begin.is_some() { "206 Part" } else { "200 OK" }
        );
        match (&fault.content_range, begin) {
            (Some(range), Some(_)) if range.is_empty() => {}
            (Some(range), Some(_)) => head += &format!("content-range: {range}\r\n"),
            (None, Some(begin)) => {
                head += &format!("content-range: bytes {begin}-{}/{}\r\n", whole.len() - 1, whole.len());
            }
            _ => {}
        }
        if fault.chunked {
            head += "transfer-encoding: chunked\r\n";
        } else if !fault.no_length {
            head += &format!("content-length: {}\r\n", body.len());
        }
        if fault.gzip && begin.is_none() {
            head += "content-encoding: gzip\r\n";
        }
        if let Some(etag) = &fault.etag {
            head += &format!("etag: {etag}\r\n");
        }
        write!(stream, "{head}\r\n")?;
        let end = fault.cut.or(fault.silent).unwrap_or(body.len()).min(body.len());
        for piece in body[..end].chunks(PIECE) {
            thread::sleep(Duration::from_millis(fault.pace));
            if fault.chunked {
                write!(stream, "{:x}\r\n", piece.len())?;
            }
            stream.write_all(piece)?;
            if fault.chunked {
                write!(stream, "\r\n")?;
            }
            *self.served.lock().unwrap().entry(asked.file.clone()).or_default() += piece.len();
        }
        if fault.silent.is_some() {
            // Until the client has had enough.
            let _ = stream.read(&mut [0]);
        } else if fault.chunked && fault.cut.is_none() {
            write!(stream, "0\r\n\r\n")?;
        }
        Ok(())
    }

    fn listing(&self) -> String {
        let mut siblings = Vec::new();
        for entry in fs::read_dir(&self.folder).expect("the folder").flatten() {
            let name = entry.file_name().into_string().expect("a plain name");
            let bytes = fs::read(entry.path()).expect("a file");
            let sha256 = hexadecimal(&Sha256::digest(&bytes));
            let large = name.ends_with(".safetensors") && self.tells_hashes;
            siblings.push(match large {
                true => serde_json::json!({ "rfilename": name, "size": bytes.len(), "lfs": { "sha256": sha256, "size": bytes.len() } }),
                false => serde_json::json!({ "rfilename": name, "size": bytes.len() }),
            });
        }
        serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string()
    }
}

/// gzip without compression: stored blocks (RFC 1951, 1952).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        out.push(blocks.peek().is_none().into());
        out.extend((block.len() as u16).to_le_bytes());
        out.extend((!(block.len() as u16)).to_le_bytes());
        out.extend(block);
    }
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    out.extend((!crc).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}
