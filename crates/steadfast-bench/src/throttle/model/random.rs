//! What comes of servers that are drawn.

use super::contender::Contender;
use super::draw::draw;
use super::play::{Play, Played, each};

/// A server that was drawn, and what came of it.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Draws it again.
    seed: u64,
    ours: Played,
    /// The same with pacing and gate off.
    unpaced: Played,
}

/// Draws so many and plays them, worst first. The n-th is the one of the seed `first + n`.
#[must_use]
pub fn random(count: u32, first: u64) -> Vec<Drawn> {
    let seeds = first..first.saturating_add(count.into());
    let plays: Vec<_> = seeds
        .flat_map(|seed| {
            let ours = draw(seed);
            let client = Contender::Unpaced;
            [(ours, seed), (Play { client, ..ours }, seed)]
        })
        .collect();
    let played = each(&plays);
    let pairs = plays.chunks(2).zip(played.chunks(2));
    let drawn = pairs.map(|(plays, played)| Drawn {
        seed: plays[0].1,
        ours: played[0],
        unpaced: played[1],
    });
    let mut drawn: Vec<_> = drawn.collect();
    drawn.sort_by(|one, other| other.order().total_cmp(&one.order()));
    drawn
}

/// For people: a line for each, and how many are bad.
#[must_use]
pub fn table(drawn: &[Drawn]) -> String {
    let mut text = String::from(
        "| bad | ok, refusals per success, goodput | pacing off | turn | server | refusal | callers | latency | again |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    text.extend(drawn.iter().map(Drawn::line));
    let fair: Vec<_> = drawn.iter().filter(|one| !one.crowded()).collect();
    let bad = fair.iter().filter(|one| one.badness() > 1.0).count();
    text += &format!(
        "\n{bad} of {} are bad (above 1), beside {} in which a call's turn takes longer than {TURN} s\n",
        fair.len(),
        drawn.len() - fair.len()
    );
    text
}

/// One JSON object per server: as those of the models, and with `"seed"`, `"bad"` and `"turn"`.
#[must_use]
pub fn json(drawn: &[Drawn]) -> String {
    let object = |one: &Drawn| {
        let object = super::report::json(&[one.ours]);
        let further = format!(
            "{{\"seed\":{},\"bad\":{:.4},\"turn\":{:.3},",
            one.seed,
            one.badness(),
            one.turn()
        );
        object.replacen('{', &further, 1)
    };
    drawn.iter().map(object).collect()
}

/// Seconds after which a call may well give up, whoever makes it.
const TURN: f64 = 10.0;

// ===== impl Drawn =====

impl Drawn {
    /// How far the worst of its figures is beyond what is asked of the models in the widest bound; 1 is just there. What
    /// chance takes is nobody's fault: with pacing off it would be gone too.
    fn badness(&self) -> f64 {
        let figures = self.ours.figures;
        let chance = f64::from(self.ours.play.model.random) / 100.0;
        let lost = (1.0 - figures.ok) / (0.005 + chance.powi(3));
        let refused = (figures.per_success - chance / (1.0 - chance)) / 0.10;
        let wasted = match chance > 0.0 {
            // Half as long again as without pacing is the bound at 5 %.
            true => (1.0 / figures.goodput.max(1e-6) - 1.0) / 0.4,
            false => (1.0 - figures.goodput) / 0.15,
        };
        lost.max(refused).max(wasted)
    }

    /// Seconds that a call waits at the best: so many are in front of it.
    fn turn(&self) -> f64 {
        let play = &self.ours.play;
        let best = play.model.best(play.calls.into()).as_secs_f64();
        best * f64::from(play.callers) / f64::from(play.calls)
    }

    fn crowded(&self) -> bool {
        self.turn() > TURN
    }

    /// Worst first; those that nobody could serve in time come last.
    fn order(&self) -> f64 {
        match self.crowded() {
            true => self.badness() - 1e9,
            false => self.badness(),
        }
    }

    fn line(&self) -> String {
        let figures = |played: &Played| {
            let of = played.figures;
            let percent = (of.ok * 1_000.0).floor() / 10.0;
            format!("{percent:.1} %, {:.3}, {:.2}", of.per_success, of.goodput)
        };
        let play = &self.ours.play;
        format!(
            "| {:.1} | {} | {} | {:.1} s | {} | {} | {} | {} ms | `--random 1 --seed {}` |\n",
            self.badness(),
            figures(&self.ours),
            figures(&self.unpaced),
            self.turn(),
            play.model.name,
            play.answer.name,
            play.callers,
            play.latency.as_millis(),
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_first_and_each_can_be_repeated_by_itself() {
        let drawn = random(3, 38);
        assert!(drawn.is_sorted_by(|one, other| one.order() >= other.order()));
        let again = random(1, drawn[0].seed);
        assert_eq!(again[0].ours, drawn[0].ours);
        assert_eq!(again[0].unpaced, drawn[0].unpaced);
        let table = table(&drawn);
        let command = format!("| `--random 1 --seed {}` |", drawn[0].seed);
        assert!(table.lines().nth(2).unwrap().ends_with(&command), "{table}");
        assert_eq!(json(&drawn).lines().count(), 3);
    }
}
