//! `throttle [--json] [--check] [--calls N] [--shape NAME] [--row NAME] [--seed N] [--sockets] [--models] [--quick]
//! [--random N] [--answer NAME] [--callers N] [--latency MS] [--seeds N]`

use std::time::Duration;

use super::model::{Answer, Contender, MODELS, Model, Play};
use super::row::{ROWS, Row};
use super::shape::Shape;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// One JSON object per line instead of tables.
    pub json: bool,
    /// Exit status 1 when a promise is not kept. Of models, what is bounded is played, and nothing else.
    pub check: bool,
    /// Whether real sockets are measured in real time.
    pub sockets: bool,
    /// How many servers are drawn. Default: none.
    pub random: u32,
    /// With models, if none are named.
    quick: bool,
    /// Calls of each run. Default: 3,000; with a model, what it needs to last a minute.
    pub calls: Option<u32>,
    /// The first one. Default: 1.
    pub seed: u64,
    /// Against which rows are played. Default: all, unless models are asked for.
    pub shapes: Vec<Shape>,
    /// Default: all.
    pub rows: Vec<Row>,
    /// Default: none. `--models` is all.
    pub models: Vec<Model>,
    /// How models refuse. Default: as they may.
    pub answers: Vec<Answer>,
    /// How many callers meet a model. Default: 1, 8, 64 and 1,000.
    pub callers: Vec<u32>,
    /// How far away a model is, in milliseconds. Default: 0 and 40.
    pub latencies: Vec<u64>,
    /// How many seeds a model is met with. Default: 5.
    pub seeds: u32,
}

impl Arguments {
    /// Reads what follows `throttle`.
    ///
    /// # Errors
    /// What cannot be read, with what could be.
    pub fn read(arguments: &[String]) -> Result<Self, String> {
        let mut read = Self::nothing();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                let value = rest.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--json" => read.json = true,
                "--check" => read.check = true,
                "--models" => read.models = MODELS.to_vec(),
                "--quick" => read.quick(),
                "--calls" => read.calls = Some(number(value()?)?),
                "--sockets" => read.sockets = true,
                "--random" => read.random = number(value()?)?,
                "--seed" => read.seed = number(value()?)?,
                "--seeds" => read.seeds = number(value()?)?,
                "--callers" => read.callers.push(number(value()?)?),
                "--latency" => read.latencies.push(number(value()?)?),
                "--answer" => read.answers.push(answer(value()?)?),
                "--shape" => read.shape(value()?)?,
                "--row" => read.rows.push(row(value()?)?),
                _ => return Err(unknown(argument)),
            }
        }
        Ok(read.filled())
    }

    /// What models are met by whom, in the order of the tables.
    #[must_use]
    pub fn plays(&self) -> Vec<Play> {
        let mut plays = Vec::new();
        for model in &self.models {
            for answer in model.answers() {
                if !self.answers.is_empty() && !self.answers.contains(&answer) {
                    continue;
                }
                for &latency in &self.latencies {
                    plays.extend(self.met().map(|(client, callers)| Play {
                        client,
                        model: *model,
                        answer,
                        callers,
                        latency: Duration::from_millis(latency),
                        calls: self.calls.unwrap_or_else(|| model.calls()),
                    }));
                }
            }
        }
        plays
    }

    /// By whom: by us with each number of callers, by others with the usual one, or with the only one.
    fn met(&self) -> impl Iterator<Item = (Contender, u32)> {
        const USUAL: u32 = 64;
        let ours = self.callers.iter();
        let ours = ours.map(|&callers| (Contender::Steadfast, callers));
        let asked = |callers: &&u32| **callers == USUAL || self.callers.len() == 1;
        let others = self.callers.iter().filter(asked).flat_map(|&callers| {
            let others = Contender::OTHERS.iter();
            others.map(move |&client| (client, callers))
        });
        ours.chain(others)
    }

    /// Whether a row that a bound is about was asked for.
    #[must_use]
    pub fn chose(&self, play: &Play) -> bool {
        let latency = |milliseconds: &u64| Duration::from_millis(*milliseconds) == play.latency;
        self.models.contains(&play.model)
            && (self.answers.is_empty() || self.answers.contains(&play.answer))
            && self.callers.contains(&play.callers)
            && self.latencies.iter().any(latency)
    }

    /// All that is bounded, with one seed: for whoever changes something and wants to see at once what comes of it.
    fn quick(&mut self) {
        (self.check, self.seeds) = (true, 1);
        self.quick = true;
    }

    const fn nothing() -> Self {
        Self {
            json: false,
            check: false,
            sockets: false,
            random: 0,
            quick: false,
            calls: None,
            seed: 1,
            shapes: Vec::new(),
            rows: Vec::new(),
            models: Vec::new(),
            answers: Vec::new(),
            callers: Vec::new(),
            latencies: Vec::new(),
            seeds: 5,
        }
    }

    fn filled(mut self) -> Self {
        if self.quick && self.models.is_empty() {
            self.models = MODELS.to_vec();
        }
        let other = self.sockets || self.random > 0;
        if self.shapes.is_empty() && self.models.is_empty() && !other {
            self.shapes = Shape::ALL.to_vec();
        }
        if self.rows.is_empty() {
            self.rows = ROWS.to_vec();
        }
        if self.callers.is_empty() {
            self.callers = vec![1, 8, 64, 1_000];
        }
        if self.latencies.is_empty() {
            self.latencies = vec![0, 40];
        }
        self
    }

    /// Shapes and models have no name in common.
    fn shape(&mut self, name: &str) -> Result<(), String> {
        let shape = Shape::ALL.into_iter().find(|shape| shape.name == name);
        let model = MODELS.into_iter().find(|model| model.name == name);
        if shape.is_none() && model.is_none() {
            let shapes = Shape::ALL.map(|shape| shape.name).join(", ");
            let models = MODELS.map(|model| model.name).join(", ");
            return Err(format!(
                "unknown shape `{name}`; known are: {shapes}, {models}"
            ));
        }
        self.shapes.extend(shape);
        self.models.extend(model);
        Ok(())
    }
}

