//! The origins of addresses, and where a redirect leads.

use ureq::http::Uri;

/// Scheme, host and port: what a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address of http or https.
    pub fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host()?.to_ascii_lowercase();
        Some(Self { port: uri.port_u16().unwrap_or(usual), scheme, host })
    }
}

/// The address that `place` means in an answer to a request for `url`.
///
/// # Errors
/// What is wrong with it: another scheme, or one that gives up encryption.
pub fn join(url: &str, place: &str) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let folder = path.split('?').next().unwrap_or_default().rsplit_once('/').map_or("", |(folder, _)| folder);
    let joined = if place.contains("://") {
        place.to_owned()
    } else if place.starts_with("//") {
        format!("{scheme}:{place}")
    } else if place.starts_with('/') {
        format!("{scheme}://{authority}{place}")
    } else {
        format!("{scheme}://{authority}{folder}/{place}")
    };
    match (Origin::of(url), Origin::of(&joined)) {
        (_, None) => Err(format!("the host redirected to {joined:?}, expected an address of http or https")),
        (Some(from), Some(to)) if from.scheme == "https" && to.scheme == "http" => {
            Err(format!("the host redirected to {joined:?}, which is not encrypted"))
        }
        _ => Ok(joined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(Origin::of("https://Hub.example/a"), Origin::of("https://hub.example:443/b?c"));
        for other in ["http://hub.example", "https://hub.example:8443", "https://cdn.hub.example"] {
            assert_ne!(Origin::of("https://hub.example"), Origin::of(other));
        }
        assert_eq!(
            [Origin::of("ftp://hub.example"), Origin::of("hub.example"), Origin::of("")],
            [None, None, None]
        );
    }

    #[test]
    fn redirections_are_relative_to_the_request() {
        let from = "https://hub.example/owner/name/resolve/main/a.bin?download=true";
        let to = |place| join(from, place).unwrap();
        assert_eq!(to("https://cdn.example/x?y=//z"), "https://cdn.example/x?y=//z");
        assert_eq!(to("//cdn.example/x"), "https://cdn.example/x");
        assert_eq!(to("/cdn/x"), "https://hub.example/cdn/x");
        assert_eq!(to("b.bin"), "https://hub.example/owner/name/resolve/main/b.bin");
        assert!(join(from, "http://cdn.example/x").unwrap_err().contains("not encrypted"));
        assert!(join(from, "file:///etc/passwd").is_err());
    }
}
