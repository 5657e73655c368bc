//! What a status means by itself, and what the standard policy does about it.

use http::{Method, StatusCode};
use serde_json::json;
use steadfast::Policy;
use steadfast::advice::Advice;
use steadfast_core::Outcome;

use super::plan::Planner;
use crate::exit::Exit;
use crate::output::{Colour, Output};

pub(super) fn explain(text: &str, output: &Output) -> Result<Exit, String> {
    let status = text
        .parse::<StatusCode>()
        .map_err(|_| format!("`{text}` is no status: 100 to 999, or a policy file with a URL"))?;
    let policy = Policy::standard();
    let planner = Planner::new(&policy, &Method::GET).map_err(|mistake| mistake.to_string())?;
    let plan = planner.plan(Outcome::Status(status));
    let advice = Advice::of(status);
    let of_an_error = |text: String| advice.is_of_an_error().then_some(text);
    if output.json {
        output.line(json!({
            "status": status.as_u16(),
            "title": advice.title,
            "meaning": advice.meaning,
            "side": of_an_error(advice.side.to_string()),
            "waiting_helps": of_an_error(advice.waiting_helps.to_string()),
            "repeating_helps": of_an_error(advice.repeating_helps.to_string()),
            "causes": advice.causes,
            "next": advice.next,
            "standard": plan.to_json(),
        }));
        return Ok(Exit::Success);
    }
    let text = advice.to_string();
    let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
    output.line(output.paint(title, Colour::Title));
    if !rest.is_empty() {
        output.line(rest);
    }
    output.line(format_args!(
        "  a GET under the standard policy: {plan}{}",
        super::table::hint_note(&plan)
    ));
    Ok(Exit::Success)
}
