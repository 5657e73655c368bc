//! A server that speaks just enough HTTP/2 to refuse.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does about a stream (RFC 9113).
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Answers 200.
    Answer,
    /// RST_STREAM with this error code.
    Reset(u8),
    /// GOAWAY without an error, the stream not among those it took on; then closes.
    GoAway,
    /// GOAWAY without an error, the stream among those it took on; then closes without an answer.
    GoAwayAfterTaking,
    /// Answers 200 and half of a body, then closes the connection.
    #[allow(dead_code, reason = "not every test binary cuts bodies")]
    Cut,
    /// 302 or 303 to this location.
    Redirect(&'static [u8; 3], &'static str),
}

pub(crate) const REFUSED_STREAM: u8 = 7;
pub(crate) const INTERNAL_ERROR: u8 = 2;

pub(crate) struct Http2 {
    pub(crate) url: String,
    streams: Arc<AtomicUsize>,
}

impl Http2 {
    /// Does these things, one after the other, the last one for ever.
    pub(crate) async fn start(acts: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let streams = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&streams);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // An error here is a client that is gone.
                tokio::spawn(serve(socket, acts, Arc::clone(&counter)));
            }
        });
        Self { url, streams }
    }

    pub(crate) fn seen(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, acts: &[Act], streams: Arc<AtomicUsize>) -> io::Result<()> {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;
    socket.read_exact(&mut [0; PREFACE]).await?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        socket.read_exact(&mut vec![0; length]).await?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match head[3] {
            SETTINGS if head[4] != ACK => socket.write_all(&frame(SETTINGS, ACK, 0, &[])).await?,
            HEADERS => {
                let n = streams.fetch_add(1, Ordering::SeqCst);
                let last = match acts[n.min(acts.len() - 1)] {
                    // `:status: 200` from the static table (RFC 7541, A), with END_STREAM and END_HEADERS.
                    Act::Answer => {
                        socket
                            .write_all(&frame(HEADERS, 5, stream, &[0x88]))
                            .await?;
                        continue;
                    }
                    Act::Reset(code) => {
                        socket
                            .write_all(&frame(RST_STREAM, 0, stream, &[0, 0, 0, code]))
                            .await?;
                        continue;
                    }
                    Act::Redirect(status, location) => {
                        let headers = redirect(status, location);
                        socket
                            .write_all(&frame(HEADERS, 5, stream, &headers))
                            .await?;
                        continue;
                    }
                    Act::Cut => {
                        const DATA: u8 = 0;
                        socket
                            .write_all(&frame(HEADERS, 4, stream, &[0x88]))
                            .await?;
                        socket.write_all(&frame(DATA, 0, stream, b"half")).await?;
                        socket.shutdown().await?;
                        return Ok(());
                    }
                    Act::GoAway => stream - 1,
                    Act::GoAwayAfterTaking => stream,
                };
                let mut payload = last.to_be_bytes().to_vec();
                payload.extend([0; 4]);
                socket.write_all(&frame(GOAWAY, 0, 0, &payload)).await?;
                socket.shutdown().await?;
                // Read to the end: closing a socket with unread bytes would reset it, and lose what was written.
                return tokio::io::copy(&mut socket, &mut tokio::io::sink())
                    .await
                    .map(|_| ());
            }
            _ => {}
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `:status` and `location`, both as literals with a name from the static table (RFC 7541, 6.2.2).
fn redirect(status: &[u8; 3], location: &str) -> Vec<u8> {
    let mut headers = vec![0x08, 3];
    headers.extend(status);
    headers.extend([0x0f, 0x1f, u8::try_from(location.len()).unwrap()]);
    headers.extend(location.as_bytes());
    headers
}

/// On one thread: on several, hyper asks the connection once more between sending a stream and waiting for its answer,
/// and takes a GOAWAY that arrived in those microseconds for one that refuses the stream, whichever stream it names.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test)
}
