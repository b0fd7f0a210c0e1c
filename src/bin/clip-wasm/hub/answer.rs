//! The response of a host: whether it contains the requested file, and at which byte it starts.

use std::time::{Duration, SystemTime};

use clip_wasm::Error;
use ureq::Body;
use ureq::http::{HeaderName, StatusCode, header};

use super::remote::{Remote, failed};

pub type Response = ureq::http::Response<Body>;

/// What goes wrong with one request.
pub enum Trouble {
    /// A failure that may pass: a broken connection, or a busy host, which may say how long to wait.
    Passing(String, Option<Duration>),
    /// The host cannot begin in the middle of a file.
    NoRange(String),
    Final(Error),
}

/// What an answer says of the file.
pub struct Answer {
    /// Bytes of all of it, where the host tells.
    pub total: Option<u64>,
    /// The place of the answer's first byte in it.
    pub begins: u64,
    pub etag: Option<String>,
}

/// Where an answer sends the client instead.
pub fn redirection(response: &Response) -> Option<&str> {
    let is_redirection = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    text(response, header::LOCATION).filter(|_| is_redirection)
}

/// Only 200 and 206 count, a web page never does, and the size has to be the one expected. `range` is the place from
/// which on the file was asked for.
///
/// # Errors
/// What to do about it.
pub fn check(
    file: &Remote,
    response: &Response,
    range: Option<u64>,
    has_token: bool,
) -> Result<Answer, Trouble> {
    let refused = |problem: String| Trouble::Final(failed(file, problem));
    let status = response.status();
    match status.as_u16() {
        200 | 206 => {}
        408 | 425 | 429 | 500 | 502 | 503 | 504 => {
            return Err(Trouble::Passing(busy(status), asked_to_wait(response)));
        }
        416 if range.is_some() => return Err(Trouble::NoRange(format!("the host answered {status}"))),
        _ => return Err(refused(refusal(response, has_token))),
    }
    if text(response, header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
    {
        let problem = "the host answered with a web page, expected a file of a model: the network may require \
                       signing in first, or HF_ENDPOINT may not name a hub";
        return Err(refused(problem.to_owned()));
    }
    let length = text(response, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let (total, begins) = if status == StatusCode::PARTIAL_CONTENT {
        let range = range.unwrap_or(0);
        let found = text(response, header::CONTENT_RANGE).unwrap_or_default();
        if !found.starts_with(&format!("bytes {range}-")) {
            let problem =
                format!("the host answered with the range {found:?}, expected bytes from {range} on");
            return Err(Trouble::NoRange(problem));
        }
        (found.rsplit('/').next().and_then(|total| total.parse().ok()), range)
    } else {
        (length, 0)
    };
    match total {
        Some(total) if file.bytes > 0 && total != file.bytes => {
            Err(refused(format!("it has {total} bytes, expected {}", file.bytes)))
        }
        _ => Ok(Answer { total, begins, etag: text(response, header::ETAG).map(str::to_owned) }),
    }
}

/// How long a host asks to wait: it says seconds, or until when by its own clock.
fn asked_to_wait(response: &Response) -> Option<Duration> {
    let asked = text(response, header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(response, header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let until = httpdate::parse_http_date(asked).ok()?;
    until.duration_since(now.unwrap_or_else(SystemTime::now)).ok()
}

fn busy(status: StatusCode) -> String {
    match status.as_u16() {
        429 => "the host has received too many requests (429)".to_owned(),
        _ => format!("the host answered {status}"),
    }
}

/// What a host's no means, and what to do.
fn refusal(response: &Response, has_token: bool) -> String {
    let code = text(response, HeaderName::from_static("x-error-code")).unwrap_or_default();
    let status = response.status().as_u16();
    let token = if has_token {
        "the token in HF_TOKEN has no access to it"
    } else {
        "set HF_TOKEN to a token of an account that has access"
    };
    match (status, code) {
        (_, "RevisionNotFound") => {
            "the repository has no such revision: expected a branch, a tag or a commit after the @".to_owned()
        }
        (_, "GatedRepo") | (403, _) => {
            format!("access to it is restricted ({status}): accept its terms on its page; {token}")
        }
        (401, _) => format!(
            "the host requires an account (401): there is no repository of this name, or it is private or \
             gated; {token}"
        ),
        (404, _) => "the host does not have it (404): check the spelling of owner/name[@revision]".to_owned(),
        _ => format!("the host answered {}, expected 200 and the file", response.status()),
    }
}

fn text(response: &Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}
