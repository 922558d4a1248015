//! Who may ask: this server runs programs, so a page of another web site must
//! not reach it, neither from the reader's browser (cross-site requests) nor
//! under a name that it made point to 127.0.0.1 (DNS rebinding).

use anyhow::{Result, anyhow};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// The header that carries the token.
pub(crate) const TOKEN_HEADER: &str = "x-book-token";

/// What a request must prove.
pub(crate) struct Door {
    names: Vec<String>,
    /// Random for each start of the server, and written into its pages alone.
    pub token: String,
}

impl Door {
    /// The door of the server on `port`.
    pub(crate) fn new(port: u16) -> Result<Door> {
        let mut names = Vec::new();
        for name in ["localhost", "127.0.0.1", "[::1]"] {
            names.push(format!("{name}:{port}"));
            // Browsers leave out the port that the scheme implies.
            if port == 80 {
                names.push(name.to_owned());
            }
        }
        Ok(Door {
            names,
            token: random()?,
        })
    }

    /// Whether the request was sent to this server under its own name.
    pub(crate) fn knows_host(&self, headers: &HeaderMap) -> bool {
        let host = one(headers, HOST.as_str());
        self.names.iter().any(|name| host == Some(name.as_str()))
    }

    /// Whether a page of this server, from this start of it, sent the request.
    pub(crate) fn knows_page(&self, headers: &HeaderMap) -> bool {
        let origin = one(headers, ORIGIN.as_str())
            .and_then(|origin| origin.strip_prefix("http://"));
        self.knows_host(headers)
            && self.names.iter().any(|name| origin == Some(name.as_str()))
            && one(headers, TOKEN_HEADER) == Some(self.token.as_str())
    }
}

/// 128 bits that nobody can guess, in hexadecimal.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|err| anyhow!("the kernel gave no random number: {err}"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The value of a header that stands exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |v: &str| HeaderValue::from_str(v).unwrap();
        let mut map = HeaderMap::new();
        for (name, text) in pairs {
            map.append(*name, value(text));
        }
        map
    }

    #[test]
    fn a_page_of_ours_is_known_by_host_origin_and_token_together() {
        let door = Door::new(3000).unwrap();
        let all = [
            ("host", "localhost:3000"),
            ("origin", "http://localhost:3000"),
            (TOKEN_HEADER, door.token.as_str()),
        ];
        assert!(door.knows_page(&headers(&all)));
        for missing in 0..all.len() {
            let mut some = all.to_vec();
            some.remove(missing);
            assert!(!door.knows_page(&headers(&some)), "{some:?}");
        }
        for (at, wrong) in [
            (0, "evil.example:3000"),
            (0, "localhost:3001"),
            (1, "http://evil.example"),
            (1, "https://localhost:3000"),
            (1, "null"),
            (2, "00000000000000000000000000000000"),
        ] {
            let mut some = all;
            some[at].1 = wrong;
            assert!(!door.knows_page(&headers(&some)), "{some:?}");
        }
    }

    #[test]
    fn a_host_that_stands_twice_is_refused() {
        let door = Door::new(3000).unwrap();
        let host = ("host", "localhost:3000");
        assert!(door.knows_host(&headers(&[host])));
        assert!(!door.knows_host(&headers(&[host, ("host", "a.example")])));
    }

    #[test]
    fn every_start_has_its_own_token() {
        let token = |()| Door::new(1).unwrap().token;
        assert_ne!(token(()), token(()));
    }
}
