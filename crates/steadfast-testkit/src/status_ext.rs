//! The setters of a step on a plain number, so that a script reads `429.retry_after(2)`.

use std::time::Duration;

use bytes::Bytes;

use crate::step::Step;
use crate::words::Word;

macro_rules! setters {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {
        /// The setters of [`Step`] on a status.
        ///
        /// [`script!`](crate::script) brings it into scope for its steps; import it to write
        /// `503.delay(..)` elsewhere.
        ///
        /// ```
        /// use steadfast_testkit::{Script, StatusExt};
        ///
        /// let script = Script::new([429.retry_after(1), 200.body("ok")]);
        /// # let _ = script;
        /// ```
        pub trait StatusExt: Into<Step> {$(
            #[doc = concat!("[`Step::", stringify!($name), "`].")]
            fn $name(self, $($arg: $ty),*) -> Step {
                self.into().$name($($arg),*)
            }
        )*}
    };
}

setters! {
    delay(delay: Duration);
    header(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>);
    retry_after(seconds: u64);
    retry_after_ms(milliseconds: u64);
    body(body: impl Into<Bytes>);
    body_len(len: usize);
    json(json: impl ToString);
    chunked();
    drip(chunk: usize, every: Duration);
    close();
    cut(n: usize);
    half_body();
    fin();
    rst();
    hang();
    reset_after_head();
    fin_after_head();
    hang_after_head();
}

impl StatusExt for u16 {}
impl StatusExt for http::StatusCode {}
impl StatusExt for Word {}
