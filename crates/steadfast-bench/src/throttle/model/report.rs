//! What came of the models, for people and for programs.

use super::contender::Contender;
use super::play::{Play, Played};

/// Markdown: a heading and a table for each model, a line for each answer and latency, a column for each number of
/// callers, and in it how many calls are ok, refusals per call that is ok, and goodput.
#[must_use]
pub fn tables(played: &[Played]) -> String {
    let mut text = String::new();
    for of_model in played.chunk_by(|one, other| one.play.model.name == other.play.model.name) {
        text += &table(of_model);
    }
    text
}

/// One JSON object per play and line, medians over its seeds: `{"client","model","answer","callers","latency_ms","calls","seeds",
/// "ok","refused","per_success","goodput","p50","max","fallen","risen","risen_in","late","slower","lost"}`; what could not be
/// calculated is null.
#[must_use]
pub fn json(played: &[Played]) -> String {
    played.iter().map(object).collect()
}

fn table(played: &[Played]) -> String {
    let same_line = |one: &Played, other: &Played| {
        (one.play.answer, one.play.latency) == (other.play.answer, other.play.latency)
    };
    let mut text = String::new();
    for (n, line) in played.chunk_by(same_line).enumerate() {
        let first = &line[0].play;
        if n == 0 {
            text += &format!("### {}\n\n| refusal | latency |", first.model.name);
            for one in line {
                text += &format!(" {} |", column(&one.play));
            }
            text += &format!("\n|---|---|{}\n", "---|".repeat(line.len()));
        }
        text += &format!(
            "| {} | {} ms |",
            first.answer.name,
            first.latency.as_millis()
        );
        for one in line {
            text += &format!(" {} |", cell(one));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn column(play: &Play) -> String {
    let callers = match play.callers {
        1 => "1 caller".to_owned(),
        count => format!("{count} callers"),
    };
    match play.client {
        Contender::Steadfast => callers,
        other => format!("{callers}, {}", other.name()),
    }
}

fn cell(played: &Played) -> String {
    let (figures, further) = (played.figures, played.further);
    // Rounded down: 100 are all.
    let percent = (figures.ok * 1_000.0).floor() / 10.0;
    let mut text = format!(
        "{percent:.1} %, {:.3}, {:.2}",
        figures.per_success, figures.goodput
    );
    if let Some(late) = further.late {
        text += &format!("; late {late:.0}");
    }
    if let Some(fallen) = further.fallen {
        text += &format!("; fallen {fallen:.2}");
    }
    if let (Some(risen), Some(seconds)) = (further.risen, further.risen_in) {
        text += &format!("; risen {risen:.2}, {}", after(seconds));
    }
    text
}

fn after(seconds: f64) -> String {
    match seconds.is_finite() {
        true => format!("{seconds:.0} s"),
        false => "never".to_owned(),
    }
}

fn object(played: &Played) -> String {
    let (play, figures, further) = (&played.play, played.figures, played.further);
    let of = |figure: Option<f64>| figure.unwrap_or(f64::NAN);
    let number = |value: f64| match value.is_finite() {
        true => format!("{value:.6}"),
        false => "null".to_owned(),
    };
    let numbers = [
        ("ok", figures.ok),
        ("refused", figures.refused),
        ("per_success", figures.per_success),
        ("goodput", figures.goodput),
        ("p50", figures.p50),
        ("max", figures.max),
        ("fallen", of(further.fallen)),
        ("risen", of(further.risen)),
        ("risen_in", of(further.risen_in)),
        ("late", of(further.late)),
        ("slower", of(further.slower)),
        ("lost", of(further.lost)),
    ];
    let numbers: Vec<_> = numbers
        .iter()
        .map(|(name, value)| format!(r#""{name}":{}"#, number(*value)))
        .collect();
    format!(
        "{{\"client\":\"{}\",\"model\":\"{}\",\"answer\":\"{}\",\"callers\":{},\"latency_ms\":{},\"calls\":{},\"seeds\":{},{}}}\n",
        play.client.name(),
        play.model.name,
        play.answer.name,
        play.callers,
        play.latency.as_millis(),
        play.calls,
        played.seeds,
        numbers.join(",")
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::throttle::model::play::Further;
    use crate::throttle::model::{Answer, MODELS};
    use crate::throttle::scenario::Run;

    fn played() -> Vec<Played> {
        let run = Run {
            calls: 3_000,
            ok: 2_999,
            refused: 30,
            took: Duration::from_secs(40),
            times: vec![Duration::from_millis(250), Duration::from_secs(2)],
            best: Duration::from_secs(30),
            arrivals: Vec::new(),
        };
        let play = |callers, client| Play {
            client,
            model: MODELS[0],
            answer: Answer::BARE,
            callers,
            latency: Duration::from_millis(40),
            calls: 3_000,
        };
        let played = |callers, client| Played {
            play: play(callers, client),
            seeds: 1,
            figures: run.figures(),
            further: Further::default(),
        };
        vec![
            played(1, Contender::Steadfast),
            played(64, Contender::Steadfast),
            played(64, Contender::Unpaced),
        ]
    }

    #[test]
    fn a_line_has_a_column_for_each_number_of_callers() {
        assert_eq!(
            tables(&played()),
            "### bucket 100/s burst 10\n\n\
             | refusal | latency | 1 caller | 64 callers | 64 callers, pacing off |\n\
             |---|---|---|---|---|\n\
             | 429 | 40 ms | 99.9 %, 0.010, 0.75 | 99.9 %, 0.010, 0.75 | 99.9 %, 0.010, 0.75 |\n\n"
        );
    }

    #[test]
    fn json_is_one_object_per_line() {
        assert_eq!(
            json(&played()[..1]),
            "{\"client\":\"steadfast\",\"model\":\"bucket 100/s burst 10\",\"answer\":\"429\",\"callers\":1,\"latency_ms\":40,\"calls\":3000,\
             \"seeds\":1,\"ok\":0.999667,\"refused\":30.000000,\"per_success\":0.010003,\"goodput\":0.750000,\
             \"p50\":2.000000,\"max\":2.000000,\"fallen\":null,\"risen\":null,\"risen_in\":null,\
             \"late\":null,\"slower\":null,\"lost\":null}\n"
        );
    }
}
