//! The trust roots that follow from the first.

use super::{Paper, sections};

const HEADER: &str = "strongroom.example/trust-roots/v1";
const SECTION: &str = "root";

/// Each root with its version, the oldest first.
pub(crate) struct Roots(Vec<(u64, String)>);

impl Roots {
    pub(super) fn read(text: String) -> Result<Self, &'static str> {
        let read = sections::read(&text, HEADER).ok_or("it is no file of trust roots")?;
        let version = |(name, root): (&str, &str)| {
            let version = sections::value(root, "version")?.parse().ok()?;
            (name == SECTION).then(|| (version, root.to_owned()))
        };
        let roots = read.into_iter().map(version).collect::<Option<_>>();
        roots.map(Self).ok_or("something in it is no trust root")
    }

    /// A file of those after a version, in the form of the one that lies in the folder.
    pub(super) fn after(&self, version: u64) -> Paper {
        let later = self.0.iter().filter(|(number, _)| *number > version);
        let sections = later.map(|(_, root)| format!("{SECTION} {}\n{root}", root.len()));
        Paper::new(std::iter::once(format!("{HEADER}\n")).chain(sections).collect())
    }
}
