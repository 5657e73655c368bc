//! `throttle [--json] [--check] [--calls N] [--shape NAME] [--row NAME] [--seed N]`

use super::row::{ROWS, Row};
use super::shape::Shape;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// One JSON object per line instead of tables.
    pub json: bool,
    /// Exit status 1 when a promise is not kept.
    pub check: bool,
    /// Calls of each run. Default: 3,000.
    pub calls: u32,
    /// Default: 1.
    pub seed: u64,
    /// Default: all.
    pub shapes: Vec<Shape>,
    /// Default: all.
    pub rows: Vec<Row>,
}

impl Arguments {
    /// Reads what follows `throttle`.
    ///
    /// # Errors
    /// What cannot be read, with what could be.
    pub fn read(arguments: &[String]) -> Result<Self, String> {
        let mut read = Self {
            json: false,
            check: false,
            calls: 3_000,
            seed: 1,
            shapes: Vec::new(),
            rows: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                let value = rest.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--json" => read.json = true,
                "--check" => read.check = true,
                "--calls" => read.calls = number(value()?)?,
                "--seed" => read.seed = number(value()?)?,
                "--shape" => read.shapes.push(shape(value()?)?),
                "--row" => read.rows.push(row(value()?)?),
                _ => return Err(unknown(argument)),
            }
        }
        if read.shapes.is_empty() {
            read.shapes = Shape::ALL.to_vec();
        }
        if read.rows.is_empty() {
            read.rows = ROWS.to_vec();
        }
        Ok(read)
    }
}

fn unknown(argument: &str) -> String {
    format!(
        "unknown argument {argument}; known are --json, --check, --calls N, --seed N, --shape NAME and --row NAME"
    )
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("`{value}` is not a number that fits"))
}

fn shape(name: &str) -> Result<Shape, String> {
    let found = Shape::ALL.into_iter().find(|shape| shape.name == name);
    found.ok_or_else(|| {
        let known = Shape::ALL.map(|shape| shape.name);
        format!("unknown shape `{name}`; known are: {}", known.join(", "))
    })
}

/// By name or by number.
fn row(name: &str) -> Result<Row, String> {
    let is_it = |row: &Row| row.name == name || row.number.to_string() == name;
    ROWS.into_iter().find(is_it).ok_or_else(|| {
        let known = ROWS.map(|row| format!("{} {}", row.number, row.name));
        format!("unknown row `{name}`; known are: {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<Arguments, String> {
        let arguments: Vec<_> = line.iter().map(|&word| word.to_owned()).collect();
        Arguments::read(&arguments)
    }

    #[test]
    fn without_arguments_everything_is_played() {
        let all = read(&[]).unwrap();
        assert_eq!((all.rows.len(), all.shapes.len()), (5, 5));
        assert_eq!(
            (all.calls, all.seed, all.json, all.check),
            (3_000, 1, false, false)
        );
    }

    #[test]
    fn rows_are_chosen_by_name_or_number_and_shapes_by_name() {
        let line = [
            "--row",
            "bare",
            "--row",
            "1",
            "--shape",
            "fixed 100/s",
            "--calls",
            "7",
            "--seed",
            "8",
        ];
        let some = read(&line).unwrap();
        let rows: Vec<_> = some.rows.iter().map(|row| row.number).collect();
        assert_eq!(rows, [4, 1]);
        assert_eq!((some.shapes[0].name, some.shapes.len()), ("fixed 100/s", 1));
        assert_eq!((some.calls, some.seed), (7, 8));
    }

    #[test]
    fn a_mistake_is_told_with_what_would_be_right() {
        for (line, what) in [
            (&["--fast"][..], "unknown argument --fast; known are --json"),
            (&["--calls"], "--calls needs a value"),
            (&["--calls", "-1"], "`-1` is not a number"),
            (
                &["--shape", "100/s"],
                "unknown shape `100/s`; known are: 100/s burst 10, 20/s",
            ),
            (
                &["--row", "6"],
                "unknown row `6`; known are: 1 configured, 2 retry-after",
            ),
        ] {
            let mistake = read(line).unwrap_err();
            assert!(mistake.starts_with(what), "{mistake}");
        }
    }
}
