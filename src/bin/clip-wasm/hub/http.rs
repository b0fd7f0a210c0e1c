//! Downloads files over HTTP, and resumes them when the connection breaks.

use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

use clip_wasm::{Error, Result};
use ureq::Agent;

use super::answer::{self, Answer, Trouble};
use super::origin::{self, Origin};
use super::remote::{Remote, failed};
use crate::output;

/// Tries in a row that bring next to nothing, before giving up; the pause before each is twice that before the last.
const TRIES: u32 = 6;
/// How many times a host is asked that has never answered: its address may be wrong.
const FIRST_TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// Bytes that a try has to bring to count as one that went on.
const PROGRESS: u64 = 1 << 16;
/// How long a host may take to begin an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may bring nothing, or less than [`DRIP`] bytes. HF_HUB_DOWNLOAD_TIMEOUT is another number of
/// seconds.
const SILENCE: Duration = Duration::from_secs(15);
const DRIP: u64 = 1 << 10;
/// The longest wait that a host may ask for. A longer wait is an error, so that the user can try again later.
const LONGEST_WAIT: Duration = Duration::from_secs(90);
/// A wait that is worth telling.
const TOLD_WAIT: Duration = Duration::from_secs(5);
/// Redirections of one request, one after the other, at most.
const REDIRECTS: usize = 10;
/// The longest small file that is read: tokenizers take some megabytes.
const MAX_SMALL: u64 = 100 << 20;
const CHUNK: usize = 1 << 18;

/// How far a file has come.
struct Position {
    /// Offset of the next byte.
    at: u64,
    /// Whether the host can begin in the middle of a file; false once it has answered such a request with nonsense.
    ranges: bool,
    /// The ETag of the first answer.
    etag: Option<String>,
    has_answered: bool,
}

/// A client of one hub and of the hosts that it redirects to.
pub struct Http {
    agent: Agent,
    hub: Origin,
    /// HF_TOKEN, which goes to the hub alone.
    token: Option<String>,
    silence: Duration,
}

