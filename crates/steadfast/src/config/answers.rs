//! Idempotency keys and fallbacks of a file.

use http::{HeaderName, HeaderValue, StatusCode};
use steadfast_core::{FallbackResponse, IdempotencyKey, Policy};

use crate::config::policy::Maker;
use crate::config::walk::{Item, Table, Value};

impl Maker<'_, '_> {
    /// A policy with what a table says of idempotency keys and of a fallback.
    pub(super) fn answers(&mut self, mut policy: Policy, table: &Table) -> Policy {
        policy = match table.get("idempotency_key").map(|item| &item.value) {
            Some(Value::Flag(true)) => policy.idempotency_key(IdempotencyKey::standard()),
            Some(Value::Flag(false)) => policy.without_idempotency_key(),
            Some(Value::Table(own)) => match self.idempotency_key(own) {
                Some(key) => policy.idempotency_key(key),
                None => policy,
            },
            _ => policy,
        };
        match table.get("fallback").map(|item| &item.value) {
            Some(Value::Flag(false)) => policy.without_fallback(),
            Some(Value::Table(own)) => match self.fallback(own) {
                Some(response) => policy.fallback(response),
                None => policy,
            },
            _ => policy,
        }
    }

    fn idempotency_key(&mut self, table: &Table) -> Option<IdempotencyKey> {
        let mut key = IdempotencyKey::standard();
        if let Some((header, span)) = table.text("header") {
            let Ok(name) = header.text.parse::<HeaderName>() else {
                let message = "`header` is no name of a header";
                let help = "a name has letters, digits and hyphens, as in `PayPal-Request-Id`";
                self.report.error_with("value", span, message, help);
                return None;
            };
            key = key.header(name);
        }
        match table.word("form") {
            Some("quoted") => Some(key.quoted()),
            _ => Some(key),
        }
    }

    fn fallback(&mut self, table: &Table) -> Option<FallbackResponse> {
        let (status, _) = table.whole("status")?;
        let status = u16::try_from(status).ok();
        let status = status.and_then(|status| StatusCode::from_u16(status).ok())?;
        let mut response = FallbackResponse::new(status);
        if let Some((body, _)) = table.text("body") {
            response = response.body(body.text.as_str());
        }
        let Some(Item {
            value: Value::Map(headers),
            ..
        }) = table.get("headers")
        else {
            return Some(response);
        };
        for (name, item) in headers {
            let Value::Text(value) = &item.value else {
                return None;
            };
            let header = name.text.parse::<HeaderName>().ok();
            let Some((header, value)) = header.zip(HeaderValue::from_str(&value.text).ok()) else {
                let message = "no header can be like this";
                let help = "a name has letters, digits and hyphens, a value no control characters";
                self.report.error_with("value", item.span, message, help);
                return None;
            };
            response = response.header(header, value);
        }
        Some(response)
    }
}