fn unknown(argument: &str) -> String {
    format!(
        "unknown argument {argument}; known are --json, --check, --calls N, --seed N, --shape NAME, --row NAME and --sockets, and for \
         models --models, --quick, --random N, --answer NAME, --callers N, --latency MS and --seeds N"
    )
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("`{value}` is not a number that fits"))
}

fn answer(name: &str) -> Result<Answer, String> {
    let mut all = Answer::ALL.into_iter();
    all.find(|answer| answer.name == name).ok_or_else(|| {
        let known = Answer::ALL.map(|answer| answer.name);
        format!("unknown answer `{name}`; known are: {}", known.join(", "))
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
    use crate::throttle::model::BOUNDS;

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
            (None, 1, false, false)
        );
        assert_eq!(all.plays().len(), 0);
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
        assert_eq!((some.calls, some.seed), (Some(7), 8));
    }

    #[test]
    fn a_model_is_played_by_itself_or_with_all_others() {
        let line = [
            "--shape",
            "halved",
            "--callers",
            "8",
            "--latency",
            "40",
            "--seeds",
            "3",
        ];
        let one = read(&line).unwrap();
        let all = 1 + Contender::OTHERS.len();
        assert_eq!(
            (one.plays().len(), one.seeds, one.shapes.len()),
            (all, 3, 0)
        );
        let play = &one.plays()[0];
        assert_eq!((play.model.name, play.callers), ("halved", 8));
        assert_eq!(
            (play.latency, play.calls),
            (Duration::from_millis(40), 6_000)
        );

        let all = read(&["--models", "--answer", "503"]).unwrap();
        let columns = 4 + Contender::OTHERS.len();
        assert_eq!((all.plays().len(), all.shapes.len()), (14 * 2 * columns, 0));
    }

    #[test]
    fn quick_is_all_that_is_bounded_with_one_seed() {
        let quick = read(&["--quick", "--latency", "40"]).unwrap();
        assert_eq!((quick.check, quick.seeds, quick.shapes.len()), (true, 1, 0));
        let bounded = BOUNDS.iter().flat_map(|bound| bound.plays());
        let (near, far): (Vec<_>, Vec<_>) = bounded.partition(|play| play.latency.is_zero());
        assert!(far.iter().all(|play| quick.chose(play)));
        assert!(!near.iter().any(|play| quick.chose(play)));
        let one = read(&["--quick", "--shape", "halved"]).unwrap();
        assert_eq!(far.iter().filter(|play| one.chose(play)).count(), 1);
    }

    #[test]
    fn drawn_servers_are_all_that_is_played() {
        let drawn = read(&["--random", "20", "--seed", "3"]).unwrap();
        assert_eq!((drawn.random, drawn.seed), (20, 3));
        assert_eq!((drawn.shapes.len(), drawn.plays().len()), (0, 0));
        let sockets = read(&["--sockets"]).unwrap();
        assert_eq!((sockets.sockets, sockets.shapes.len()), (true, 0));
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
                &["--answer", "418"],
                "unknown answer `418`; known are: 429, 429",
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
