//! Whether a value has the type that a key holds.

use crate::config::kind::ValueKind;
use crate::config::source::Data;

pub(crate) fn takes_text(kind: &ValueKind) -> bool {
    use ValueKind::{Quota, Rate, Size, Text, Time, Trickle, Word};
    matches!(
        kind,
        Time(_) | Size | Rate | Quota | Trickle | Text | Word(_)
    )
}

/// Whether the type fits.
pub(crate) fn takes(kind: &ValueKind, data: &Data) -> bool {
    if let ValueKind::Either(one, other) = kind {
        return takes(one, data) || takes(other, data);
    }
    match data {
        Data::Text(_) => takes_text(kind),
        Data::Whole(_) => matches!(
            kind,
            ValueKind::Whole { .. } | ValueKind::Factor | ValueKind::Size
        ),
        Data::Flag(_) => matches!(kind, ValueKind::Flag | ValueKind::Off { .. }),
        Data::Table(_) => matches!(kind, ValueKind::Table(_) | ValueKind::Map(..)),
        Data::List(_) => matches!(kind, ValueKind::List(_)),
        _ => false,
    }
}
