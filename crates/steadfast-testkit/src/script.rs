//! A script: the steps, and what follows the last one.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::step::Step;

/// Steps, one for each request in the order of arrival.
///
/// After the last step the last step repeats; [`cycle`](Script::cycle) starts again instead. An
/// empty script answers 200 to everything. Usually written with [`script!`](crate::script).
///
/// ```
/// use steadfast_testkit::{Script, Step};
///
/// // A 503 twice, then 200 for ever.
/// let script = Script::new([503, 503, 200]);
/// // The same, grown.
/// let script = Script::new([503]).then(503).then(Step::from(200).body("ok"));
/// # let _ = script;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Script {
    steps: Vec<Step>,
    after: After,
}

#[derive(Clone, Copy, Debug, Default)]
enum After {
    #[default]
    RepeatLast,
    Cycle,
}

// ===== impl Script =====

impl Script {
    /// A script of these steps; the last one repeats.
    pub fn new<S: Into<Step>>(steps: impl IntoIterator<Item = S>) -> Self {
        Self {
            steps: steps.into_iter().map(Into::into).collect(),
            after: After::default(),
        }
    }

    /// Adds a step at the end.
    pub fn then(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// After the last step, repeats the last step: the default.
    pub fn then_repeat(mut self) -> Self {
        self.after = After::RepeatLast;
        self
    }

    /// After the last step, starts again with the first.
    pub fn cycle(mut self) -> Self {
        self.after = After::Cycle;
        self
    }
}

impl<S: Into<Step>> From<S> for Script {
    /// A script of this one step, for every request.
    fn from(step: S) -> Self {
        Self::new([step])
    }
}

/// A script being played.
#[derive(Debug)]
pub(crate) struct Playing {
    script: Script,
    next: AtomicUsize,
}

impl Playing {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            script,
            next: AtomicUsize::new(0),
        }
    }

    /// The step for the request that arrives now.
    pub(crate) fn next(&self) -> Step {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let steps = &self.script.steps;
        let step = match self.script.after {
            After::RepeatLast => steps.get(n).or_else(|| steps.last()),
            After::Cycle => n.checked_rem(steps.len()).and_then(|n| steps.get(n)),
        };
        step.cloned().unwrap_or_else(|| Step::status(200))
    }
}

/// A [`Script`](crate::Script) written down: statuses, statuses with setters, and the words
/// `reset`, `fin`, `silence`, `hang`, `refuse` and `dynamic(..)`.
///
/// | step | what happens |
/// |---|---|
/// | `503` | that status, nothing else ([`Step::status`](crate::Step::status)) |
/// | `429.retry_after(2)` | with any setter of [`Step`](crate::Step) |
/// | `reset` | the request is read, then RST ([`Step::reset`](crate::Step::reset)) |
/// | `fin` | the request is read, then FIN ([`Step::closed`](crate::Step::closed)) |
/// | `silence` | the request is read, nothing follows ([`Step::silence`](crate::Step::silence)) |
/// | `hang` | only the head is read, nothing follows ([`Step::unread`](crate::Step::unread)) |
/// | `refuse` | connection refused, transport only ([`Step::refuse`](crate::Step::refuse)) |
/// | `dynamic(\|request\| ..)` | a step chosen by the request ([`Step::dynamic`](crate::Step::dynamic)) |
/// | any other expression | whatever converts into a [`Step`](crate::Step) |
///
/// `script![503; 3]` is the same step three times. After the last step the last step repeats.
///
/// ```
/// use steadfast_testkit::script;
///
/// let script = script![503, 429.retry_after(2), reset, 200.json(r#"{"ok":true}"#)];
/// let outage = script![503; 3].then(200);
/// let flapping = script![200, 503].cycle();
/// # let _ = (script, outage, flapping);
/// ```
#[macro_export]
macro_rules! script {
    ($step:expr; $times:expr) => {{
        #[allow(unused_imports, reason = "not every script needs the words")]
        use $crate::words::*;
        $crate::Script::new(::std::iter::repeat_n($crate::Step::from($step), $times))
    }};
    ($($step:expr),* $(,)?) => {{
        #[allow(unused_imports, reason = "not every script needs the words")]
        use $crate::words::*;
        let steps: ::std::vec::Vec<$crate::Step> = ::std::vec![$($crate::Step::from($step)),*];
        $crate::Script::new(steps)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Act;

    fn statuses(script: Script, requests: usize) -> Vec<u16> {
        let playing = Playing::new(script);
        (0..requests)
            .map(|_| match playing.next().act {
                Act::Answer(answer) => answer.status,
                _ => 0,
            })
            .collect()
    }

    #[test]
    fn the_last_step_repeats() {
        assert_eq!(
            statuses(script![503, reset, 200], 5),
            [503, 0, 200, 200, 200]
        );
        assert_eq!(
            statuses(script![503; 2].then(200).then_repeat(), 4),
            [503, 503, 200, 200]
        );
    }

    #[test]
    fn a_cycle_starts_again() {
        assert_eq!(
            statuses(script![200, 503].cycle(), 5),
            [200, 503, 200, 503, 200]
        );
    }

    #[test]
    fn an_empty_script_answers_200() {
        assert_eq!(statuses(script![], 2), [200, 200]);
        assert_eq!(statuses(script![].cycle(), 2), [200, 200]);
    }

    #[test]
    fn numbers_words_setters_and_closures_are_steps() {
        let late = Step::from(204);
        let script = script![
            429.retry_after(2),
            silence,
            hang,
            fin,
            refuse,
            late,
            http::StatusCode::IM_A_TEAPOT.body("short and stout"),
            dynamic(|request| if request.n == 0 { 500 } else { 501 }),
        ];
        assert_eq!(statuses(script, 8), [429, 0, 0, 0, 0, 204, 418, 0]);
    }
}
