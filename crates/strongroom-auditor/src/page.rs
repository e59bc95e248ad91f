//! The log page: what stands in the log, for people who would rather look. Static HTML without scripts, made of
//! what `verify log` reads.

use std::fmt::{self, Write as _};
use strongroom_trust::{
    Epoch, Moment, StatusContents, TrustRoot, counted,
    limits::DAY_SECONDS,
    log::{EpochReport, FleetChange, LogReport},
};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #767676;\
padding:.4rem;text-align:left;vertical-align:top}code{overflow-wrap:anywhere}.insecure{font-weight:bold}";

/// What the page tells besides the log.
pub(crate) struct PageNotes {
    /// When it is written.
    pub(crate) now: Moment,
    /// The newest status that both parties signed.
    pub(crate) status: Option<StatusContents>,
    /// The epochs that the operator counter-signed.
    pub(crate) countersigned: Vec<Epoch>,
}

/// The page, to be written by `to_string`.
pub(crate) struct Page<'a> {
    root: &'a TrustRoot,
    report: &'a LogReport,
    notes: &'a PageNotes,
}

impl<'a> Page<'a> {
    pub(crate) fn new(root: &'a TrustRoot, report: &'a LogReport, notes: &'a PageNotes) -> Self {
        Self { root, report, notes }
    }

    fn log(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.report.checkpoint.body();
        writeln!(f, "<h2>Log</h2>\n<dl>")?;
        fact(f, "Log", &code(&body.origin))?;
        fact(f, "Leaves", &self.leaves())?;
        fact(f, "Root", &code(&body.root.to_hex()))?;
        fact(f, "Trust root", &format!("version {}", self.root.version()))?;
        match &self.notes.status {
            Some(status) => {
                let told = format!(
                    "number {}, of {} ({}), names epoch {}",
                    status.number,
                    status.issued,
                    age(status.issued, self.notes.now),
                    status.epoch
                );
                fact(f, "Newest status that both signed", &told)?;
            }
            None => fact(f, "Newest status that both signed", "none yet")?,
        }
        writeln!(f, "</dl>")
    }

    fn leaves(&self) -> String {
        let mut told = self.report.checkpoint.body().size.to_string();
        let kinds: Vec<String> =
            self.report.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.noun(*count))).collect();
        let _ = write!(told, " ({})", kinds.join(", "));
        told
    }

    fn witnesses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = &self.root.contents().policy;
        writeln!(
            f,
            "<h2>Witnesses</h2>\n<p>{} of {} {} to cosign.</p>",
            policy.quorum,
            policy.witnesses.len(),
            if policy.quorum == 1 { "has" } else { "have" }
        )?;
        head(f, &["Witness", "Run by", "Key", "Cosigned", "Age"])?;
        for witness in &policy.witnesses {
            let times = self.report.checkpoint.times();
            let time = times.iter().find(|(name, _)| *name == witness.name).map(|(_, at)| *at);
            let (told, age) = match time {
                Some(time) => (time.to_string(), age(time, self.notes.now)),
                None => ("not this checkpoint".into(), String::new()),
            };
            row(
                f,
                &[
                    escaped(&witness.name),
                    witness.party.to_string(),
                    code(&witness.key.to_string()),
                    told,
                    age,
                ],
            )?;
        }
        writeln!(f, "</tbody></table>")
    }

    fn signers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contents = self.root.contents();
        writeln!(f, "<h2>Signers</h2>")?;
        head(f, &["Who", "Signs", "Key"])?;
        for (party, keys) in [("operator", &contents.operator), ("auditor", &contents.auditor)] {
            let kinds =
                [("bundles", &keys.bundle), ("status", &keys.status), ("revocations", &keys.revocation)];
            for (kind, key) in kinds {
                row(f, &[party.into(), kind.into(), code(&key.to_string())])?;
            }
        }
        writeln!(f, "</tbody></table>")
    }

    fn epochs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<h2>Epochs</h2>")?;
        head(f, &["Epoch", "Written", "State", "Fleets and keys that came and went", "Digest"])?;
        for epoch in self.report.epochs.iter().rev() {
            let mut changes: String = epoch.changes.iter().map(change).collect();
            if changes.is_empty() {
                changes = "nothing".into();
            }
            let written = format!("{} ({})", epoch.issued, age(epoch.issued, self.notes.now));
            let state = self.state_of(epoch).into();
            row(f, &[epoch.epoch.to_string(), written, state, changes, code(&epoch.digest.to_hex())])?;
        }
        writeln!(f, "</tbody></table>")?;
        left_out(f, self.report.left_out.epochs, "epoch", "epochs")
    }

    fn state_of(&self, epoch: &EpochReport) -> &'static str {
        let is_countersigned = self.notes.countersigned.contains(&epoch.epoch);
        let is_last = self.report.epochs.last().is_some_and(|last| last.epoch == epoch.epoch);
        let in_force = self.notes.status.as_ref().map(|status| status.epoch);
        match (is_countersigned, in_force) {
            (true, Some(newest)) if newest == epoch.epoch => "in force",
            (true, Some(newest)) if newest > epoch.epoch => "followed by a newer one",
            (true, _) => "signed by both, not named by a status that both signed",
            (false, _) if is_last => "signed by the auditor, not by the operator yet",
            (false, _) => "void: never signed by the operator",
        }
    }

    fn revocations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.report.revocations.is_empty() {
            return Ok(());
        }
        writeln!(f, "<h2>Revocations</h2>")?;
        head(f, &["Fleet", "By", "Reason", "Written"])?;
        for (_, revocation) in &self.report.revocations {
            let contents = revocation.contents();
            let reason = escaped(contents.reason.as_str());
            let (fleet, by) = (code(&contents.fleet.to_hex()), revocation.revokers().to_string());
            row(f, &[fleet, by, reason, contents.issued.to_string()])?;
        }
        writeln!(f, "</tbody></table>")?;
        left_out(f, self.report.left_out.revocations, "revocation", "revocations")
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = escaped(self.root.contents().namespace.as_str());
        writeln!(f, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(f, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")?;
        writeln!(
            f,
            "<title>Fleet keys of {namespace}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
        )?;
        writeln!(f, "<h1>Fleet keys of {namespace}</h1>")?;
        if self.root.contents().is_simulation {
            writeln!(
                f,
                "<p class=\"insecure\">INSECURE SIMULATION: fleets of this namespace protect nothing.</p>"
            )?;
        }
        writeln!(
            f,
            "<p>As of {}. This page is a summary; <code>strongroom verify log</code> checks it.</p>",
            self.notes.now
        )?;
        self.log(f)?;
        self.epochs(f)?;
        self.revocations(f)?;
        self.witnesses(f)?;
        self.signers(f)?;
        writeln!(f, "</main>\n</body>\n</html>")
    }
}

