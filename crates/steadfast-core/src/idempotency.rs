//! Keys by which a server recognises a repetition.
//!
//! A `POST` that carries an idempotency key may be sent twice: the server answers the second one as it answered the first
//! (draft-ietf-httpapi-idempotency-key-header-07). The key is made once per call and is the same on every attempt.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::repeatable::{IDEMPOTENCY_KEY, idempotent, names_something};

/// That requests which are not idempotent by their method get a key, in which header and in which form.
///
/// ```
/// use steadfast_core::{IdempotencyKey, Policy};
///
/// let payments = Policy::standard().idempotency_key(IdempotencyKey::standard());
/// let draft = Policy::standard().idempotency_key(IdempotencyKey::standard().quoted());
/// # payments.prepare()?;
/// # draft.prepare()?;
/// # Ok::<(), steadfast_core::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    header: HeaderName,
    form: KeyForm,
}

/// How a key is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyForm {
    /// `8e03978e-40d5-43dd-bc93-6894a57f9324`, as Stripe and most others want it. The default.
    #[default]
    Bare,
    /// `"8e03978e-40d5-43dd-bc93-6894a57f9324"`: a Structured Field String, as the draft has it.
    Quoted,
}

// ===== impl IdempotencyKey =====

impl IdempotencyKey {
    /// `Idempotency-Key`, bare.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            header: HeaderName::from_static(IDEMPOTENCY_KEY),
            form: KeyForm::Bare,
        }
    }

    /// In another header, such as `PayPal-Request-Id`.
    #[must_use]
    pub fn header(mut self, header: HeaderName) -> Self {
        self.header = header;
        self
    }

    /// In quotes, as the draft has it.
    #[must_use]
    pub fn quoted(self) -> Self {
        self.form(KeyForm::Quoted)
    }

    /// In this form.
    #[must_use]
    pub fn form(mut self, form: KeyForm) -> Self {
        self.form = form;
        self
    }

    /// The header that carries the key.
    #[must_use]
    pub const fn name(&self) -> &HeaderName {
        &self.header
    }

    /// Whether a request carries a key already. One that is empty names nothing.
    #[must_use]
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.get(&self.header).is_some_and(names_something)
    }

    /// Whether a request needs a key to be sent twice: its method is not idempotent, and it carries none.
    #[must_use]
    pub fn is_needed(&self, method: &Method, headers: &HeaderMap) -> bool {
        !idempotent(method) && !self.is_in(headers)
    }

    /// The key as the header carries it.
    ///
    /// # Errors
    /// The key has characters that no header may carry.
    pub fn value(&self, key: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        match self.form {
            KeyForm::Bare => HeaderValue::from_str(key),
            KeyForm::Quoted => HeaderValue::from_str(&format!("\"{key}\"")),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.header.as_str())?;
        match self.form {
            KeyForm::Bare => Ok(()),
            KeyForm::Quoted => f.write_str(", quoted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_needed_where_the_method_is_not_idempotent_and_none_is_there() {
        let key = IdempotencyKey::standard();
        let none = HeaderMap::new();
        for (method, needed) in [
            (Method::POST, true),
            (Method::PATCH, true),
            (Method::GET, false),
            (Method::PUT, false),
            (Method::DELETE, false),
        ] {
            assert_eq!(key.is_needed(&method, &none), needed, "{method}");
        }
        let mut own = HeaderMap::new();
        own.insert(IDEMPOTENCY_KEY, HeaderValue::from_static("mine"));
        assert!(!key.is_needed(&Method::POST, &own));
        own.insert(IDEMPOTENCY_KEY, HeaderValue::from_static("\"\""));
        assert!(
            key.is_needed(&Method::POST, &own),
            "an empty key names nothing"
        );
    }

    #[test]
    fn header_and_form_are_those_of_the_api() {
        let paypal =
            IdempotencyKey::standard().header(HeaderName::from_static("paypal-request-id"));
        assert_eq!(paypal.name(), "paypal-request-id");
        assert_eq!(paypal.value("k1").unwrap(), "k1");
        assert_eq!(
            IdempotencyKey::standard().quoted().value("k1").unwrap(),
            "\"k1\""
        );
        assert_eq!(
            IdempotencyKey::standard().quoted().to_string(),
            "idempotency-key, quoted"
        );
    }
}
