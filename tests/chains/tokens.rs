//! A middleware that fetches a token with a wrapped client, and hands it the extensions of its own caller.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use steadfast::Policy;
use steadfast::prelude::*;
use steadfast_testkit::{Server, script, virtual_time};

use super::common::policies;

struct Tokens {
    client: ClientWithMiddleware,
    url: String,
    copies: bool,
}

#[async_trait::async_trait]
impl Middleware for Tokens {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let ask = self.client.get(&self.url).build()?;
        let answer = match self.copies {
            true => {
                let mut copy = extensions.clone();
                self.client.execute_with_extensions(ask, &mut copy).await?
            }
            false => self.client.execute_with_extensions(ask, extensions).await?,
        };
        let token = answer.error_for_status()?.text().await?;
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        next.run(request, extensions).await
    }
}

#[test]
fn a_token_request_with_the_extensions_of_its_caller_is_retried() {
    virtual_time().block_on(async {
        for copies in [true, false] {
            let tokens = Server::start(script![503, reset, 200.body("t0k")].cycle()).await;
            let api = Server::start(script![503, 200]).await;
            let client = ClientBuilder::from_client(
                policies(Policy::standard()).wrap(reqwest::Client::new()),
            )
            .with(Tokens {
                client: policies(Policy::standard()).wrap(reqwest::Client::new()),
                url: tokens.url("/token"),
                copies,
            })
            // An inner one of the same chain still passes through.
            .with(policies(Policy::standard()).middleware())
            .build();
            let request = client.post(api.url("/orders")).body("order");
            // What the caller says of its own call must not hold for the token.
            let request = request.call(|c| c.repeatable(true).attempts(2).body_factory(|| "order"));
            let (record, result) = request.send_recorded().await;
            assert_eq!(result.unwrap().status(), 200, "{copies}: {record}");
            assert_eq!((tokens.requests(), api.requests()), (6, 2), "{copies}");
            assert_eq!(record.attempt_count(), 2, "{copies}: {record}");
            let asked = tokens.log().entries();
            assert!(
                asked.iter().all(|request| request.body.is_empty()),
                "{copies}"
            );
            let sent = api.log().entries();
            assert!(
                sent.iter().all(|request| request.body == "order"),
                "{copies}"
            );
        }
    });
}

#[test]
fn a_token_client_that_is_built_by_hand_says_that_its_middleware_is_the_first() {
    virtual_time().block_on(async {
        for (outermost, requests) in [(true, 2), (false, 1)] {
            let tokens = Server::start(script![503, 200.body("t0k")]).await;
            let api = Server::start(200).await;
            let middleware = policies(Policy::standard()).middleware();
            let by_hand = ClientBuilder::new(reqwest::Client::new());
            let client = match outermost {
                true => by_hand.with(middleware.outermost()),
                false => by_hand.with(middleware),
            };
            let outer = policies(Policy::standard()).wrap(reqwest::Client::new());
            let outer = ClientBuilder::from_client(outer).with(Tokens {
                client: client.build(),
                url: tokens.url("/token"),
                copies: true,
            });
            let result = outer
                .build()
                .get(api.url("/"))
                .call(|c| c.attempts(1))
                .send()
                .await;
            assert_eq!(result.is_ok(), outermost);
            assert_eq!(tokens.requests(), requests, "{outermost}");
        }
    });
}
