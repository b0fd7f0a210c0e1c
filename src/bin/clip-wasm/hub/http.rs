//! Files over HTTP, resumed where the connection breaks.

use std::io::Read;
use std::thread;
use std::time::Duration;

use clip_wasm::{Error, Result};
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

/// Tries without a byte of progress before giving up; the pause before each is twice that before the last.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// How long a host may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest small file that is read: tokenizers take some megabytes.
const MAX_SMALL: u64 = 100 << 20;
const CHUNK: usize = 1 << 18;

/// What goes wrong with one request.
enum Trouble {
    /// It may pass: a broken connection, a busy host.
    Passing(String),
    Final(Error),
}

/// A client of one host's files.
pub struct Http {
    agent: Agent,
}

impl Http {
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .user_agent(concat!("clip-wasm/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into() }
    }

    /// A small file as a whole.
    ///
    /// # Errors
    /// `Download`.
    pub fn read(&self, url: &str) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        self.stream(url, 0, 0, &mut |bytes| {
            whole.extend_from_slice(bytes);
            if whole.len() as u64 <= MAX_SMALL {
                return Ok(());
            }
            Err(failed(url, format!("it has more than {MAX_SMALL} bytes")))
        })?;
        Ok(whole)
    }

    /// Gives `sink` the bytes of a file from `start` on. It has `size` bytes, unless that is 0.
    ///
    /// # Errors
    /// `Download`, and what `sink` returns.
    pub fn stream(
        &self,
        url: &str,
        start: u64,
        size: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let (mut position, mut failures) = (start, 0);
        loop {
            let before = position;
            match self.attempt(url, &mut position, size, sink) {
                Ok(()) => return Ok(()),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Passing(problem)) => {
                    failures = if position > before { 1 } else { failures + 1 };
                    if failures == TRIES {
                        return Err(failed(url, problem));
                    }
                    thread::sleep(FIRST_PAUSE * 2u32.pow(failures - 1));
                }
            }
        }
    }

    /// One request, from `position` on, which moves with what comes.
    fn attempt(
        &self,
        url: &str,
        position: &mut u64,
        size: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> std::result::Result<(), Trouble> {
        let mut request = self.agent.get(url);
        if *position > 0 {
            request = request.header(header::RANGE, format!("bytes={position}-"));
        }
        let response = request.call().map_err(|error| Trouble::Passing(error.to_string()))?;
        let announced = check(url, &response, *position, size)?;
        let mut to_skip = if response.status() == StatusCode::PARTIAL_CONTENT { 0 } else { *position };
        let mut reader = response.into_body().into_reader();
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = reader.read(&mut buffer).map_err(|error| Trouble::Passing(error.to_string()))?;
            if count == 0 {
                break;
            }
            let skipped = to_skip.min(count as u64);
            to_skip -= skipped;
            let fresh = &buffer[skipped as usize..count];
            if size > 0 && *position + fresh.len() as u64 > size {
                return Err(Trouble::Final(failed(url, format!("it is longer than {size} bytes"))));
            }
            sink(fresh).map_err(Trouble::Final)?;
            *position += fresh.len() as u64;
        }
        match announced.unwrap_or(size) {
            total if total > *position => {
                Err(Trouble::Passing(format!("the connection ended after {position} of {total} bytes")))
            }
            _ => Ok(()),
        }
    }
}

/// Only 200 and 206 count, a web page never does, and the size has to be the one expected. Gives the size of
/// the whole file, where the host tells.
fn check(
    url: &str,
    response: &Response<Body>,
    position: u64,
    size: u64,
) -> std::result::Result<Option<u64>, Trouble> {
    let refused = |problem: String| Err(Trouble::Final(failed(url, problem)));
    let status = response.status();
    if matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504) {
        return Err(Trouble::Passing(format!("the host answered {status}")));
    }
    if status != StatusCode::OK && status != StatusCode::PARTIAL_CONTENT {
        return refused(format!("the host answered {status}, expected 200 and the file"));
    }
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if text(header::CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html")) {
        return refused("the host answered with a web page, expected a model file".into());
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let total = if status == StatusCode::PARTIAL_CONTENT {
        let range = text(header::CONTENT_RANGE).unwrap_or_default();
        if !range.starts_with(&format!("bytes {position}-")) {
            return refused(format!("the host answered with the range {range:?} instead of {position}-"));
        }
        range.rsplit('/').next().and_then(|total| total.parse().ok())
    } else {
        length.filter(|_| text(header::CONTENT_ENCODING).is_none())
    };
    match total {
        Some(total) if size > 0 && total != size => refused(format!("it has {total} bytes, expected {size}")),
        _ => Ok(total),
    }
}

fn failed(url: &str, problem: String) -> Error {
    Error::Download { url: url.to_owned(), problem }
}