impl Http {
    /// A client of the hub at `endpoint`.
    ///
    /// # Errors
    /// `Download` if the endpoint is no address, or HF_TOKEN nothing that can be sent.
    pub fn new(endpoint: &str) -> Result<Self> {
        let hub = Origin::of(endpoint).ok_or_else(|| {
            let problem = "HF_ENDPOINT: expected an address such as https://huggingface.co";
            Error::Download { url: endpoint.to_owned(), problem: problem.to_owned() }
        })?;
        let seconds = std::env::var("HF_HUB_DOWNLOAD_TIMEOUT").ok().and_then(|text| text.trim().parse().ok());
        let silence = seconds.filter(|seconds| *seconds > 0).map_or(SILENCE, Duration::from_secs);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirections are followed here, where the token is.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE.max(silence)))
            .timeout_per_read(Some(silence))
            .accept_encoding("identity")
            .user_agent(concat!("clip-wasm/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), hub, token: token()?, silence })
    }

    /// A small file as a whole.
    ///
    /// # Errors
    /// `Download`.
    pub fn read(&self, file: &Remote) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        self.stream(file, 0, &mut |bytes| {
            whole.extend_from_slice(bytes);
            if whole.len() as u64 <= MAX_SMALL {
                return Ok(());
            }
            Err(failed(file, format!("it has more than {MAX_SMALL} bytes")))
        })?;
        Ok(whole)
    }

    /// Gives `sink` the bytes of a file from `start` on.
    ///
    /// # Errors
    /// `Download`, and what `sink` returns.
    pub fn stream(&self, file: &Remote, start: u64, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut position = Position { at: start, ranges: true, etag: None, has_answered: false };
        let mut failures = 0;
        loop {
            let before = position.at;
            let (problem, asked) = match self.attempt(file, &mut position, sink) {
                Ok(()) => return Ok(()),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::NoRange(problem)) if position.ranges => {
                    position.ranges = false;
                    (problem, Some(Duration::ZERO))
                }
                Err(Trouble::NoRange(problem)) => return Err(failed(file, problem)),
                Err(Trouble::Passing(problem, asked)) => (problem, asked),
            };
            failures = if position.at - before >= PROGRESS { 1 } else { failures + 1 };
            if failures >= if position.has_answered { TRIES } else { FIRST_TRIES } {
                return Err(failed(file, problem));
            }
            let pause = asked.unwrap_or(FIRST_PAUSE * 2u32.pow(failures - 1));
            if pause > LONGEST_WAIT {
                let seconds = pause.as_secs();
                return Err(failed(file, format!("{problem}, and asks to wait {seconds} s: try again then")));
            }
            if pause >= TOLD_WAIT {
                output::note(format!("{}: {problem}; the next try is in {} s", file.shown, pause.as_secs()));
            }
            thread::sleep(pause);
        }
    }

    /// One request, from the position on, which moves with what comes.
    fn attempt(
        &self,
        file: &Remote,
        position: &mut Position,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> std::result::Result<(), Trouble> {
        let range = (position.at > 0 && position.ranges).then_some(position.at);
        let response = self.ask(file, range)?;
        position.has_answered = true;
        let Answer { total, begins, etag } = answer::check(file, &response, range, self.token.is_some())?;
        if !file.is_hashed && position.at > 0 && position.etag.is_some() && position.etag != etag {
            let problem = "it was replaced on the host during the download: run the command again".to_owned();
            return Err(Trouble::Final(failed(file, problem)));
        }
        position.etag = etag;
        let mut to_skip = position.at - begins;
        let mut reader = response.into_body().into_reader();
        let mut buffer = vec![0; CHUNK];
        let (mut since, mut dripped) = (Instant::now(), 0);
        loop {
            let count = reader.read(&mut buffer).map_err(|error| self.broken(&error))?;
            if count == 0 {
                break;
            }
            let skipped = to_skip.min(count as u64);
            to_skip -= skipped;
            let fresh = &buffer[skipped as usize..count];
            if file.bytes > 0 && position.at + fresh.len() as u64 > file.bytes {
                return Err(Trouble::Final(failed(file, format!("it is longer than {} bytes", file.bytes))));
            }
            sink(fresh).map_err(Trouble::Final)?;
            position.at += fresh.len() as u64;
            dripped += count as u64;
            if since.elapsed() > self.silence {
                if dripped < DRIP {
                    return Err(self.silent());
                }
                (since, dripped) = (Instant::now(), 0);
            }
        }
        match total.unwrap_or(file.bytes) {
            total if total > position.at => {
                let problem = format!("the connection ended after {} of {total} bytes", position.at);
                Err(Trouble::Passing(problem, None))
            }
            _ => Ok(()),
        }
    }

    /// Sends one request, and those that its answers redirect to.
    fn ask(&self, file: &Remote, range: Option<u64>) -> std::result::Result<answer::Response, Trouble> {
        let mut url = file.url.clone();
        for _ in 0..REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(from) = range {
                request = request.header("range", format!("bytes={from}-"));
            }
            if let Some(token) = self.token.as_ref().filter(|_| Origin::of(&url).as_ref() == Some(&self.hub))
            {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let response = request.call().map_err(|error| self.unanswered(file, &error))?;
            let Some(place) = answer::redirection(&response) else { return Ok(response) };
            url = origin::join(&url, place).map_err(|problem| Trouble::Final(failed(file, problem)))?;
        }
        let problem = format!("the host redirected {REDIRECTS} times without sending the file");
        Err(Trouble::Final(failed(file, problem)))
    }

    fn unanswered(&self, file: &Remote, error: &ureq::Error) -> Trouble {
        match error {
            ureq::Error::Timeout(ureq::Timeout::PerRead) => self.silent(),
            ureq::Error::Timeout(_) => Trouble::Passing("the host does not answer".to_owned(), None),
            ureq::Error::HostNotFound => {
                let problem = "there is no such host, or no connection to the network".to_owned();
                Trouble::Passing(problem, None)
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => {
                Trouble::Final(failed(file, error.to_string()))
            }
            ureq::Error::Io(error) => self.broken(error),
            _ => Trouble::Passing(error.to_string(), None),
        }
    }

    fn broken(&self, error: &io::Error) -> Trouble {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match (error.kind(), cause) {
            (io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock, _) | (_, Some(ureq::Error::Timeout(_))) => {
                self.silent()
            }
            _ => Trouble::Passing(format!("the connection broke: {error}"), None),
        }
    }

    fn silent(&self) -> Trouble {
        Trouble::Passing(format!("the host sent nothing for {} s", self.silence.as_secs()), None)
    }
}

/// HF_TOKEN, if there is one.
fn token() -> Result<Option<String>> {
    let token = std::env::var("HF_TOKEN").unwrap_or_default().trim().to_owned();
    if token.chars().all(|c| c.is_ascii_graphic()) {
        return Ok((!token.is_empty()).then_some(token));
    }
    let problem =
        "expected an access token for the hub, found characters that are not allowed in a token".to_owned();
    Err(Error::Download { url: "HF_TOKEN".to_owned(), problem })
}
