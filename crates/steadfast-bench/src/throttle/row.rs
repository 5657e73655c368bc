//! What a client may know of a limit, and what is promised for that.

use steadfast_testkit::Says;

use super::bound::{Bound, Refusals};
use super::client::{ALONE, CONFIGURED, Client, UNCONFIGURED};
use super::figures::Figures;
use super::scenario::{Run, Scenario, run};
use super::shape::Shape;

/// One table: the same knowledge, against each shape.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its place.
    pub number: usize,
    /// The name in JSON and on the command line.
    pub name: &'static str,
    /// What is known, for people.
    pub title: &'static str,
    /// What the server says.
    pub says: Says,
    /// How many clients share it.
    pub clients: u32,
    /// Who is compared.
    pub compared: &'static [Client],
    /// What we promise.
    pub bound: Bound,
}

/// One client in one row against one shape.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The row.
    pub row: Row,
    /// The client.
    pub client: Client,
    /// The server.
    pub shape: Shape,
    /// What came of it.
    pub run: Run,
}

/// All rows, from whom all is told to who is told nothing, and those who share.
pub const ROWS: [Row; 5] = [
    Row {
        number: 1,
        name: "configured",
        title: "the rate is configured as it is; 429s carry `Retry-After: 1`",
        says: Says::RetryAfter(1),
        clients: 1,
        compared: CONFIGURED,
        bound: Bound {
            refusals: Refusals::InAll(3.0),
            goodput: 0.98,
        },
    },
    unconfigured(
        2,
        "retry-after",
        "nothing is configured; 429s carry `Retry-After: 1`",
        Says::RetryAfter(1),
        (0.05, 0.90),
    ),
    unconfigured(
        3,
        "ratelimit",
        "nothing is configured; every answer carries `RateLimit`",
        Says::RateLimit,
        (0.03, 0.95),
    ),
    unconfigured(
        4,
        "bare",
        "nothing is configured; 429s say nothing",
        Says::Nothing,
        (0.10, 0.90),
    ),
    Row {
        clients: 4,
        compared: ALONE,
        ..unconfigured(
            5,
            "strangers",
            "four clients that do not know each other; every answer carries `RateLimit`",
            Says::RateLimit,
            (0.10, 0.90),
        )
    },
];

const fn unconfigured(
    number: usize,
    name: &'static str,
    title: &'static str,
    says: Says,
    (per_success, goodput): (f64, f64),
) -> Row {
    Row {
        number,
        name,
        title,
        says,
        clients: 1,
        compared: UNCONFIGURED,
        bound: Bound {
            refusals: Refusals::PerSuccess(per_success),
            goodput,
        },
    }
}

impl Row {
    /// Plays it against these shapes; client by client, in the order of the shapes.
    #[must_use]
    pub fn play(&self, shapes: &[Shape], calls: u32, seed: u64) -> Vec<Cell> {
        let cell = |client: Client, shape: Shape| {
            let scenario = Scenario {
                clients: self.clients,
                calls,
                seed,
                ..Scenario::new(shape, self.says)
            };
            Cell {
                row: *self,
                client,
                shape,
                run: run(&scenario, client.build),
            }
        };
        let cells = self.compared.iter();
        cells
            .flat_map(|client| shapes.iter().map(|shape| cell(*client, *shape)))
            .collect()
    }
}

/// The medians of one client over the shapes of one row.
#[must_use]
pub fn median(cells: &[Cell], client: &str) -> Figures {
    let cells = cells.iter().filter(|cell| cell.client.name == client);
    let figures: Vec<_> = cells.map(|cell| cell.run.figures()).collect();
    Figures::median(&figures)
}

/// One sentence for each promise of a row that was not kept.
#[must_use]
pub fn broken(row: &Row, cells: &[Cell]) -> Vec<String> {
    let ours = row.compared.iter().filter(|client| client.ours);
    let broken = ours.flat_map(|client| row.bound.broken(&median(cells, client.name)));
    broken
        .map(|what| format!("row {} ({}): {what}", row.number, row.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cell(client: Client, refused: u64) -> Cell {
        let run = Run {
            calls: 10,
            ok: 10,
            refused,
            took: Duration::from_secs(1),
            times: vec![Duration::ZERO],
            best: Duration::from_secs(1),
            arrivals: Vec::new(),
        };
        Cell {
            row: ROWS[0],
            client,
            shape: Shape::ALL[0],
            run,
        }
    }

    #[test]
    fn promises_hold_for_the_median_of_our_own_client_and_for_nobody_else() {
        let ours = ROWS[0].compared[0];
        let other = Client {
            name: "other",
            ours: false,
            ..ours
        };
        let mut cells = vec![cell(ours, 9), cell(ours, 3), cell(ours, 0)];
        cells.extend([cell(other, 99), cell(other, 99)]);
        assert_eq!(broken(&ROWS[0], &cells), Vec::<String>::new());
        cells[1] = cell(ours, 4);
        assert_eq!(
            broken(&ROWS[0], &cells),
            ["row 1 (configured): 4.000 429s in all, 3 are allowed"]
        );
    }

    #[test]
    fn a_row_is_played_by_each_client_against_each_shape() {
        let cells = ROWS[4].play(&Shape::ALL[2..4], 100, 1);
        let names: Vec<_> = cells.iter().map(|cell| cell.shape.name).collect();
        assert_eq!(names, ["500/s burst 50", "fixed 100/s"]);
        assert!(cells.iter().all(|cell| cell.run.calls == 100));
    }

    #[test]
    fn rows_are_numbered_from_one() {
        for (n, row) in ROWS.iter().enumerate() {
            assert_eq!(row.number, n + 1);
        }
    }
}
