//! One row of the table: a name, a terminal, and how to make the calls.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::terminal::Terminal;
use crate::{over_reqwest, over_tower};

/// Makes that many calls, one after the other.
pub type Calls = Box<dyn FnMut(u64)>;

/// A stack over a terminal.
#[derive(Clone, Copy)]
pub struct Row {
    /// The name in tables and in JSON.
    pub name: &'static str,
    /// The row of the same family without a stack; what is above it, this stack added.
    pub base: &'static str,
    /// The end of the stack.
    pub terminal: Terminal,
    /// Builds the stack.
    pub build: fn(Terminal) -> Calls,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}", self.name, self.terminal.name())
    }
}

/// All rows that were built in, each over both terminals.
pub fn all() -> Vec<Row> {
    let over = |terminal| {
        over_reqwest::STACKS
            .iter()
            .chain(over_tower::STACKS)
            .map(move |&(name, base, build)| Row {
                name,
                base,
                terminal,
                build,
            })
    };
    Terminal::ALL.into_iter().flat_map(over).collect()
}

/// Polls until it is done, on this thread and without waiting: every future here wakes itself.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
