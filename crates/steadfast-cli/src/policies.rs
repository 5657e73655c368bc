//! Policy files, as the commands need them.

use std::path::Path;

use steadfast::{Policies, Policy};

use crate::exit::Exit;
use crate::output::Output;

/// A policy file without errors.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    default: Policy,
    endpoints: Vec<(String, String, Policy)>,
}

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) struct Mistakes;

/// Reads a policy file.
///
/// # Errors
/// When it cannot be read at all; what is wrong *in* it is the inner error.
pub(crate) fn read(path: &Path) -> Result<Result<PolicyFile, Mistakes>, String> {
    Err(format!("{}: policy files are not read yet", path.display()))
}

impl PolicyFile {
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (&str, &str, &Policy)> {
        let endpoints = self.endpoints.iter();
        endpoints.map(|(pattern, name, policy)| (pattern.as_str(), name.as_str(), policy))
    }

    pub(crate) fn default_policy(&self) -> &Policy {
        &self.default
    }

    pub(crate) fn build(&self) -> Policies {
        Policies::standard()
    }
}

impl Mistakes {
    /// Tells all of them, on standard error.
    pub(crate) fn tell(&self, _output: &Output) -> Exit {
        Exit::Mistakes
    }
}
