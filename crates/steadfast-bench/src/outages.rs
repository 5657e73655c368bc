//! Which outage a preset survives: calls that start together in the moment in which a server goes down.
//!
//! That is the hardest moment: each call has to outlast the whole outage, and all of them draw on one retry budget that
//! nothing fills. The server is down in one of three ways, and answers everything with 200 once its outage is over. All
//! of it happens in virtual time with seeded chance, so a run gives the same numbers again.
//!
//! When not to use it: for calls that come and go while a server is down. Those that start later have less to outlast.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::{Client, Request, Response};
use reqwest_middleware::{Error, Middleware, Next};
use steadfast::Policy;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tower::BoxError;
use tower::util::MapFutureLayer;

use crate::throttle::client::steadfast;

/// How a server is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody listens.
    Refused,
    /// A bare 503, at once.
    Status503,
    /// Requests are taken and never answered.
    Silent,
    /// The same, where the policy has a timeout of 2 s per attempt.
    SilentCut,
}

/// A policy before a server that is down in one way.
#[derive(Clone, Debug)]
pub struct Row {
    /// How the server is down, in words.
    pub server: &'static str,
    /// The name of the preset.
    pub preset: &'static str,
    /// The policy.
    pub policy: Policy,
    /// How the server is down.
    pub way: Way,
}

/// What came of a row for one outage and one number of callers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The share of all calls that ended with a 200.
    pub ok: f64,
    /// Requests and refused connections per call.
    pub sent: f64,
}

/// The outages, in seconds.
pub const OUTAGES: [u64; 3] = [1, 5, 30];
/// How many calls start together.
pub const CALLERS: [u32; 3] = [1, 8, 50];
/// The timeout of an attempt that some rows have beside their preset.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Who has not ended by then hangs, and is not ok: the most patient preset retries for an hour.
const GIVEN_UP: Duration = Duration::from_secs(2 * 3600);

const WAYS: [(&str, Way); 4] = [
    ("refused", Way::Refused),
    ("503", Way::Status503),
    ("silent", Way::Silent),
    ("silent, 2 s per attempt", Way::SilentCut),
];

/// Each preset before each server; before a silent one also with a timeout per attempt.
#[must_use]
pub fn rows() -> Vec<Row> {
    let presets = [
        ("standard", Policy::standard()),
        ("guarded", Policy::guarded()),
        ("interactive", Policy::interactive()),
        ("patient", Policy::patient()),
    ];
    let of = |(server, way)| {
        presets.clone().map(|(preset, policy)| Row {
            server,
            preset,
            policy: match way {
                Way::SilentCut => policy.attempt_timeout(ATTEMPT),
                _ => policy,
            },
            way,
        })
    };
    WAYS.into_iter().flat_map(of).collect()
}

/// Markdown: a line per row, a column per outage and number of callers.
#[must_use]
pub fn tables(played: &[(Row, Vec<Cell>)]) -> String {
    // Rounded down: 100 are all.
    let ok = table(played, |cell| format!("{:.0} %", (cell.ok * 100.0).floor()));
    let sent = table(played, |cell| format!("{:.1}", cell.sent));
    format!("Calls that succeed:\n\n{ok}\nRequests per call:\n\n{sent}")
}

fn table(played: &[(Row, Vec<Cell>)], show: impl Fn(&Cell) -> String) -> String {
    let columns = OUTAGES.map(|outage| CALLERS.map(|callers| format!(" {outage} s, {callers} |")));
    let dashes = "--:|".repeat(OUTAGES.len() * CALLERS.len());
    let mut text = format!(
        "| server | preset |{}\n|---|---|{dashes}\n",
        columns.concat().concat()
    );
    for (row, cells) in played {
        let cells: String = cells
            .iter()
            .map(|cell| format!(" {} |", show(cell)))
            .collect();
        text += &format!("| {} | `{}()` |{cells}\n", row.server, row.preset);
    }
    text
}

impl Row {
    /// All outages and numbers of callers, each with so many runs, seeded from `seed` on.
    #[must_use]
    pub fn play(&self, runs: u32, seed: u64) -> Vec<Cell> {
        let each = |outage| CALLERS.map(|callers| self.cell(outage, callers, runs, seed));
        OUTAGES.into_iter().flat_map(each).collect()
    }

    /// One outage met by one number of callers.
    #[must_use]
    pub fn cell(&self, outage: u64, callers: u32, runs: u32, seed: u64) -> Cell {
        let all = f64::from(runs.max(1)) * f64::from(callers.max(1));
        let each = (0..runs).map(|n| self.run(outage, callers, seed.wrapping_add(n.into())));
        let (ok, sent) = each.fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
        Cell {
            ok: f64::from(ok) / all,
            sent: f64::from(sent) / all,
        }
    }

    /// Calls that ended with a 200, and what was sent.
    fn run(&self, outage: u64, callers: u32, seed: u64) -> (u32, u32) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.expect("a runtime without I/O").block_on(async {
            let server = Down::new(self.way, Duration::from_secs(outage));
            let sent = Arc::clone(&server.sent);
            let client = steadfast(self.policy.clone(), server, seed);
            let mut calls = JoinSet::new();
            for _ in 0..callers {
                calls.spawn(client.get("http://api.test/items").send());
            }
            let mut ok = 0;
            let ended = async {
                while let Some(call) = calls.join_next().await {
                    let call = call.expect("a call does not panic");
                    ok += u32::from(call.is_ok_and(|response| response.status() == 200));
                }
            };
            let _ = timeout(GIVEN_UP, ended).await;
            (ok, sent.load(Ordering::Relaxed))
        })
    }
}

/// A server that is down from the start.
struct Down {
    way: Way,
    until: Instant,
    /// Its connections are refused, so its errors are those of reqwest.
    refused: Client,
    sent: Arc<AtomicU32>,
}

impl Down {
    fn new(way: Way, outage: Duration) -> Self {
        let refuse = MapFutureLayer::new(|_| async {
            let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Err::<_, BoxError>(refused.into())
        });
        let refused = Client::builder().connector_layer(refuse).build();
        Self {
            way,
            until: now() + outage,
            refused: refused.expect("a client without TLS can be built"),
            sent: Arc::default(),
        }
    }
}

#[async_trait::async_trait]
impl Middleware for Down {
    async fn handle(
        &self,
        request: Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let status = match (now() >= self.until, self.way) {
            (true, _) => 200,
            (false, Way::Status503) => 503,
            (false, Way::Silent | Way::SilentCut) => return std::future::pending().await,
            (false, Way::Refused) => {
                return self.refused.execute(request).await.map_err(Error::Reqwest);
            }
        };
        let response = http::Response::builder().status(status).body("");
        Ok(response.map_err(Error::middleware)?.into())
    }
}

#[expect(clippy::disallowed_methods, reason = "the runtime's own clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard() -> impl Iterator<Item = Row> {
        rows().into_iter().filter(|row| row.preset == "standard")
    }

    #[test]
    fn the_same_seed_gives_the_same_row() {
        for row in standard().take(2) {
            assert_eq!(row.play(3, 1), row.play(3, 1), "{}", row.server);
        }
        let play = |seed| {
            standard()
                .map(move |row| row.play(3, seed))
                .collect::<Vec<_>>()
        };
        assert_ne!(play(1), play(100));
    }

    #[test]
    fn a_server_that_is_never_down_loses_no_call() {
        for row in rows() {
            let cell = row.cell(0, 50, 2, 1);
            assert_eq!((cell.ok, cell.sent), (1.0, 1.0), "{}", row.server);
        }
    }
}
