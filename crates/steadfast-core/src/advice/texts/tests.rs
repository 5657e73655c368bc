//! The texts as a whole.

use std::collections::BTreeSet;

use http::StatusCode;

use crate::advice::{Advice, Helps};

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

const OWN_TEXT: [u16; 52] = [
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
    421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507,
    508, 509, 510, 511, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530,
];

#[test]
fn every_known_status_has_a_text_of_its_own_and_any_other_that_of_its_class() {
    let own: BTreeSet<u16> = OWN_TEXT.into_iter().collect();
    let texts: Vec<u16> = super::all().map(|text| text.code).collect();
    assert_eq!(texts.iter().copied().collect::<BTreeSet<_>>(), own);
    assert_eq!(texts.len(), own.len(), "one text for a status");
    for code in 400..600 {
        let title = Advice::of(status(code)).title;
        let by_class = title == "Client Error" || title == "Server Error";
        assert_eq!(by_class, !own.contains(&code), "{code}");
        assert!(
            !by_class || (title == "Client Error") == (code < 500),
            "{code}"
        );
    }
}

#[test]
fn a_status_above_599_is_described_as_no_valid_one_and_not_as_success() {
    for code in 600..1000 {
        let advice = Advice::of(status(code));
        assert_eq!(advice.title, "Invalid Status", "{code}");
        assert!(advice.is_of_an_error() && !advice.next.is_empty());
    }
}

#[test]
fn a_status_that_is_no_error_has_its_name_and_no_advice_for_failures() {
    for (code, shown) in [
        (200, "200 OK: "),
        (304, "304 Not Modified: "),
        (101, "101 Switching Protocols: "),
        (299, "299 No error: "),
    ] {
        let advice = Advice::of(status(code));
        let text = advice.to_string();
        assert!(
            !advice.is_of_an_error() && text.starts_with(shown),
            "{text}"
        );
        assert_eq!(text, advice.summary(), "one line");
    }
    assert!((400..600).all(|code| Advice::of(status(code)).is_of_an_error()));
}

#[test]
fn titles_are_the_registered_names() {
    for code in (400..=511).filter(|code| OWN_TEXT.contains(code)) {
        let registered = match code {
            422 => Some("Unprocessable Content"),
            413 => Some("Content Too Large"),
            418 => Some("I'm a Teapot"),
            code => status(code).canonical_reason(),
        };
        if let Some(registered) = registered {
            assert_eq!(Advice::of(status(code)).title, registered, "{code}");
        }
    }
}

#[test]
fn every_text_is_a_clause_and_says_why_and_what_next() {
    let variants = [super::QUOTA_SPENT, super::LIMIT_IN_DISGUISE, super::INVALID];
    for text in super::all().chain(variants) {
        assert!(
            !text.causes.is_empty() && !text.next.is_empty(),
            "{}",
            text.code
        );
        let sentences = [text.meaning]
            .into_iter()
            .chain(text.causes.iter().copied());
        for sentence in sentences.chain(text.next.iter().copied()) {
            assert!(
                !sentence.ends_with('.') && sentence.len() <= 120,
                "{sentence}"
            );
            assert!(!sentence.contains("  "), "{sentence}");
        }
    }
    for code in [400, 401, 403, 404, 429, 500, 501, 502, 503, 504] {
        let advice = Advice::of(status(code));
        assert!(advice.causes.len() >= 3 && advice.next.len() >= 3, "{code}");
    }
}

#[test]
fn whether_waiting_and_repeating_help_agrees_with_what_the_statuses_mean() {
    use Helps::{No, Sometimes, Yes};
    for (code, waiting, repeating) in [
        (400, No, No),
        (401, No, No),
        (403, No, No),
        (404, No, No),
        (425, Yes, Yes),
        (429, Yes, Yes),
        (500, Sometimes, Sometimes),
        (501, No, No),
        (502, Yes, Yes),
        (503, Yes, Yes),
        (504, Sometimes, Sometimes),
        (526, No, No),
        (529, Yes, Yes),
    ] {
        let advice = Advice::of(status(code));
        assert_eq!(
            (advice.waiting_helps, advice.repeating_helps),
            (waiting, repeating),
            "{code}"
        );
    }
}
