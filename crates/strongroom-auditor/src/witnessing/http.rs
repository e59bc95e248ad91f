//! Asks a witness over HTTP or HTTPS. Format: C2SP `tlog-witness`, `add-checkpoint`.
//!
//! Whoever answers proves nothing by its address: its cosignature is verified.

use super::{WitnessAnswer, WitnessLink};
use crate::{
    limits::{WITNESS_ANSWER_BYTES_MAX, WITNESS_TIMEOUT},
    web::{Answer, WebClient},
};
use strongroom_trust::{NoteSignature, WitnessKey, witness::AddCheckpoint};

/// A way to a witness at a URL.
pub struct HttpWitness {
    key: WitnessKey,
    url: String,
    client: WebClient,
}

impl HttpWitness {
    /// Takes a witness's key and the prefix of its URLs.
    pub fn new(key: WitnessKey, url: &str, client: WebClient) -> Self {
        Self { key, url: format!("{}/add-checkpoint", url.trim_end_matches('/')), client }
    }
}

impl WitnessLink for HttpWitness {
    fn key(&self) -> &WitnessKey {
        &self.key
    }

    fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<WitnessAnswer, String> {
        let body = request.to_string().into_bytes();
        let answer = self.client.post(&self.url, body, WITNESS_ANSWER_BYTES_MAX, WITNESS_TIMEOUT);
        read(&answer.map_err(|cause| cause.to_string())?)
    }
}

fn read(answer: &Answer) -> Result<WitnessAnswer, String> {
    let text = std::str::from_utf8(&answer.body).map_err(|_| "its answer is no text")?;
    match answer.status {
        200 => {
            let lines = text.strip_suffix('\n').ok_or("its answer does not end with a line feed")?;
            let lines = lines.split('\n').map(NoteSignature::parse_line).collect::<Option<_>>();
            Ok(WitnessAnswer::Cosigned(lines.ok_or("its answer holds something else than signature lines")?))
        }
        409 => {
            let size = text.strip_suffix('\n').and_then(|size| size.parse().ok());
            Ok(WitnessAnswer::OtherSize(size.ok_or("its answer holds no size")?))
        }
        status => Err(format!("it refused with HTTP {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<WitnessAnswer, String> {
        read(&Answer { status, body: body.into() })
    }

    #[test]
    fn answers_are_read_as_the_published_page_has_them() {
        assert_eq!(answer(409, "20852014\n"), Ok(WitnessAnswer::OtherSize(20_852_014)));
        let line = "\u{2014} witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n";
        let Ok(WitnessAnswer::Cosigned(lines)) = answer(200, &line.repeat(2)) else { panic!() };
        assert_eq!(lines.len(), 2);
        for (status, body) in [
            (200, ""),
            (200, "no line\n"),
            (200, line.trim_end()),
            (409, "20852014"),
            (409, "-1\n"),
            (422, ""),
        ] {
            assert!(answer(status, body).is_err(), "{status} {body}");
        }
    }
}
