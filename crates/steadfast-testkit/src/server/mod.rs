//! A script on a real loopback socket.
//!
//! HTTP/1.1 is written by hand because a script needs what HTTP libraries rightly refuse to do:
//! half a body, a reset, a header that is not one.

mod answer;
mod connection;
mod head;
mod request;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::clock::Busy;
use crate::log::Log;
use crate::routes::Routes;
use crate::script::Script;
use connection::Connection;

/// An HTTP/1.1 server on `127.0.0.1` that plays scripts and keeps a log.
///
/// It runs on the runtime it was started on and ends when it is dropped: its tasks are aborted and
/// its connections closed, as soon as the runtime turns.
///
/// ```
/// use steadfast_testkit::{Server, script, virtual_time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// virtual_time().block_on(async {
///     let server = Server::builder()
///         .on("/users", script![503, 200.json("[]")])
///         .on("POST /orders", 201)
///         .on("/files/**", 404)
///         .start()
///         .await;
///     let client = reqwest::Client::new();
///
///     assert_eq!(client.get(server.url("/users")).send().await?.status(), 503);
///     assert_eq!(client.post(server.url("/orders")).body("tea").send().await?.status(), 201);
///     assert_eq!(server.log().to("POST /orders")[0].body, "tea");
///     Ok(())
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What all connections of a server share.
#[derive(Debug, Default)]
struct Shared {
    routes: Routes,
    log: Log,
    accepted: AtomicUsize,
    open: AtomicUsize,
}

/// A [`Server`] with a script for each path.
///
/// A pattern is a path, `/a`, or everything below one, `/a/**`, with an optional method before it,
/// `POST /a`. Queries are not compared. The first pattern that matches wins; without a
/// [`fallback`](ServerBuilder::fallback) the rest is answered 404.
#[derive(Debug, Default)]
#[must_use]
pub struct ServerBuilder {
    routes: Routes,
}

// ===== impl Server =====

impl Server {
    /// Starts a server that plays this script, whatever the path.
    ///
    /// # Panics
    /// When there is no free loopback port, or outside a tokio runtime.
    pub async fn start(script: impl Into<Script>) -> Self {
        Self::builder().fallback(script).start().await
    }

    /// A server with a script for each path.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// The URL of a path on this server: `http://127.0.0.1:PORT/path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("http://{}{slash}{path}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The log, a cheap handle that outlives the server.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.log.clone()
    }

    /// How many requests arrived.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.log.len()
    }

    /// How many requests arrived at one route: `"/a"`, or `"POST /a"`.
    #[must_use]
    pub fn requests_to(&self, route: &str) -> usize {
        self.shared.log.to(route).len()
    }

    /// How many connections were accepted in all.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// How many connections are open, as far as the server has noticed.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Stops listening and closes all connections, and returns when that is done.
    ///
    /// # Cancel safety
    /// Once polled it is only the knowledge of when it was done that can be lost.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // An aborted task ends in a JoinError, which is what was asked for.
        let _ = (&mut self.accepting).await;
        while self.open_connections() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

// ===== impl ServerBuilder =====

impl ServerBuilder {
    /// Plays a script for the requests that match the pattern.
    pub fn on(mut self, pattern: &str, script: impl Into<Script>) -> Self {
        self.routes.on(pattern, script.into());
        self
    }

    /// Plays a script for the requests that match no pattern.
    pub fn fallback(mut self, script: impl Into<Script>) -> Self {
        self.routes.fallback(script.into());
        self
    }

    /// Starts the server on a free port of `127.0.0.1`.
    ///
    /// # Panics
    /// When there is no free loopback port, or outside a tokio runtime.
    #[expect(
        clippy::expect_used,
        reason = "a test cannot go on without a port; documented"
    )]
    pub async fn start(self) -> Server {
        self.start_on((Ipv4Addr::LOCALHOST, 0).into())
            .await
            .expect("a free loopback port")
    }

    /// Starts the server at this address; port 0 is a free one.
    ///
    /// # Errors
    /// When the address is taken, or may not be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn start_on(self, address: SocketAddr) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            routes: self.routes,
            ..Shared::default()
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Server {
            address,
            shared,
            accepting,
        })
    }
}

/// Accepts until aborted; the connections' tasks end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = Connection::new(stream, Arc::clone(&shared), Busy::here());
                connections.spawn(connection.serve());
            }
            // Out of descriptors, or the client was gone again: the next one may do better.
            Err(_) => tokio::task::yield_now().await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// An error of ours on a connection; the reader of the log has no use for more.
fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
