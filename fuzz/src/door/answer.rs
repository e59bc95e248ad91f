//! Answers as they came over the wire, read strictly.

use serde_json::Value;

/// Bytes of an answer's head at most.
const HEAD_BYTES_MAX: usize = 2048;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    head: String,
    /// Its body, as long as its length says.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads the one answer that a connection gave; `has_body` is false after `HEAD`.
    pub fn only(bytes: &[u8], has_body: bool) -> Self {
        let first = Self::first(bytes, has_body);
        let (answer, rest) = first.unwrap_or_else(|| panic!("{} bytes are no whole answer", bytes.len()));
        assert!(rest.is_empty(), "{} bytes after the answer {answer:?}", rest.len());
        answer
    }

    /// Reads the first answer; none where there is no whole one.
    pub fn first(bytes: &[u8], has_body: bool) -> Option<(Self, &[u8])> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        assert!(end <= HEAD_BYTES_MAX, "a head of {end} bytes");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head of text");
        let (version, rest) = head.split_once(' ').expect("a status line");
        assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "{head}");
        let status = rest.get(..3).and_then(|code| code.parse().ok()).expect("a status code");
        let mut answer = Self { status, head, body: Vec::new() };
        if !has_body || matches!(status, 100 | 204 | 304) {
            return Some((answer, &bytes[end + 4..]));
        }
        assert!(answer.header("transfer-encoding").is_none(), "{}", answer.head);
        let length: usize =
            answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let (body, rest) = bytes[end + 4..].split_at_checked(length)?;
        answer.body = body.to_vec();
        Some((answer, rest))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Whether bytes stand anywhere in it.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let is_in = |whole: &[u8]| whole.windows(bytes.len()).any(|window| window == bytes);
        is_in(self.head.as_bytes()) || is_in(&self.body)
    }

    /// The name of the problem, after a look at the rest of it.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert!(problem["status"] == self.status && problem["title"].is_string(), "{problem}");
        assert!(problem["detail"].is_string() && self.body.len() < 1024, "{problem}");
        assert_eq!(self.header("retry-after").is_some(), matches!(self.status, 429 | 503), "{self:?}");
        assert_eq!(self.header("www-authenticate").is_some(), self.status == 401, "{self:?}");
        let kind = problem["type"].as_str().expect("a type");
        kind.strip_prefix("urn:strongroom:problem:").expect("a type of ours").to_owned()
    }
}
