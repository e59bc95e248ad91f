//! A trust root, and what an app ships beside it.

use super::LogUrl;
use strongroom_trust::{Epoch, Moment, TrustRoot};

/// Trust in whatever fleet operator and auditor signed and logged, as a trust root says.
///
/// ```no_run
/// use strongroom_client::{Client, OverTheAir, TrustRoot};
///
/// let root = TrustRoot::told(&std::fs::read("trust-root")?)?;
/// let trust = OverTheAir::new(root).log("https://auditor.example".parse()?);
/// let client = Client::builder().trust(&trust).endpoints(["https://node-1.example"]).build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverTheAir {
    root: TrustRoot,
    floor: Option<Epoch>,
    build: Moment,
    log: Option<LogUrl>,
}

impl OverTheAir {
    /// Takes the trust root that the app ships or a person names. Until [`Self::built`] says better, the
    /// program counts as built when the root was written.
    pub fn new(root: TrustRoot) -> Self {
        let build = root.contents().issued;
        Self { root, floor: None, build, log: None }
    }

    /// Refuses bundles below an epoch: the newest one that the app knew when it was shipped.
    #[must_use]
    pub fn floor(mut self, epoch: Epoch) -> Self {
        self.floor = Some(epoch);
        self
    }

    /// Says when the program was built, so that a clock that was put back is noticed.
    #[must_use]
    pub fn built(mut self, build: Moment) -> Self {
        self.build = self.build.max(build);
        self
    }

    /// Says where the audit log's tiles are read, so that the device can see that the log only grew.
    #[must_use]
    pub fn log(mut self, url: LogUrl) -> Self {
        self.log = Some(url);
        self
    }

    pub(crate) fn root(&self) -> &TrustRoot {
        &self.root
    }

    pub(crate) fn epoch_floor(&self) -> Option<Epoch> {
        self.floor
    }

    pub(crate) fn build(&self) -> Moment {
        self.build
    }

    pub(crate) fn log_url(&self) -> Option<&LogUrl> {
        self.log.as_ref()
    }
}
