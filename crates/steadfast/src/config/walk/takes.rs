//! Whether a value has the type that a key holds.

use crate::config::kind::Kind;
use crate::config::source::Data;

pub(crate) fn takes_text(kind: &Kind) -> bool {
    use Kind::{Quota, Rate, Size, Text, Time, Trickle, Word};
    matches!(
        kind,
        Time(_) | Size | Rate | Quota | Trickle | Text | Word(_)
    )
}

/// Whether the type fits.
pub(crate) fn takes(kind: &Kind, data: &Data) -> bool {
    if let Kind::Either(one, other) = kind {
        return takes(one, data) || takes(other, data);
    }
    match data {
        Data::Text(_) => takes_text(kind),
        Data::Whole(_) => matches!(kind, Kind::Whole { .. } | Kind::Factor | Kind::Size),
        Data::Flag(_) => matches!(kind, Kind::Flag | Kind::Off { .. }),
        Data::Table(_) => matches!(kind, Kind::Table(_) | Kind::Map(..)),
        Data::List(_) => matches!(kind, Kind::List(_)),
        _ => false,
    }
}
