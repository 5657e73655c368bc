//! URLs of the command line, and what is said of those that are none.

use reqwest::Url;
use steadfast::redact::redact_url;

/// Reads an absolute URL of HTTP.
///
/// # Errors
/// How the text was read, and what would be right; without its secrets.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let shown = redact_url(text);
    let with_scheme = || format!("a URL begins with its scheme, as in `http://{shown}`");
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        // `localhost:8080`
        Ok(url) if !text.contains("://") => Err(format!(
            "`{shown}` is read as a URL with the scheme `{}`; {}",
            url.scheme(),
            with_scheme()
        )),
        Ok(url) => Err(format!(
            "`{shown}`: `{}` is neither http nor https",
            url.scheme()
        )),
        Err(wrong) if text.contains("://") => Err(format!("`{shown}` is no URL: {wrong}")),
        Err(_) => Err(format!("`{shown}` is no URL; {}", with_scheme())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_told_with_what_would_be_right() {
        for (text, expected) in [
            (
                "localhost:8080/a",
                "`localhost:8080/a` is read as a URL with the scheme `localhost`; a URL begins with its scheme, as in \
                 `http://localhost:8080/a`",
            ),
            (
                "api.example.com/v1",
                "`api.example.com/v1` is no URL; a URL begins with its scheme, as in `http://api.example.com/v1`",
            ),
            (
                "127.0.0.1:80",
                "`127.0.0.1:80` is no URL; a URL begins with its scheme, as in `http://127.0.0.1:80`",
            ),
            (
                "ftp://x.com/",
                "`ftp://x.com/`: `ftp` is neither http nor https",
            ),
            (
                "http://[::g]/",
                "`http://[::g]/` is no URL: invalid IPv6 address",
            ),
            ("http://", "`http://` is no URL: empty host"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected);
        }
        assert!(parse("HTTPS://x.com").is_ok());
    }

    #[test]
    fn a_url_is_quoted_without_its_secrets() {
        for text in [
            "ftp://x.com/?api_key=s3cret",
            "x.com/?api_key=s3cret",
            "localhost:80/?api_key=s3cret",
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(!wrong.contains("s3cret"), "{wrong}");
        }
    }
}
