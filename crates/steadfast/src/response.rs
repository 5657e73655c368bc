//! What responses of a wrapped client can tell.

use std::future::Future;
use std::time::Duration;

use reqwest::Response;
use steadfast_core::Record;

use crate::error::Error;
use crate::error::StatusError;

/// The most bytes of an error's body that are read.
const BODY_LIMIT: usize = 16 * 1024;
/// The longest wait for them.
const BODY_TIME: Duration = Duration::from_secs(5);

/// What responses of a wrapped client can tell.
pub trait ResponseExt: Sized {
    /// The history of the call.
    fn record(&self) -> Record;

    /// The response if its status is not an error (400 to 599), else everything one needs to know about it: status,
    /// problem details or the start of the body, advice, the provider's request id, the record.
    ///
    /// # Errors
    /// An [`Error`] of [`ErrorKind::Status`](crate::ErrorKind::Status).
    ///
    /// # Cancel safety
    /// Dropping the future drops the response.
    fn ensure_success(self) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl ResponseExt for Response {
    fn record(&self) -> Record {
        self.extensions()
            .get::<Record>()
            .cloned()
            .unwrap_or_default()
    }

    async fn ensure_success(mut self) -> Result<Self, Error> {
        let status = self.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(self);
        }
        let mut body = Vec::new();
        // What came until then is enough: an error whose body drips or breaks off is still the error.
        let _ = tokio::time::timeout(BODY_TIME, read_start(&mut self, &mut body)).await;
        let record = self.record();
        let url = self.url().clone();
        let headers = std::mem::take(self.headers_mut());
        let error = StatusError::new(status, headers, url.path(), body, &record);
        Err(Error::status_error(error, url, record))
    }
}

async fn read_start(response: &mut Response, body: &mut Vec<u8>) {
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = BODY_LIMIT - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() >= BODY_LIMIT {
            return;
        }
    }
}
