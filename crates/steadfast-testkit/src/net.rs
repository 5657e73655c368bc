//! Loopback addresses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

use tokio::net::TcpSocket;

/// A loopback address on which nothing listens: connecting to it is refused.
///
/// It is one address for the whole process. Its port stays bound, without listening, so that no
/// other process can take it and no client can be given it as its own.
///
/// # Panics
/// When the machine has no free loopback port.
///
/// ```
/// let address = steadfast_testkit::refused_port();
/// assert!(std::net::TcpStream::connect(address).is_err());
/// ```
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a test cannot go on without a port; documented"
)]
pub fn refused_port() -> SocketAddr {
    static BOUND: OnceLock<(TcpSocket, SocketAddr)> = OnceLock::new();
    BOUND
        .get_or_init(|| bind().expect("a free loopback port"))
        .1
}

fn bind() -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}
