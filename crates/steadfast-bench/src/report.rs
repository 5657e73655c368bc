//! What was measured, for people and for programs.

use crate::measure::Measured;

/// What a stack adds to its terminal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Added {
    /// Nanoseconds; within the noise it can be below zero.
    pub ns: f64,
    /// How often memory is asked for.
    pub allocs: f64,
    /// Instructions, where both were counted.
    pub instr: Option<f64>,
}

/// What `one` adds to the terminal below it.
pub fn added(one: &Measured, all: &[Measured]) -> Option<Added> {
    let is_base = |m: &&Measured| m.row.name == one.row.base && m.row.terminal == one.row.terminal;
    let base = all.iter().find(is_base)?;
    let instr = one
        .instr
        .zip(base.instr)
        .map(|(one, base)| one as f64 - base as f64);
    Some(Added {
        ns: one.ns - base.ns,
        allocs: one.allocs - base.allocs,
        instr,
    })
}

/// A table: what a call costs in all, and what of it the stack added.
pub fn table(all: &[Measured]) -> String {
    let mut table = format!(
        "{:<33}{:<9}{:>9}{:>8}{:>8}{:>12}{:>8}{:>8}\n",
        "per call", "terminal", "ns", "allocs", "instr", "added: ns", "allocs", "instr"
    );
    for one in all {
        let (name, terminal) = (one.row.name, one.row.terminal.name());
        let instr = one
            .instr
            .map_or_else(|| "-".to_owned(), |instr| instr.to_string());
        table += &format!(
            "{name:<33}{terminal:<9}{:>9.0}{:>8.2}{instr:>8}",
            one.ns, one.allocs
        );
        if let Some(Added { ns, allocs, instr }) = added(one, all).filter(|_| name != one.row.base)
        {
            let instr = instr.map_or_else(|| "-".to_owned(), |instr| format!("{instr:.0}"));
            table += &format!("{ns:>12.0}{allocs:>8.2}{instr:>8}");
        }
        table.push('\n');
    }
    table
}

/// One JSON object: `{"rows":[{"name","terminal","ns","allocs","instr"}]}`; `instr` is null where not counted.
pub fn json(all: &[Measured]) -> String {
    let row = |one: &Measured| {
        let instr = one
            .instr
            .map_or_else(|| "null".to_owned(), |instr| instr.to_string());
        format!(
            r#"{{"name":"{}","terminal":"{}","ns":{:.1},"allocs":{},"instr":{instr}}}"#,
            one.row.name,
            one.row.terminal.name(),
            one.ns,
            one.allocs,
        )
    };
    let rows: Vec<String> = all.iter().map(row).collect();
    format!("{{\"rows\":[{}]}}", rows.join(","))
}