fn change(change: &FleetChange) -> String {
    let of_key = |key: &Option<[u8; 32]>| match key {
        Some(key) => format!(", identity key {}", code(&hex(key))),
        None => String::new(),
    };
    match change {
        FleetChange::Came { fleet, key, service } => {
            let service =
                service.map_or_else(|| "revoked".into(), |service| format!("{service:?}").to_lowercase());
            format!("<p>came: fleet {}{}, {service}</p>", code(&fleet.to_hex()), of_key(key))
        }
        FleetChange::Went { fleet, key } => {
            format!("<p>went: fleet {}{}</p>", code(&fleet.to_hex()), of_key(key))
        }
        FleetChange::Revoked { fleet, key } => {
            format!("<p>revoked: fleet {}{}</p>", code(&fleet.to_hex()), of_key(key))
        }
        FleetChange::Service { fleet, service } => {
            format!("<p>now {}: fleet {}</p>", format!("{service:?}").to_lowercase(), code(&fleet.to_hex()))
        }
        FleetChange::Replaced { fleet, old, new } => format!(
            "<p><strong>key replaced</strong>: fleet {}, from {} to {}</p>",
            code(&fleet.to_hex()),
            code(&hex(old)),
            code(&hex(new))
        ),
    }
}

/// Of very many notes the newest are listed.
fn left_out(f: &mut fmt::Formatter<'_>, count: u64, one: &str, several: &str) -> fmt::Result {
    match count {
        0 => Ok(()),
        _ => writeln!(f, "<p>Not listed: {} before these.</p>", counted(count, one, several)),
    }
}

fn fact(f: &mut fmt::Formatter<'_>, term: &str, html: &str) -> fmt::Result {
    writeln!(f, "<dt>{term}</dt><dd>{html}</dd>")
}

fn head(f: &mut fmt::Formatter<'_>, columns: &[&str]) -> fmt::Result {
    write!(f, "<table><thead><tr>")?;
    columns.iter().try_for_each(|column| write!(f, "<th scope=\"col\">{column}</th>"))?;
    writeln!(f, "</tr></thead><tbody>")
}

fn row(f: &mut fmt::Formatter<'_>, cells: &[String]) -> fmt::Result {
    write!(f, "<tr>")?;
    cells.iter().try_for_each(|cell| write!(f, "<td>{cell}</td>"))?;
    writeln!(f, "</tr>")
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn age(then: Moment, now: Moment) -> String {
    match now.seconds_since(then) / DAY_SECONDS {
        0 => "less than a day old".into(),
        1 => "1 day old".into(),
        days => format!("{days} days old"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_markup_are_shown_as_text() {
        assert_eq!(code("<b>\"&"), "<code>&lt;b&gt;&quot;&amp;</code>");
    }

    #[test]
    fn ages_are_told_in_days() {
        let now: Moment = "2026-11-28T12:00:00Z".parse().unwrap();
        let told = |then: &str| age(then.parse().unwrap(), now);
        assert_eq!(told("2026-11-28T11:00:00Z"), "less than a day old");
        assert_eq!(told("2026-11-27T12:00:00Z"), "1 day old");
        assert_eq!(told("2026-11-01T12:00:00Z"), "27 days old");
    }
}
