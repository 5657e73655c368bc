//! What a failed TLS handshake is taken for: the certificate will not be better in a second, so no method is sent again.
//! Real servers pin it, since rustls is known by its words only. Needs reqwest's TLS: `--features tls`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::policies;
use http::Method;
use steadfast::error::FailureKind;
use steadfast::prelude::*;
use steadfast::record::Outcome;
use steadfast::{Backoff, ErrorKind, Policy};
use steadfast_testkit::real_time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Valid for a hundred years, for `localhost` and `127.0.0.1`; nobody signed it but itself.
const CERTIFICATE: &[u8] = include_bytes!("tls/self-signed.crt");
const KEY: &[u8] = include_bytes!("tls/self-signed.key");

/// A server, by its port and the number of connections it accepted.
struct Tls {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Tls {
    async fn start<F: Future<Output = ()> + Send>(
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                serve(socket).await;
            }
        });
        Self { port, connections }
    }

    /// Shows the certificate that nobody signed, and answers 200 to whoever is content with it.
    async fn self_signed() -> Self {
        let certificates = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates, key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        Self::start(move |socket| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    return;
                };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    .await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    /// Gives these bytes to a client's hello.
    async fn answering(bytes: &'static [u8]) -> Self {
        Self::start(move |mut socket| async move {
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(bytes).await;
            let _ = socket.shutdown().await;
            let _ = tokio::io::copy(&mut socket, &mut tokio::io::sink()).await;
        })
        .await
    }

    /// The kind of failure, that it was one attempt, and what the error says of itself.
    async fn refuses(&self, builder: reqwest::ClientBuilder, host: &str) {
        let policy = Policy::standard().backoff(Backoff::fixed(Duration::ZERO));
        let client = policies(policy).wrap(builder.build().unwrap());
        for method in [Method::GET, Method::POST] {
            let before = self.connections.load(Ordering::SeqCst);
            let url = format!("https://{host}:{}/", self.port);
            let (record, result) = client.request(method, url).send_recorded().await;
            let error = result.unwrap_err();
            assert_eq!(
                record.attempts()[0].outcome,
                Outcome::Failed(FailureKind::Tls),
                "{error:?}"
            );
            assert_eq!(record.attempt_count(), 1);
            assert_eq!(self.connections.load(Ordering::SeqCst) - before, 1);
            assert!(error.connect() && !error.may_have_been_sent());
            assert_eq!(steadfast::Error::from(error).kind(), ErrorKind::Tls);
        }
    }
}

#[test]
fn a_certificate_that_nobody_signed_is_refused_once() {
    real_time().block_on(async {
        Tls::self_signed()
            .await
            .refuses(reqwest::Client::builder(), "localhost")
            .await;
    });
}

#[test]
fn a_certificate_for_another_name_is_refused_once() {
    real_time().block_on(async {
        let trusted = reqwest::Certificate::from_pem(CERTIFICATE).unwrap();
        let builder = reqwest::Client::builder()
            .tls_certs_only([trusted])
            .resolve("other.example", "127.0.0.1:0".parse().unwrap());
        Tls::self_signed()
            .await
            .refuses(builder, "other.example")
            .await;
    });
}

#[test]
fn a_handshake_that_fails_is_not_begun_again() {
    real_time().block_on(async {
        // An alert: fatal, handshake_failure (RFC 8446, 6.2). And an answer that is no TLS at all.
        for answer in [
            &b"\x15\x03\x03\x00\x02\x02\x28"[..],
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
        ] {
            let server = Tls::answering(answer).await;
            server
                .refuses(reqwest::Client::builder(), "127.0.0.1")
                .await;
        }
    });
}

#[test]
fn a_hang_up_during_the_handshake_is_a_connection_that_was_not_made() {
    real_time().block_on(async {
        let server = Tls::answering(b"").await;
        let policy = Policy::standard().backoff(Backoff::fixed(Duration::ZERO));
        let client = policies(policy).wrap(reqwest::Client::new());
        let url = format!("https://127.0.0.1:{}/", server.port);
        let (record, result) = client.post(url).send_recorded().await;
        let outcome = record.attempts()[0].outcome;
        assert_eq!(outcome, Outcome::Failed(FailureKind::Connect), "{result:?}");
        assert_eq!(server.connections.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_certificate_that_is_trusted_is_accepted() {
    real_time().block_on(async {
        let server = Tls::self_signed().await;
        let trusted = reqwest::Certificate::from_pem(CERTIFICATE).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([trusted])
            .build()
            .unwrap();
        let url = format!("https://localhost:{}/", server.port);
        let response = steadfast::wrap(client).get(url).send().await.unwrap();
        assert_eq!(response.status(), 200, "the test server itself is sound");
    });
}
