//! What can go wrong with a call: [`Error`], its [`ErrorKind`], and what an answer or a failure says.

mod call_error;
mod kind;
mod problem;
mod status;

pub use self::call_error::{Error, ErrorExt};
pub(crate) use self::call_error::{from_failure, invalid_call};
pub use self::kind::ErrorKind;
pub use self::problem::Problem;
pub use self::status::StatusError;
pub use steadfast_core::{FailureKind, Reach, Refusal};
