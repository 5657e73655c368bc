//! Who meets the models.

use reqwest_middleware::ClientWithMiddleware;
use steadfast::Policy;
use steadfast::policy::Pacing;

use super::server::Server;
use crate::throttle::client::steadfast;

/// A client that nothing was configured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// steadfast, as `steadfast::wrap` has it.
    Steadfast,
    /// The same with pacing and gate off.
    Unpaced,
    /// reqwest-retry with its exponential backoff and so many retries. Its chance cannot be seeded, so its figures differ
    /// a little from run to run.
    #[cfg(feature = "peer-reqwest-retry")]
    ReqwestRetry(u32),
}

impl Contender {
    /// All but steadfast itself that were built in.
    pub const OTHERS: &'static [Self] = &[
        Self::Unpaced,
        #[cfg(feature = "peer-reqwest-retry")]
        Self::ReqwestRetry(3),
        #[cfg(feature = "peer-reqwest-retry")]
        Self::ReqwestRetry(10),
    ];

    /// The name in tables and in JSON.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Steadfast => "steadfast".to_owned(),
            Self::Unpaced => "pacing off".to_owned(),
            #[cfg(feature = "peer-reqwest-retry")]
            Self::ReqwestRetry(retries) => format!("reqwest-retry ({retries})"),
        }
    }

    pub(super) fn before(self, server: Server, seed: u64) -> ClientWithMiddleware {
        match self {
            Self::Steadfast => steadfast(Policy::standard(), server, seed),
            Self::Unpaced => {
                let policy = Policy::standard().pacing(Pacing::Off).without_gate();
                steadfast(policy, server, seed)
            }
            #[cfg(feature = "peer-reqwest-retry")]
            Self::ReqwestRetry(retries) => crate::throttle::peers::retrying(retries)
                .with(server)
                .build(),
        }
    }
}
