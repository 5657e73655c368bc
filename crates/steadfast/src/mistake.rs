//! What would be right, where a request could not be built.

/// What would be right, by the words of the error that says what is wrong.
pub(crate) fn what_is_right(mistake: &str) -> Option<&'static str> {
    let no_scheme = mistake.contains("relative URL without a base");
    no_scheme.then_some("a URL begins with its scheme, as in `https://api.example.com`")
}
