//! `steadfast schema`: what editors need to complete policy files.

use steadfast::config::Config;

use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(output: &Output) -> Exit {
    output.line(Config::schema().trim_end());
    Exit::Success
}
