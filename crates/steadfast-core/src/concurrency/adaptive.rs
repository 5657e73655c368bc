//! A limit that is found out: values in, a number out.
//!
//! The server is taken for one of three kinds, and each has its part of the law.
//!
//! *It refuses what is more than K.* While all of the limit is in use and nothing is refused, the limit is raised by one
//! (additive increase; Chiu and Jain 1989), at first and after a row of raises with every answer (slow start; RFC 5681
//! section 3.1). A raise that is refused at once is taken back, and the next one waits twice as long: a limit that was found
//! costs few refusals. Where refusals come without a raise, the limit is cut by their share (as DCTCP does, RFC 8257
//! section 3.3): of L at once a share s is refused by a server that bears K = L(1 - s).
//!
//! *It refuses for other reasons*: by chance, by a rate, because it is down. A cut predicts what share will be refused after
//! it. If the share stays nearer to what it was, the cut was in vain: the limit is put back, and such a share is taken for
//! noise from then on. So an outage does not throw the limit away.
//!
//! *It queues*, and refuses nothing. Its latency rises with the load. While the median is more than twice the latency at
//! rest the limit falls by a tenth per stage (TCP Vegas, Brakmo and Peterson 1994; the gradient of Netflix and Envoy). The
//! latency at rest is the smallest median seen. If ten cuts do not help, the server itself has become slower: for one stage
//! half of the limit is used, and its median is the new rest (as BBR probes its round trip time, and Envoy its minRTT).
//!
//! Answers belong to an epoch, which ends with a cut: what was sent before a cut says nothing of what came of it.

use std::time::Duration;

use super::{Answer, ConcurrencyLimit, stage::Stage};

/// Where the limit starts: the first burst is small, and slow start doubles it with each round trip.
const START: u32 = 4;
/// So many answers with all of the limit in use prove a raise.
const PROOF: u32 = 3;
/// The most clean stages between two raises.
const LONGEST_HOLD: u32 = 4;
/// After so many raises in a row every answer raises the limit.
const IN_A_ROW: u32 = 3;
/// The least part that one cut leaves.
const DEEPEST_CUT: f64 = 0.25;
/// A median of more than this many times the latency at rest is slow.
const SLOW: u32 = 2;
/// After so many slow stages in a row the latency at rest is measured anew.
const SLOW_STAGES: u32 = 10;

/// A limit that is found out. It reads no clock: whoever calls says how long answers took.
#[derive(Clone, Debug)]
pub struct Adaptive {
    least: u32,
    most: u32,
    limit: u32,
    epoch: u32,
    stage: Stage,
    growth: Growth,
    /// The most under way that were served, since the last cut.
    served: u32,
    /// The last cut for refusals, until it is known whether it helped.
    cut: Option<Cut>,
    /// The share of refusals that does not depend on the load.
    noise: f64,
    rest: Rest,
}

/// One answer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The [epoch](Adaptive::epoch) in which it was sent.
    pub epoch: u32,
    /// How many were under way when it was sent, itself included.
    pub in_flight: u32,
    /// From its start to the head of its response.
    pub latency: Duration,
    /// What came back.
    pub answer: Answer,
}

/// How the limit rises.
#[derive(Clone, Debug)]
struct Growth {
    /// With every answer.
    is_open: bool,
    /// Answers since it last rose.
    earned: u32,
    /// Answers that the last raise still needs for its proof.
    unproven: u32,
    /// Clean stages that a raise takes, and those that were.
    hold: u32,
    clean: u32,
    in_a_row: u32,
}

/// A cut for refusals.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// The limit before.
    from: u32,
    /// A share of refusals above this means that it did not help.
    in_vain: f64,
}

/// The latency of a server at rest.
#[derive(Clone, Debug, Default)]
struct Rest {
    latency: Option<Duration>,
    slow: u32,
    /// The limit to return to, while it is measured anew.
    measured_from: Option<u32>,
}

// ===== impl Adaptive =====

impl Adaptive {
    /// A limit that knows nothing yet; a fixed one stays as it is.
    #[must_use]
    pub fn new(limit: ConcurrencyLimit) -> Self {
        let (least, most) = match limit {
            ConcurrencyLimit::Fixed(attempts) => (attempts, attempts),
            ConcurrencyLimit::Adaptive { least, most } => (least, most),
        };
        Self {
            least,
            most,
            limit: START.max(least).min(most),
            epoch: 0,
            stage: Stage::default(),
            growth: Growth::open(),
            served: 0,
            cut: None,
            noise: 0.0,
            rest: Rest::default(),
        }
    }

    /// How many may be under way now.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The number of the time since the last cut, for [`Sample::epoch`].
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Hears an answer; the limit may be another one afterwards.
    pub fn hear(&mut self, sample: &Sample) {
        if sample.epoch != self.epoch || sample.answer == Answer::Neutral {
            return;
        }
        self.stage.add(sample, self.limit);
        let at_limit = sample.in_flight >= self.limit;
        match sample.answer {
            Answer::Refused if self.is_evidence(sample.in_flight) => {
                return self.take_back(sample.in_flight);
            }
            Answer::Good => {
                self.served = self.served.max(sample.in_flight);
                self.growth.earned = self.growth.earned.saturating_add(1);
                if at_limit && !self.is_measuring() {
                    self.growth_proven();
                }
            }
            _ => {}
        }
        if self.stage.is_over() {
            self.judge();
        }
    }

