//! A retry that is never sent: the last real outcome is returned, and what kept it from being sent is in the record.

use std::future::{Ready, ready};
use std::io;
use std::sync::Mutex;
use std::task::{Context, Poll};

use steadfast_core::{Rate, Refusal};

use super::*;
use crate::call::{Call, ReplaySource};
use crate::throttle::Throttle;

/// Refuses each request with a 503, is ready for one of them, and then says this.
#[derive(Clone)]
struct ReadyOnce {
    sent: Count,
    then: fn() -> Poll<io::Result<()>>,
}

impl Service<http::Request<String>> for ReadyOnce {
    type Response = http::Response<Full<Bytes>>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.sent.get() {
            0 => Poll::Ready(Ok(())),
            _ => (self.then)(),
        }
    }

    fn call(&mut self, _: http::Request<String>) -> Self::Future {
        self.sent.up();
        ready(answer(503))
    }
}

const DEADLINE: Duration = Duration::from_secs(20);

/// A call whose layer below is ready once.
async fn call_ready_once(
    then: fn() -> Poll<io::Result<()>>,
) -> (
    usize,
    Result<http::Response<crate::buffer::PeekedBody<Full<Bytes>>>, crate::Failure<io::Error>>,
) {
    let scope = Scope::new(&Policy::standard().deadline(DEADLINE)).unwrap();
    let sent = Count::default();
    let inner = ReadyOnce {
        sent: sent.clone(),
        then,
    };
    let inner = crate::judge::Judge::new(crate::entry::Transport::new(inner));
    let retry = Retry::new(crate::CloneReplay, inner);
    let result = crate::entry::Entry::new(Arc::new(scope), retry);
    let result = result.oneshot(get()).await;
    (sent.get(), result)
}

#[tokio::test(start_paused = true)]
async fn a_layer_below_that_is_not_ready_by_the_deadline_leaves_the_last_answer() {
    let start = crate::clock::now();
    let (sent, result) = call_ready_once(|| Poll::Pending).await;
    let response = result.unwrap();
    assert_eq!((sent, response.status().as_u16()), (1, 503));
    assert_eq!(crate::clock::now() - start, DEADLINE);
    let record = response.extensions().get::<Record>().unwrap().clone();
    assert_eq!(record.stop(), Stop::Refused(Refusal::DeadlinePassed));
    assert_eq!((record.attempt_count(), record.attempts().len()), (1, 1));
    let body = http_body_util::BodyExt::collect(response.into_body());
    assert_eq!(body.await.unwrap().to_bytes(), "body");
}

#[tokio::test(start_paused = true)]
async fn a_layer_below_that_fails_is_the_end_of_the_call() {
    let (sent, result) = call_ready_once(|| Poll::Ready(Err(io::Error::other("broken")))).await;
    let failure = result.unwrap_err();
    assert_eq!(sent, 1);
    assert!(format!("{failure:?}").contains("broken"), "{failure:?}");
    let record = &failure.report.record;
    assert!(matches!(record.stop(), Stop::FailFast(_)), "{record}");
    assert_eq!(record.attempt_count(), 1, "the first one was sent");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_a_limit_refuses_leaves_the_last_answer_and_counts_no_attempt() {
    let policy = Policy::standard()
        .rate_limit(Rate::per(1, Duration::from_secs(60)))
        .max_wait(Duration::from_secs(10))
        .retry_for(Duration::from_secs(3600));
    let sent = Count::default();
    let inner = crate::judge::Judge::new(crate::entry::Transport::new(always(503, &sent)));
    let retry = Retry::new(crate::CloneReplay, Throttle::new(inner));
    let service = crate::entry::Entry::new(Arc::new(Scope::new(&policy).unwrap()), retry);
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!((sent.get(), response.status().as_u16()), (1, 503));
    let record = response.extensions().get::<Record>().unwrap();
    let Stop::Refused(Refusal::RateLimited { wait }) = record.stop() else {
        panic!("{record}");
    };
    assert_eq!((record.attempt_count(), record.attempts().len()), (1, 1));
    assert_eq!(record.resume_at(), Some(crate::clock::now() + wait));
    assert!(record.may_have_been_sent());
}

/// A layer that looks at the copies of requests later, some time.
#[derive(Clone)]
struct Keeps<S> {
    inner: S,
    copies: Arc<Mutex<Vec<Arc<http::Request<String>>>>>,
}

impl<S: Service<Call<http::Request<String>>>> Service<Call<http::Request<String>>> for Keeps<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: Call<http::Request<String>>) -> Self::Future {
        self.copies.lock().unwrap().extend(call.kept.clone());
        self.inner.call(call)
    }
}

/// A call whose copy is kept by a layer further in, and whose request is made again so often at most.
async fn call_made_again(times: usize) -> (usize, u16, Record) {
    let (sent, made) = (Count::default(), Count::default());
    let inner = crate::judge::Judge::new(crate::entry::Transport::new(always(503, &sent)));
    let copies = Arc::default();
    let mut retry = Retry::new(crate::CloneReplay, Keeps { inner, copies });
    let scope = Arc::new(Scope::new(&Policy::standard()).unwrap());
    let again = move |request: &http::Request<String>| (made.up() < times).then(|| request.clone());
    let call = Call::new(get(), crate::context::Context::new(scope, None));
    let call = call.replayed_by(Some(ReplaySource::new(again)));
    let reply = retry.call(call);
    let reply = tokio::time::timeout(Duration::from_secs(60), reply).await;
    let response = reply.expect("it ends").unwrap().into_response();
    let record = response.extensions().get::<Record>().unwrap().clone();
    (sent.get(), response.status().as_u16(), record)
}

#[tokio::test(start_paused = true)]
async fn where_the_copy_is_still_looked_at_and_no_other_can_be_made_the_last_answer_is_returned() {
    // One for the attempt that may follow, and a second one because the first is not free.
    for (times, sends, stop) in [
        (0, 1, Stop::BodyNotReplayable),
        (1, 1, Stop::BodyNotReplayable),
        (2, 2, Stop::BodyNotReplayable),
        (3, 2, Stop::BodyNotReplayable),
        (4, 3, Stop::Attempts(3)),
    ] {
        let (sent, status, record) = call_made_again(times).await;
        assert_eq!((sent, status), (sends, 503), "{times}: {record}");
        assert_eq!(record.stop(), stop, "{times}: {record}");
        assert_eq!(record.attempts().len(), sends, "{times}: {record}");
        assert_eq!(record.authority(), Some("x.com"), "{times}: {record}");
    }
}
