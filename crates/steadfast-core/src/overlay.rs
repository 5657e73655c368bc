//! What one call wants differently from its policy.

use std::sync::Arc;

use crate::policy::{InvalidPolicy, at_least_one, some_time};
use crate::terms::Terms;

/// The rows of the overlay: what one call may want differently. `$make` gets all of them; a new one is a row here and a
/// field of [`Terms`] of the same name.
#[doc(hidden)]
#[macro_export]
macro_rules! overlay_rows {
    ($make:ident) => {
        $make! {
            /// The most attempts of this call, the first included. At least 1.
            attempts: u32 => required;
            /// How long after its start another attempt may start.
            retry_for: std::time::Duration => required;
            /// Declares that this request is (`true`), or is not (`false`), safe to send twice.
            repeatable: bool => optional;
            /// The most time of one attempt, until the response's headers are there (with `buffer`, until the body is).
            attempt_timeout: std::time::Duration => optional;
            /// The most time of the whole call, waits included.
            deadline: std::time::Duration => optional;
            /// Reads a body of up to so many bytes inside the attempt, so that one that breaks off is retried.
            buffer: usize => optional;
            /// What each attempt of this call takes from rates and quotas; 0 waits for no rate. More than the burst of a
            /// rate is an error that names both.
            cost: u32 => optional;
            /// Whose calls go first where several wait for the same limit.
            priority: $crate::Priority => required;
        }
    };
}

macro_rules! overlay {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $need:ident;)*) => {
        /// A few numbers of the policy, for one call. Empty fields leave the policy's in force.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Overlay {
            identity: Option<Arc<str>>,
            $($name: Option<$type>,)*
        }

        impl Overlay {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, value: $type) -> Self {
                    self.$name = Some(value);
                    self
                }
            )*

            /// These terms, with what this call says in their place.
            pub(crate) fn over(&self, mut terms: Terms) -> Terms {
                $(
                    if let Some(value) = self.$name {
                        terms.$name = overlay!(@$need value);
                    }
                )*
                terms
            }
        }
    };
    (@required $value:ident) => { $value };
    (@optional $value:ident) => { Some($value) };
}

overlay_rows!(overlay);

impl Overlay {
    /// Nothing differs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For whom the call is made: calls of one identity share budget and rate limit, and no others. It is shown in
    /// spans, so give a name, never a credential.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Whether its values make sense.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field, the value and what would be right.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        if let Some(attempts) = self.attempts {
            at_least_one("attempts", attempts)?;
        }
        some_time("attempt_timeout", self.attempt_timeout)?;
        some_time("deadline", self.deadline)
    }

    /// The identity, if there is one.
    #[must_use]
    pub const fn identity_value(&self) -> Option<&Arc<str>> {
        self.identity.as_ref()
    }
}
