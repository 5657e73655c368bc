//! The models held against their bounds.

use std::ops::Range;

use super::bounds::{BOUNDS, Bound, Figure, Side};
use super::play::{Play, Played, all};

/// A row that was held against one bound.
#[derive(Clone, Debug)]
pub struct Held {
    bound: Bound,
    played: Played,
}

/// Plays the rows of all bounds for which `chosen` says so, in the order of [`BOUNDS`].
#[must_use]
pub fn check(chosen: impl Fn(&Play) -> bool, seeds: Range<u64>) -> Vec<Held> {
    let rows = BOUNDS.iter().flat_map(|bound| {
        let plays = bound.plays().into_iter();
        plays.map(move |play| (*bound, play))
    });
    let (bounds, plays): (Vec<_>, Vec<_>) = rows.filter(|(_, play)| chosen(play)).unzip();
    let played = all(&plays, seeds).into_iter();
    let held = bounds.into_iter().zip(played);
    held.map(|(bound, played)| Held { bound, played }).collect()
}

/// For people: each sentence with its rows, each figure beside its bound, and at the end how many hold.
#[must_use]
pub fn table(held: &[Held]) -> String {
    let mut text = String::new();
    for of_bound in held.chunk_by(|one, other| one.bound.sentence == other.bound.sentence) {
        text += &format!("{}\n", of_bound[0].bound.sentence);
        for row in of_bound {
            text += &row.line();
        }
        text.push('\n');
    }
    let broken: usize = held.iter().map(Held::broken).sum();
    let bounds: usize = held.iter().map(|row| row.bound.limits.len()).sum();
    let rows = held.iter().filter(|row| row.broken() > 0).count();
    text += &format!(
        "{} of {bounds} bounds hold, {broken} do not; {rows} of {} rows break one\n",
        bounds - broken,
        held.len()
    );
    text
}

/// One JSON object per bound of a row: `{"model","answer","callers","latency_ms","seeds","figure","value","bound","holds"}`,
/// with `">= 0.9"` or `"<= 0.05"` for the bound; what could not be calculated is null.
#[must_use]
pub fn json(held: &[Held]) -> String {
    held.iter().map(Held::objects).collect()
}

/// Whether all bounds hold.
#[must_use]
pub fn all_hold(held: &[Held]) -> bool {
    held.iter().all(|row| row.broken() == 0)
}

// ===== impl Held =====

impl Held {
    fn broken(&self) -> usize {
        let figures = self.figures();
        figures
            .filter(|(_, side, value)| !side.holds(*value))
            .count()
    }

    fn figures(&self) -> impl Iterator<Item = (Figure, Side, f64)> {
        let limits = self.bound.limits.iter();
        limits.map(|&(figure, side)| (figure, side, figure.of(&self.played)))
    }

    fn line(&self) -> String {
        let verdict = match self.broken() {
            0 => "holds ",
            _ => "BROKEN",
        };
        let figures = self.figures().map(|(figure, side, value)| {
            let broken = if side.holds(value) { "" } else { " BROKEN" };
            format!("{} {value:.4} ({}){broken}", figure.name(), text(side))
        });
        let figures: Vec<_> = figures.collect();
        let play = &self.played.play;
        format!(
            "  {verdict}  {}, {}, {} callers, {} ms: {}\n",
            play.model.name,
            play.answer.name,
            play.callers,
            play.latency.as_millis(),
            figures.join(", ")
        )
    }

    fn objects(&self) -> String {
        let play = &self.played.play;
        let row = format!(
            r#""model":"{}","answer":"{}","callers":{},"latency_ms":{},"seeds":{}"#,
            play.model.name,
            play.answer.name,
            play.callers,
            play.latency.as_millis(),
            self.played.seeds
        );
        let objects = self.figures().map(|(figure, side, value)| {
            let number = match value.is_finite() {
                true => format!("{value:.6}"),
                false => "null".to_owned(),
            };
            format!(
                "{{{row},\"figure\":\"{}\",\"value\":{number},\"bound\":\"{}\",\"holds\":{}}}\n",
                figure.name(),
                text(side),
                side.holds(value)
            )
        });
        objects.collect()
    }
}

fn text(side: Side) -> String {
    match side {
        Side::AtLeast(least) => format!(">= {least}"),
        Side::AtMost(most) => format!("<= {most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::figures::Figures;
    use crate::throttle::model::play::Further;

    fn held(goodput: f64) -> Held {
        let figures = Figures {
            ok: 1.0,
            refused: 30.0,
            per_success: 0.01,
            goodput,
            p50: 0.0,
            max: 0.0,
        };
        let bound = BOUNDS[0];
        let played = Played {
            play: bound.plays()[0],
            seeds: 5,
            figures,
            further: Further::default(),
        };
        Held { bound, played }
    }

    #[test]
    fn each_row_shows_its_figures_beside_their_bounds_and_the_end_counts() {
        let all = [held(0.95), held(0.89)];
        let table = table(&all);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], BOUNDS[0].sentence);
        let row = "bucket 100/s burst 10, 429, 64 callers, 0 ms: succeed 1.0000 (>= 0.999), \
                   refusals per success 0.0100 (<= 0.05), goodput";
        assert_eq!(lines[1], format!("  holds   {row} 0.9500 (>= 0.9)"));
        assert_eq!(lines[2], format!("  BROKEN  {row} 0.8900 (>= 0.9) BROKEN"));
        assert_eq!(
            lines[4],
            "5 of 6 bounds hold, 1 do not; 1 of 2 rows break one"
        );
        assert!(all_hold(&all[..1]) && !all_hold(&all));
    }

    #[test]
    fn json_is_one_object_per_bound() {
        let json = json(&[held(f64::NAN)]);
        let lines: Vec<_> = json.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[2],
            r#"{"model":"bucket 100/s burst 10","answer":"429","callers":64,"latency_ms":0,"seeds":5,"figure":"goodput","value":null,"bound":">= 0.9","holds":false}"#
        );
    }

    #[test]
    fn only_chosen_rows_are_played() {
        let held = check(
            |play| play.model.name == "random 1 %" && play.answer.name == "429",
            1..2,
        );
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].played.seeds, 1);
    }
}
