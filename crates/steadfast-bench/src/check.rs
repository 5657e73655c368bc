//! What we promise about the happy path, held against what was measured.

use crate::measure::Measured;
use crate::report::{Added, added};
use crate::terminal::Terminal;

/// Allocations that the whole stack may add through the bridge.
const ALLOCATIONS: f64 = 8.0;

/// The most instructions that it may add, in those that a peer adds.
const PEERS: [(&str, f64); 2] = [
    ("reqwest-retry", 1.6),
    ("reqwest-retry+tracing+ratelimit", 0.75),
];

/// One sentence for each promise that was not kept, or that could not be looked at.
pub fn broken(all: &[Measured]) -> Vec<String> {
    let mut broken = Vec::new();
    for terminal in Terminal::ALL {
        let find = |name: &str| find(name, terminal, all);
        let over = terminal.name();
        match find("steadfast-reqwest") {
            None => broken.push(format!("over {over}: there is no row steadfast-reqwest")),
            Some(ours) => {
                if ours.allocs > ALLOCATIONS {
                    broken.push(format!(
                        "over {over}: steadfast-reqwest adds {} allocations, more than {ALLOCATIONS}",
                        ours.allocs
                    ));
                }
                for (peer, most) in PEERS {
                    broken.extend(compared(ours, (peer, find(peer)), most, over));
                }
            }
        }
    }
    broken
}

fn find(name: &str, terminal: Terminal, all: &[Measured]) -> Option<Added> {
    let is_it = |m: &&Measured| m.row.name == name && m.row.terminal == terminal;
    added(all.iter().find(is_it)?, all)
}

fn compared(
    ours: Added,
    (name, peer): (&str, Option<Added>),
    most: f64,
    over: &str,
) -> Option<String> {
    let Some(peer) = peer else {
        return Some(format!(
            "over {over}: there is no row {name} to compare with"
        ));
    };
    let Some((ours, peer)) = ours.instr.zip(peer.instr) else {
        return Some(format!(
            "over {over}: instructions were not counted (is valgrind there?)"
        ));
    };
    let ratio = ours / peer;
    (ratio > most).then(|| {
        format!(
            "over {over}: steadfast-reqwest adds {ratio:.2}x the instructions of {name}, more than {most}x"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Row;

    fn measured(name: &'static str, terminal: Terminal, allocs: f64, instr: u64) -> Measured {
        let base = if name.contains("tower") {
            "tower-terminal"
        } else {
            "terminal"
        };
        let row = Row {
            name,
            base,
            terminal,
            build: |_| Box::new(|_| ()),
        };
        Measured {
            row,
            ns: 1.0,
            allocs,
            instr: Some(instr),
        }
    }

    fn table(ours: f64, instr: u64) -> Vec<Measured> {
        let over = |terminal| {
            [
                measured("terminal", terminal, 10.0, 1_000),
                measured("reqwest-retry", terminal, 17.0, 2_000),
                measured("reqwest-retry+tracing+ratelimit", terminal, 23.0, 3_400),
                measured("steadfast-reqwest", terminal, 10.0 + ours, 1_000 + instr),
            ]
        };
        Terminal::ALL.into_iter().flat_map(over).collect()
    }

    #[test]
    fn what_is_just_within_the_promises_is_not_broken() {
        assert_eq!(broken(&table(8.0, 1_600)), Vec::<String>::new());
    }

    #[test]
    fn each_broken_promise_is_named() {
        let allocs = "steadfast-reqwest adds 9 allocations, more than 8";
        assert!(broken(&table(9.0, 900)).iter().all(|b| b.contains(allocs)));
        let slow = broken(&table(8.0, 1_610));
        assert_eq!(slow.len(), 2, "{slow:?}");
        assert!(
            slow[0].starts_with("over ready: steadfast-reqwest adds 1.61x"),
            "{slow:?}"
        );
        let slower = broken(&table(8.0, 2_000));
        assert_eq!(slower.len(), 4, "{slower:?}");
        assert_eq!(broken(&[]).len(), 2);
    }
}
