//! `steadfast schema`: what editors need to complete policy files.

use crate::exit::Exit;
use crate::output::Output;
use crate::sections;

pub(crate) fn run(output: &Output) -> Exit {
    output.line(sections::reader().schema().trim_end());
    Exit::Success
}
