//! What one attempt pays, and what its answer tells.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http::HeaderMap;
use steadfast_core::hint::{Allowances, Oddity, Window};
use steadfast_core::pacing::{Feedback, Ticket};
use steadfast_core::quota::QuotaWindow;
use steadfast_core::{Human, Judged, Pacing, Refusal, RequestHead, one_line};

use super::acquire::{Acquire, Bounds, Own};
use super::gate::{Pass, Unread};
use super::heard::{Answer, closed_for};
use super::known::LimitKey;
use super::loading::Loading;
use super::rates::Cells;
use super::taken::{Taken, take_quotas};
use crate::call::Call;
use crate::clock;
use crate::notes::Notes;
use crate::queue::Ask;
use crate::request::HttpRequest;
use crate::scope::Scope;
use crate::trace::signed;

/// What one attempt pays.
#[derive(Debug)]
pub(crate) struct Admission {
    stage: Stage,
    limit_key: LimitKey,
    taken: Vec<Taken>,
    queued: Option<Duration>,
    /// Whether a layer further out repeats attempts.
    is_repeated: bool,
}

#[derive(Debug)]
enum Stage {
    Refused(Refusal),
    Loading(Box<(Loading, Option<Box<Acquire>>)>),
    Waiting(Box<Acquire>),
    Acquired(Vec<Pass>, Vec<Cells>),
    Over,
}

/// How the pacer of an attempt stands after its answer.
#[derive(Default)]
struct After {
    ticket: Option<Ticket>,
    closed_until: Option<Instant>,
    is_limited: bool,
    spaces_out: bool,
    unread: Option<Unread>,
}

// ===== impl Admission =====

impl Admission {
    /// What this attempt has to pay.
    pub(crate) fn of<R: HttpRequest>(call: &Call<R>) -> Self {
        let (request, context) = (&call.request, &call.context);
        let limits = context.scope.limits();
        let path = request.path();
        let principal = context.principal_of(request.headers());
        let limit_key = limits.limit_key(request.method(), path, principal);
        let cost = cost_of(call);
        let acquire = || Box::new(acquire(call, limit_key, cost));
        let counters = limits.counters(principal);
        let (stage, taken) = match Loading::of(counters, cost, context) {
            Ok(counters) => Stage::enter(take_quotas(counters, cost), acquire),
            Err(loading) => {
                let stage = Stage::Loading(Box::new((loading, Some(acquire()))));
                (stage, Vec::new())
            }
        };
        Self {
            stage,
            limit_key,
            taken,
            queued: None,
            is_repeated: context.retried_outside,
        }
    }

    /// For an attempt that went before anything was known of a limit, and whose answer speaks of one.
    #[cold]
    pub(crate) fn late(scope: &Scope, limit_key: LimitKey, is_repeated: bool) -> Self {
        let pacers = scope.limits().pacers();
        let line = pacers.pacer(limit_key, scope.policy().limits().pacing);
        let ticket = line.limiter.pacer().late(clock::now());
        Self {
            stage: Stage::Acquired(vec![Pass::new(line, ticket)], Vec::new()),
            limit_key,
            taken: Vec::new(),
            queued: None,
            is_repeated,
        }
    }

