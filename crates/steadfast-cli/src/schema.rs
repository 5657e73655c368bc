//! `steadfast schema`: what editors need to complete policy files.

use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(_output: &Output) -> Result<Exit, String> {
    Err("not yet".to_owned())
}
