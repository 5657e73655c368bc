//! [`Config`]: a file that was read and checked.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use steadfast_core::Policy;

use crate::config::endpoints::{self, Endpoint};
use crate::config::format::Format;
use crate::config::names::{Known, Named};
use crate::config::policy::Maker;
use crate::config::reader::Reader;
use crate::config::report::{Diagnostic, Diagnostics};
use crate::config::section::{Present, Section};
use crate::config::walk::{Item, Table};
use crate::policies::{Policies, PoliciesBuilder};

/// Policies that were read from a file and checked; see [the module](crate::config).
#[derive(Clone)]
pub struct Config {
    named: Vec<Named>,
    endpoints: Vec<Endpoint>,
    default: Named,
    pub(crate) sections: Vec<Present>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Without values, since those that came from variables may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policies: Vec<_> = self.named.iter().map(|named| &*named.name).collect();
        let sections: Vec<_> = self.sections().collect();
        f.debug_struct("Config")
            .field("policies", &policies)
            .field("endpoints", &self.endpoints.len())
            .field("default", &self.default.name)
            .field("sections", &sections)
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}

// ===== impl Config =====

impl Config {
    /// Reads files that have sections of other crates: register them, then read.
    #[must_use = "a reader does nothing until it reads"]
    pub fn reader() -> Reader {
        Reader::default()
    }

    /// Reads and checks a text. `file` is its name in messages. `${NAME}` is looked up in the environment.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse(text: &str, format: Format, file: &str) -> Result<Self, Diagnostics> {
        Self::reader().parse(text, format, file)
    }

    /// [`parse`](Self::parse) with variables of your own.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse_with_env(
        text: &str,
        format: Format,
        file: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Diagnostics> {
        Self::reader().parse_with_env(text, format, file, env)
    }

    /// Reads and checks a file, whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// All mistakes at once; also that the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        Self::reader().read(path)
    }

    /// What the file's own keys say.
    pub(super) fn make(mut root: Table, maker: &mut Maker<'_, '_>) -> Self {
        let policies = root.take("policies");
        let first = policies.as_ref().and_then(Item::first_name);
        let known = Known::make(policies, maker);
        let mut default = known.standard().clone();
        if let Some((name, span)) = root.text("default") {
            match known.find(&name.text) {
                Some(named) => default = named.clone(),
                None => {
                    let unknown = known.unknown(&name.text, span, name.secret, maker);
                    let (message, help) = unknown.into_parts();
                    maker
                        .report
                        .error_with("unknown-policy", span, message, help);
                }
            }
        }
        let endpoints = endpoints::make(root.take("endpoints"), &default, &known, maker);
        let config = Self {
            named: known.own,
            endpoints,
            default,
            sections: Vec::new(),
            warnings: Vec::new(),
        };
        if let Some(first) = first.filter(|_| !config.uses_a_policy()) {
            maker.report.warning(
                "unused",
                first,
                "no policy of this file is used",
                "name one with `default`, or as an endpoint's `policy`; without that, only calls that ask for one by \
                 name get it",
            );
        }
        config
    }

    /// Whether the default or an endpoint is a policy of the file.
    fn uses_a_policy(&self) -> bool {
        let endpoints = self.endpoints.iter().map(|endpoint| &endpoint.policy);
        let names: HashSet<_> = self.named.iter().map(|named| &named.name).collect();
        let mut used = endpoints.chain([&self.default]);
        used.any(|policy| names.contains(&policy.name))
    }

    /// The policies that have a name in the file, in the order of the file.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        self.named
            .iter()
            .map(|named| (&*named.name, &*named.policy))
    }

    /// The endpoints in the order of the file: the pattern, the name of the policy (the default's, if none was said),
    /// and the policy with the endpoint's own keys put over it.
    pub fn endpoints(&self) -> impl Iterator<Item = (&str, &str, &Policy)> {
        self.endpoints.iter().map(|endpoint| {
            let Named { name, policy, .. } = &endpoint.policy;
            (endpoint.pattern.as_str(), &**name, &**policy)
        })
    }

    /// The endpoints that have an identity: the pattern and the identity.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str)> {
        let endpoints = self.endpoints.iter();
        endpoints
            .filter_map(|endpoint| Some((endpoint.pattern.as_str(), endpoint.identity.as_deref()?)))
    }

    /// The patterns and identities of the endpoints as they are written in the file, in its order: with `${NAME}` in the
    /// place of a variable's value, which may be a secret. For whatever is shown.
    pub fn endpoints_as_written(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let endpoints = self.endpoints.iter();
        endpoints.map(|endpoint| {
            let pattern = endpoint.written_pattern.as_ref();
            let identity = endpoint.written_identity.as_ref();
            (
                pattern.unwrap_or(&endpoint.pattern).as_str(),
                identity.or(endpoint.identity.as_ref()).map(String::as_str),
            )
        })
    }

    /// The policy of requests that belong to no endpoint.
    #[must_use]
    pub fn default_policy(&self) -> &Policy {
        &self.default.policy
    }

    /// What has no effect, though it is not wrong.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What a section says. `None` if the file does not have it, or if it was not registered with the [`Reader`].
    #[must_use]
    pub fn section<T: Send + Sync + 'static>(&self, section: &Section<T>) -> Option<Arc<T>> {
        let mut sections = self.sections.iter();
        sections
            .find(|present| present.name() == section.name())
            .and_then(Present::made)
    }

    /// The names of the sections that the file has, beside policies and endpoints.
    pub fn sections(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.sections.iter().map(Present::name)
    }

    /// The policies, ready for calls, with state of their own.
    ///
    /// # Errors
    /// A section could not do what it does to policies, such as opening a file ([`Section::opens`]). Without such a
    /// section a file that was read can be built.
    pub fn build(&self) -> Result<Policies, Diagnostics> {
        self.builder()?.build().map_err(|_| {
            // The same was built once when the file was checked, so a section has changed it since. The mistake may quote
            // a value of a variable.
            let mut sections = self.sections.iter();
            match sections.next() {
                Some(present) => present.refuse("the sections made policies that cannot be built"),
                None => unreachable!("nothing has changed since the file was checked"),
            }
        })
    }

    /// The policies, not built yet: for what no file says, such as a seed or a file for the counts of quotas.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn builder(&self) -> Result<PoliciesBuilder, Diagnostics> {
        let mut sections = self.sections.iter();
        // At the first mistake it ends: who cannot go on opens no more files.
        sections.try_fold(self.unopened(), |builder, present| present.open(builder))
    }

    /// The policies alone, without what sections do to them.
    pub(crate) fn unopened(&self) -> PoliciesBuilder {
        let own = |named: &Named| Policy::clone(&named.policy);
        let builder = Policies::builder().default_policy(own(&self.default));
        let builder = self.named.iter().fold(builder, |builder, named| {
            builder.named(&*named.name, own(named))
        });
        self.endpoints.iter().fold(builder, |builder, endpoint| {
            let policy = own(&endpoint.policy);
            let policy = match &endpoint.identity {
                Some(identity) => policy.identity(identity.as_str()),
                None => policy,
            };
            builder.endpoint(endpoint.pattern.as_str(), policy)
        })
    }

    /// The JSON Schema of the format (draft 2020-12), for editors. [`Reader::schema`] is that with sections.
    #[must_use]
    pub fn schema() -> String {
        Self::reader().schema()
    }
}
