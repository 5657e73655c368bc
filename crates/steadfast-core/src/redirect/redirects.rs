//! [`Redirects`]: which redirects are followed.

use crate::redirect::Crossing;
use crate::url::UrlParts;

/// Which redirects are followed. Default: [`limited(10)`](Self::limited), as reqwest does.
///
/// ```
/// use steadfast_core::redirect::Redirects;
///
/// assert_eq!(Redirects::default(), Redirects::limited(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Redirects(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Limited(u32),
    SameOrigin,
    None,
}

/// What to do about one redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Send a request to where it leads.
    Follow,
    /// Return the response as it is.
    Stop,
    /// Fail the request: too many redirects were followed.
    TooMany,
}

/// reqwest's default.
const MOST: u32 = 10;

impl Redirects {
    /// Follows up to so many redirects, and fails the request at the next one.
    pub const fn limited(most: u32) -> Self {
        Self(Kind::Limited(most))
    }

    /// Follows redirects to the same scheme, host and port, up to 10. A redirect that leads elsewhere is returned as the
    /// response.
    pub const fn same_origin() -> Self {
        Self(Kind::SameOrigin)
    }

    /// Follows none: the redirect is the response.
    pub const fn none() -> Self {
        Self(Kind::None)
    }

    /// Whether this follows any redirect.
    #[must_use]
    pub const fn follows(self) -> bool {
        !matches!(self.0, Kind::None)
    }

    /// Decides about the next redirect of a request that has `followed` so many.
    #[must_use]
    pub fn decide(self, followed: u32, from: &UrlParts<'_>, to: &UrlParts<'_>) -> Decision {
        let most = match self.0 {
            Kind::None => return Decision::Stop,
            Kind::SameOrigin if Crossing::between(from, to) != Crossing::SameOrigin => {
                return Decision::Stop;
            }
            Kind::SameOrigin => MOST,
            Kind::Limited(most) => most,
        };
        match followed < most {
            true => Decision::Follow,
            false => Decision::TooMany,
        }
    }
}

impl Default for Redirects {
    fn default() -> Self {
        Self::limited(MOST)
    }
}
