//! An API that misbehaves in every way that matters, and the calls that meet it.

use http::Method;
use steadfast_testkit::{Server, ServerBuilder, script};

/// One call of the tour.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// An `Idempotency-Key`, which makes a POST safe to repeat.
    pub(crate) key: Option<&'static str>,
}

/// The calls in their order.
pub(crate) fn calls() -> Vec<Call> {
    let call = |method, path| Call {
        method,
        path,
        key: None,
    };
    vec![
        call(Method::GET, "/v1/items"),
        call(Method::POST, "/v1/orders"),
        call(Method::GET, "/v1/account"),
        call(Method::GET, "/v1/admin/report"),
        call(Method::GET, "/v1/users/{id}"),
        call(Method::GET, "/v1/search?q=tea"),
        call(Method::GET, "/v1/translate"),
        call(Method::GET, "/v1/orders/7"),
        call(Method::PATCH, "/v1/orders/8"),
        call(Method::GET, "/v1/prices"),
        call(Method::GET, "/v1/stock"),
        call(Method::GET, "/v1/export?days=365"),
        call(Method::GET, "/v1/feed"),
        call(Method::POST, "/v1/payments"),
        Call {
            key: Some("order-7"),
            ..call(Method::POST, "/v1/refunds")
        },
    ]
}

/// The server.
pub(crate) async fn start() -> Server {
    let server = Server::builder().on("/v1/items", script![200.json(r#"["tea"]"#)]);
    passing(staying(server)).start().await
}

/// What stays as it is however often one asks.
fn staying(server: ServerBuilder) -> ServerBuilder {
    let order = r#"{"title":"Invalid order","detail":"`quantity` is 0, but has to be at least 1"}"#;
    let report = r#"{"error":{"message":"reports are part of the Business plan"}}"#;
    let quota = r#"{"error":{"code":"insufficient_quota","message":"You have exceeded the MONTHLY quota for requests on your plan"}}"#;
    server
        .on(
            "/v1/orders",
            script![
                400.header("content-type", "application/problem+json")
                    .body(order)
            ],
        )
        .on(
            "/v1/account",
            script![401.header("www-authenticate", r#"Bearer error="invalid_token""#)],
        )
        .on("/v1/admin/report", script![403.json(report)])
        .on("/v1/users/**", script![404])
        .on("/v1/translate", script![429.json(quota)])
        .on("/v1/orders/8", script![501.header("allow", "GET, PUT")])
}

/// What passes, sooner or later.
fn passing(server: ServerBuilder) -> ServerBuilder {
    server
        .on(
            "/v1/search",
            script![429.retry_after(1), 200.json(r#"["green tea"]"#)],
        )
        .on("/v1/orders/7", script![500, 200.json(r#"{"id":7}"#)])
        .on("/v1/prices", script![502, 200.json("[3, 4]")])
        .on("/v1/stock", script![503.retry_after(1), 200.json("12")])
        .on(
            "/v1/export",
            script![504.header("x-request-id", "req_8f2c1"); 3],
        )
        .on("/v1/feed", script![reset, 200.json("[]")])
        .on("/v1/payments", script![504, 200])
        .on("/v1/refunds", script![504, 200])
}
