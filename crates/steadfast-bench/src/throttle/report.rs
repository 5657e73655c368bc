//! A row for people and for programs.

use super::bound::Refusals;
use super::figures::Figures;
use super::row::{Cell, Row, median};

const HEAD: [&str; 8] = [
    "client", "shape", "ok", "429s", "per ok", "goodput", "p50", "max",
];
/// Columns of words; those after them are numbers.
const WORDS: usize = 2;

/// A heading and a Markdown table, aligned: each client against each shape, and the medians. Under ours, what we promise.
#[must_use]
pub fn table(row: &Row, cells: &[Cell]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    for client in row.compared {
        let of_client = cells.iter().filter(|cell| cell.client.name == client.name);
        lines.extend(of_client.map(|cell| line(client.name, cell.shape.name, &cell.run.figures())));
        lines.push(line(client.name, "median", &median(cells, client.name)));
        if client.ours {
            lines.push(promise(client.name, row));
        }
    }
    format!(
        "### {} {}: {}\n\n{}",
        row.number,
        row.name,
        row.title,
        aligned(&lines)
    )
}

/// One JSON object per cell and line: `{"row","name","shape","client","calls","ok","refused","per_success","goodput",
/// "took","best","p50","max"}`; counts are counts, times are seconds, what could not be calculated is null.
#[must_use]
pub fn json(cells: &[Cell]) -> String {
    cells.iter().map(object).collect()
}

fn object(cell: &Cell) -> String {
    let (row, run, figures) = (&cell.row, &cell.run, cell.run.figures());
    let number = |value: f64| match value.is_finite() {
        true => format!("{value:.6}"),
        false => "null".to_owned(),
    };
    let numbers = [
        ("per_success", figures.per_success),
        ("goodput", figures.goodput),
        ("took", run.took.as_secs_f64()),
        ("best", run.best.as_secs_f64()),
        ("p50", figures.p50),
        ("max", figures.max),
    ];
    let numbers: Vec<_> = numbers
        .iter()
        .map(|(name, value)| format!(r#""{name}":{}"#, number(*value)))
        .collect();
    format!(
        "{{\"row\":{},\"name\":\"{}\",\"shape\":\"{}\",\"client\":\"{}\",\"calls\":{},\"ok\":{},\"refused\":{},{}}}\n",
        row.number,
        row.name,
        cell.shape.name,
        cell.client.name,
        run.calls,
        run.ok,
        run.refused,
        numbers.join(",")
    )
}

fn line(client: &str, shape: &str, figures: &Figures) -> [String; 8] {
    [
        client.to_owned(),
        shape.to_owned(),
        format!("{:.1} %", floored(figures.ok)),
        format!("{:.0}", figures.refused),
        format!("{:.3}", figures.per_success),
        format!("{:.3}", figures.goodput),
        format!("{:.2} s", figures.p50),
        format!("{:.2} s", figures.max),
    ]
}

/// Percent, rounded down: 100 are all.
fn floored(share: f64) -> f64 {
    (share * 1_000.0).floor() / 10.0
}

fn promise(client: &str, row: &Row) -> [String; 8] {
    let (in_all, per_success) = match row.bound.refusals {
        Refusals::InAll(most) => (format!("<= {most}"), String::new()),
        Refusals::PerSuccess(most) => (String::new(), format!("<= {most:.2}")),
    };
    let goodput = format!(">= {:.2}", row.bound.goodput);
    let (ok, none) = ("100 %".to_owned(), String::new);
    [
        client.to_owned(),
        "promised".to_owned(),
        ok,
        in_all,
        per_success,
        goodput,
        none(),
        none(),
    ]
}

/// The first line is the head.
fn aligned(lines: &[[String; 8]]) -> String {
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].len());
        widths.max().unwrap_or_default()
    };
    let widths: [usize; 8] = std::array::from_fn(width);
    let mut table = String::new();
    for (n, line) in lines.iter().enumerate() {
        for (column, (text, width)) in line.iter().zip(widths).enumerate() {
            table += &match column < WORDS {
                true => format!("| {text:<width$} "),
                false => format!("| {text:>width$} "),
            };
        }
        table += "|\n";
        if n == 0 {
            for (column, width) in widths.iter().enumerate() {
                let (dashes, end) = (
                    "-".repeat(width + 1),
                    if column < WORDS { "-" } else { ":" },
                );
                table += &format!("|{dashes}{end}");
            }
            table += "|\n";
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::throttle::{ROWS, Run, Shape};

    fn cells() -> Vec<Cell> {
        let run = Run {
            calls: 3_000,
            ok: 2_999,
            refused: 30,
            took: Duration::from_secs(40),
            times: vec![Duration::from_millis(250), Duration::from_secs(2)],
            best: Duration::from_secs(30),
            arrivals: Vec::new(),
        };
        vec![Cell {
            row: ROWS[4],
            client: ROWS[4].compared[0],
            shape: Shape::ALL[1],
            run,
        }]
    }

    #[test]
    fn a_table_is_markdown_with_its_columns_aligned() {
        let table = table(&ROWS[4], &cells());
        let mut lines = table.lines();
        let heading = "### 5 strangers: four clients that do not know each other; every answer carries `RateLimit`";
        assert_eq!((lines.next(), lines.next()), (Some(heading), Some("")));
        let expected = [
            "| client    | shape        |     ok | 429s |  per ok | goodput |    p50 |    max |",
            "|-----------|--------------|-------:|-----:|--------:|--------:|-------:|-------:|",
            "| steadfast | 20/s burst 1 | 99.9 % |   30 |   0.010 |   0.750 | 2.00 s | 2.00 s |",
            "| steadfast | median       | 99.9 % |   30 |   0.010 |   0.750 | 2.00 s | 2.00 s |",
            "| steadfast | promised     |  100 % |      | <= 0.10 | >= 0.90 |        |        |",
        ];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn json_is_one_object_per_line() {
        let mut cells = cells();
        cells[0].run.times.clear();
        assert_eq!(
            json(&cells),
            "{\"row\":5,\"name\":\"strangers\",\"shape\":\"20/s burst 1\",\"client\":\"steadfast\",\"calls\":3000,\
             \"ok\":2999,\"refused\":30,\"per_success\":0.010003,\"goodput\":0.750000,\"took\":40.000000,\
             \"best\":30.000000,\"p50\":null,\"max\":null}\n"
        );
    }
}