    const fn is_measuring(&self) -> bool {
        self.rest.measured_from.is_some()
    }

    /// Whether one refusal says that the last raise was one too many: so many were never served before.
    fn is_evidence(&self, in_flight: u32) -> bool {
        let growing = self.growth.is_open || self.growth.unproven > 0;
        growing && in_flight > self.served && self.noise == 0.0 && self.limit > self.least
    }

    /// All of the limit was in use, and it was served.
    fn growth_proven(&mut self) {
        if self.growth.is_open {
            // Those that were sent together with it were served before it.
            let earned = std::mem::take(&mut self.growth.earned);
            return self.raise_to(self.limit.saturating_add(earned.min(self.limit)));
        }
        if self.growth.unproven == 1 {
            self.growth.hold = (self.growth.hold / 2).max(1);
            self.growth.in_a_row += 1;
            self.growth.is_open = self.growth.in_a_row >= IN_A_ROW;
        }
        self.growth.unproven = self.growth.unproven.saturating_sub(1);
    }

    /// The last raise was one too many: so many under way were refused.
    fn take_back(&mut self, in_flight: u32) {
        self.growth = Growth {
            hold: (self.growth.hold * 2).min(LONGEST_HOLD),
            ..Growth::steady()
        };
        self.cut_to(self.limit.min(in_flight).saturating_sub(1));
    }

    /// A stage is over.
    fn judge(&mut self) {
        let mut stage = std::mem::take(&mut self.stage);
        let share = stage.share();
        if let Some(cut) = self.cut.take() {
            if share > cut.in_vain {
                self.noise = self.noise.max(share);
                self.growth = Growth::steady();
                return self.raise_to(cut.from);
            }
        }
        // As much as noise twice over is noise.
        if stage.refused > 1 && 1.0 - share < (1.0 - self.noise).powi(2) {
            match self.limit > self.least {
                true => return self.cut_by(share),
                // It cannot be less.
                false => self.noise = share,
            }
        }
        self.noise = self.noise.min(self.noise * 0.75 + share * 0.25);
        if self.noise < 0.01 {
            self.noise = 0.0;
        }
        if self.is_slow(&mut stage) {
            return;
        }
        // Less than the whole limit was asked for: nothing is known of more.
        if stage.was_used(self.limit) && !self.growth.is_open {
            self.growth.clean += 1;
            if self.growth.clean >= self.growth.hold && self.growth.unproven == 0 {
                self.growth.clean = 0;
                self.growth.unproven = PROOF;
                self.raise_to(self.limit.saturating_add(1));
            }
        }
    }

    /// A share of what was under way is refused.
    fn cut_by(&mut self, share: f64) {
        let before = f64::from(self.limit);
        let borne = before * (1.0 - share);
        let to = borne.max(before * DEEPEST_CUT).floor().max(1.0);
        let expected = (1.0 - borne / to).max(0.0);
        let from = self.limit;
        self.growth = Growth::steady();
        self.cut_to((to as u32).min(from - 1));
        let in_vain = f64::midpoint(expected, share);
        self.cut = Some(Cut { from, in_vain });
    }

    /// Whether the latency of a stage says that the server queues; then there is less from now on.
    fn is_slow(&mut self, stage: &mut Stage) -> bool {
        let Some(median) = stage.median() else {
            return false;
        };
        if let Some(limit) = self.rest.measured_from.take() {
            self.rest.latency = Some(median);
            self.raise_to(limit);
            return true;
        }
        let rest = *self.rest.latency.get_or_insert(median);
        self.rest.latency = Some(rest.min(median));
        if median <= rest.saturating_mul(SLOW) || !stage.was_used(self.limit) {
            self.rest.slow = 0;
            return false;
        }
        self.growth = Growth::steady();
        self.rest.slow += 1;
        if self.rest.slow < SLOW_STAGES {
            self.cut_to(self.limit - (self.limit / 10).max(1));
        } else {
            self.rest.slow = 0;
            self.rest.measured_from = Some(self.limit);
            self.cut_to(self.limit / 2);
        }
        true
    }

    fn raise_to(&mut self, limit: u32) {
        self.limit = limit.clamp(self.least, self.most);
    }

    fn cut_to(&mut self, limit: u32) {
        self.limit = limit.clamp(self.least, self.most);
        self.epoch = self.epoch.wrapping_add(1);
        self.served = self.served.min(self.limit);
        self.stage = Stage::default();
    }
}

// ===== impl Sample =====

impl Sample {
    /// What came back in so much time, of an attempt that was sent in this epoch as the last of so many.
    #[must_use]
    pub const fn new(epoch: u32, in_flight: u32, latency: Duration, answer: Answer) -> Self {
        Self {
            epoch,
            in_flight,
            latency,
            answer,
        }
    }
}

// ===== impl Growth =====

impl Growth {
    const fn open() -> Self {
        Self {
            is_open: true,
            ..Self::steady()
        }
    }

    const fn steady() -> Self {
        Self {
            is_open: false,
            earned: 0,
            unproven: 0,
            hold: 1,
            clean: 0,
            in_a_row: 0,
        }
    }
}
