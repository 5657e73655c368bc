//! The requests that the command line asks for.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use steadfast::RequestBuilderExt;

use super::{GetArgs, YesNo};

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    body: Option<Bytes>,
    repeatable: Option<bool>,
}

impl Template {
    pub(super) fn to_request(&self, client: &ClientWithMiddleware) -> RequestBuilder {
        let mut request = client
            .request(self.method.clone(), self.url.clone())
            .headers(self.headers.clone());
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        match self.repeatable {
            Some(repeatable) => request.call(|c| c.repeatable(repeatable)),
            None => request,
        }
    }
}

/// One template per URL.
///
/// # Errors
/// The first argument that makes no sense. The values of headers are not quoted: they may be secrets.
pub(super) fn templates(args: &GetArgs) -> Result<Vec<Template>, String> {
    let body = body(args)?;
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = args.method.as_deref().unwrap_or(default);
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no method"))?;
    let headers = headers(&args.headers)?;
    let repeatable = args.repeatable.map(|answer| matches!(answer, YesNo::Yes));
    let template = |url: &String| {
        Ok(Template {
            method: method.clone(),
            url: parse_url(url)?,
            headers: headers.clone(),
            body: body.clone(),
            repeatable,
        })
    };
    args.urls.iter().map(template).collect()
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = crate::url::parse(text)?;
    if url.scheme() == "https" && !cfg!(feature = "tls") {
        let shown = steadfast::redact::redact_url(text);
        return Err(format!(
            "`{shown}`: this program was built without the feature `tls`"
        ));
    }
    Ok(url)
}

fn headers(lines: &[String]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (index, line) in lines.iter().enumerate() {
        let n = index + 1;
        let wrong = || format!("header {n} cannot be read; write `-H 'Name: value'`");
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
        let value = HeaderValue::from_str(value.trim());
        let mut value =
            value.map_err(|_| format!("the value of header `{name}` cannot be sent"))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

fn body(args: &GetArgs) -> Result<Option<Bytes>, String> {
    let read = match (&args.data, &args.data_file) {
        (Some(text), _) => return Ok(Some(text.clone().into())),
        (None, None) => return Ok(None),
        (None, Some(path)) if path == Path::new("-") => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map(|_| bytes)
                .map_err(|error| format!("standard input: {error}"))
        }
        (None, Some(path)) => {
            std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
        }
    };
    read.map(|bytes| Some(bytes.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_read_is_not_quoted() {
        for line in [
            "authorization Bearer s3cret",
            "authorization: s3\ncret",
            "a b: s3cret",
        ] {
            let wrong = headers(&[line.to_owned()]).unwrap_err();
            assert!(!wrong.contains("cret"), "{wrong}");
        }
        let read = headers(&["Authorization: Bearer x".to_owned()]).unwrap();
        assert!(read["authorization"].is_sensitive());
    }
}