    /// Ready when everything is paid.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        if let Stage::Loading(loading) = &mut self.stage {
            let (loading, acquire) = &mut **loading;
            let (counters, cost) = ready!(loading.poll(cx));
            if let Some(acquire) = acquire.take() {
                (self.stage, self.taken) = Stage::enter(take_quotas(counters, cost), || acquire);
            }
        }
        match &mut self.stage {
            Stage::Loading(_) => Poll::Pending,
            Stage::Refused(refusal) => Poll::Ready(Err(*refusal)),
            Stage::Acquired(..) | Stage::Over => Poll::Ready(Ok(())),
            Stage::Waiting(acquire) => {
                let through = ready!(acquire.poll(cx))?;
                if let Some(queued) = through.queued {
                    event(queued);
                }
                self.queued = through.queued;
                self.stage = Stage::Acquired(through.passes, through.cells);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// The request is sent.
    pub(crate) fn spend(&mut self) {
        if let Stage::Acquired(_, cells) = &mut self.stage {
            for cells in std::mem::take(cells) {
                cells.spend();
            }
        }
        for taken in &mut self.taken {
            taken.spend();
        }
    }

    /// There was no answer.
    pub(crate) fn failed(&mut self, notes: &mut Notes) {
        notes.queue_more(self.queued.unwrap_or_default());
    }

    /// What an answer says to all who are limited with this attempt. What is returned belongs to the body of the answer.
    pub(crate) fn answered(
        &mut self,
        scope: &Scope,
        judged: &Judged,
        headers: &HeaderMap,
        notes: &mut Notes,
    ) -> Option<Unread> {
        self.quota_spent(judged);
        notes.queue_more(self.queued.unwrap_or_default());
        let Stage::Acquired(mut passes, _) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        let answer = Answer::of(scope, judged, headers);
        let own = passes.pop().map(|pass| self.tell_own(pass, &answer));
        let own = own.unwrap_or_default();
        let endpoint = self.tell_endpoint(passes.pop(), own.ticket, &answer);
        notes.is_paced = own.spaces_out;
        let is_busy = matches!(answer.heard, Feedback::Refused { is_busy: true, .. });
        let is_refused = answer.heard != Feedback::Passed;
        let origin = scope.limits().pacers();
        // A single one that is only busy is no limit.
        if is_refused && (own.spaces_out || !is_busy) {
            origin.refused();
        }
        match answer.is_sign() || own.is_limited {
            true => origin.listen(),
            false => origin.heard_nothing(),
        }
        let oddities = judged.hints.oddity().into_iter();
        for oddity in oddities.chain(answer.allowances.oddity()) {
            warn(scope, oddity, headers);
        }
        let closed_until = own.closed_until.max(endpoint);
        notes.closed_until = closed_until.filter(|_| self.is_repeated);
        notes.is_paced &= self.is_repeated && is_refused;
        own.unread
    }

    /// Tells the pacer of the attempt, or of the bucket that the answer names.
    fn tell_own(&self, mut pass: Pass, answer: &Answer<'_>) -> After {
        let (heard, allowances) = (answer.heard, &answer.allowances);
        let origin = answer.scope.limits().pacers();
        let pacing = answer.scope.policy().limits().pacing;
        let bucket = allowances.bucket();
        if let Some(bucket) = bucket {
            let line = origin.bucket(self.limit_key, bucket, pacing);
            if !Arc::ptr_eq(&line, pass.line()) {
                pass = pass.moved(&line);
            }
        }
        let ticket = pass.ticket();
        let line = Arc::clone(pass.line());
        let change = pass.tell(heard, allowances, |refusals| {
            closed_for(answer.scope, refusals)
        });
        let unread = (heard == Feedback::Passed).then(|| Pass::unread(&line));
        if bucket.is_none() {
            origin.told(self.limit_key, allowances);
            match (answer.asked(), change.closed_until, ticket) {
                // Our own backoff is no evidence of anything.
                (Some(asked), Some(until), _) => {
                    origin.closed(self.limit_key, asked, until, pacing);
                }
                (None, _, Some(ticket)) if answer.is_accepted() => {
                    origin.passed(self.limit_key, ticket.sent(), pacing);
                }
                _ => {}
            }
        }
        if let (Some(asked), true) = (answer.asked(), allowances.is_global()) {
            origin.close_all(self.limit_key.principal, asked);
        }
        let pacer = line.limiter.pacer();
        let is_said = !pacer.is_closed_on_a_guess();
        After {
            ticket,
            closed_until: change.closed_until.filter(|_| is_said),
            is_limited: !pacer.is_plain(),
            spaces_out: pacer.spaces_out(),
            unread: unread.flatten(),
        }
    }

    /// Tells the gate of the endpoint, and says until when the answer closed it.
    fn tell_endpoint(
        &self,
        pass: Option<Pass>,
        ticket: Option<Ticket>,
        answer: &Answer<'_>,
    ) -> Option<Instant> {
        let pacers = answer.scope.limits().pacers();
        let (pass, heard) = match (answer.closes, pass) {
            (Some(asked), pass) => {
                let pass = pass.unwrap_or_else(|| pacers.late_pass(self.limit_key, ticket));
                let refused = Feedback::Refused {
                    asked: Some(asked),
                    is_reset: false,
                    is_busy: false,
                };
                (pass, refused)
            }
            (None, Some(pass)) => (pass, Feedback::Passed),
            (None, None) => return None,
        };
        let change = pass.tell(heard, &Allowances::default(), |refusals| {
            closed_for(answer.scope, refusals)
        });
        change.closed_until.filter(|_| answer.closes.is_some())
    }

    /// The server says that a quota is used up: nobody needs to ask again before it resets.
    fn quota_spent(&self, judged: &Judged) {
        let Some(window) = judged.quota else {
            return;
        };
        let asked = judged.hints.retry_after;
        let until = asked.and_then(|asked| clock::wall().checked_add(asked.wait));
        for taken in &self.taken {
            let same = match (window, taken.window()) {
                (Window::Day, QuotaWindow::Day)
                | (Window::Week, QuotaWindow::Week)
                | (Window::Month, QuotaWindow::Month) => true,
                (Window::Unknown, _) => self.taken.len() == 1,
                _ => false,
            };
            if same {
                taken.spend_all(until);
            }
        }
    }
}

impl Stage {
    /// What comes after the quotas.
    fn enter(
        taken: Result<Vec<Taken>, Refusal>,
        acquire: impl FnOnce() -> Box<Acquire>,
    ) -> (Self, Vec<Taken>) {
        match taken {
            Err(refusal) => (Self::Refused(refusal), Vec::new()),
            Ok(taken) => (Self::Waiting(acquire()), taken),
        }
    }
}

fn cost_of<R: HttpRequest>(call: &Call<R>) -> u32 {
    let request = &call.request;
    let head = || RequestHead::new(request.method(), request.url(), request.headers());
    let policy = call.context.scope.policy();
    let terms = call.context.terms();
    terms.cost.unwrap_or_else(|| policy.limits().cost.of(head))
}

fn acquire<R: HttpRequest>(call: &Call<R>, limit_key: LimitKey, cost: u32) -> Acquire {
    let context = &call.context;
    let limits = context.scope.limits();
    let policy = context.scope.policy().limits();
    let mut pacers = Vec::new();
    if limits.is_listening() {
        // The pace is the last to be waited for: a turn that was taken must not wait for a gate.
        pacers.extend(limits.pacers().endpoint(limit_key));
        pacers.push(limits.pacers().pacer(limit_key, policy.pacing));
    }
    let retry_for = context.terms().retry_for;
    let patience = clock::now().checked_add(retry_for);
    let latest = context.latest_start();
    let ask = Ask {
        rank: context.rank(),
        cost,
        is_last: context.attempt > 0 && !context.may_follow,
        latest,
        patience: retry_for,
        heeds_gate: policy.gate,
        is_paced: policy.pacing != Pacing::Off,
        // A server that is closed is waited for as long as a retry would be.
        latest_opening: match (latest, patience) {
            (Some(latest), Some(patience)) => Some(latest.min(patience)),
            (latest, patience) => latest.or(patience),
        },
    };
    let bounds = Bounds {
        max_wait: policy.max_wait,
        max_queue: policy.max_queue,
    };
    let own = Own {
        pacers: Arc::clone(limits.pacers()),
        limit_key,
        pacing: policy.pacing,
    };
    Acquire::new(pacers, own, limits.rates(limit_key), ask, bounds)
}

fn event(queued: Duration) {
    tracing::event!(
        target: "steadfast",
        tracing::Level::DEBUG,
        steadfast.queued_ms = signed(queued.as_millis()),
        "waited {} for the rate limit",
        Human(queued)
    );
}

/// Once per origin: what is wrong with which header, and what it says. A wait that cannot be read is warned about
/// whatever else was.
fn warn(scope: &Scope, oddity: Oddity, headers: &HeaderMap) {
    if !scope.limits().pacers().warns(oddity) {
        return;
    }
    let lines = headers.get_all(oddity.header).iter();
    let lines: Vec<_> = lines.map(|value| value.as_bytes()).collect();
    let value = lines.join(&b", "[..]);
    let value = String::from_utf8_lossy(&value);
    let value: String = one_line(&value).take(100).collect();
    tracing::event!(
        target: "steadfast",
        tracing::Level::WARN,
        steadfast.header = oddity.header,
        steadfast.header_value = %value,
        server.address = scope.limits().place().origin(),
        "{oddity}",
    );
}
