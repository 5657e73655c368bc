//! `${NAME}` in string values.

/// Looks a variable up.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A string with its variables filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// Whether a variable stood in it: then `text` may be a secret.
    pub(crate) secret: bool,
}

/// # Errors
/// What is wrong and what would be right.
pub(crate) fn fill(written: &str, env: Env<'_>) -> Result<Filled, (String, String)> {
    let mut text = String::with_capacity(written.len());
    let mut secret = false;
    let mut rest = written;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let name = rest.strip_prefix('{').and_then(|name| name.split_once('}'));
        let Some((name, after)) = name else {
            let message = "a `$` that starts no variable".to_owned();
            return Err((
                message,
                "write `${NAME}` for a variable, `$$` for a `$`".into(),
            ));
        };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if name.is_empty() || name.len() > 200 || !name.chars().all(plain) {
            let message = "a variable whose name is not of letters, digits and `_`".to_owned();
            return Err((message, "write `${NAME}`; there are no defaults".into()));
        }
        let Some(value) = env(name) else {
            let message = format!("the environment variable `{name}` is not set");
            return Err((message, format!("set `{name}`, or write `$$` for a `$`")));
        };
        text.push_str(&value);
        secret = true;
        rest = after;
    }
    text.push_str(rest);
    Ok(Filled { text, secret })
}
