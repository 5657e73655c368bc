//! [`Config`]: a file that was read and checked.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use steadfast_core::Policy;

use crate::config::endpoints::{self, Endpoint};
use crate::config::keys::ROOT;
use crate::config::names::{Known, Named};
use crate::config::policy::Maker;
use crate::config::report::{Diagnostic, Diagnostics, Report, Severity};
use crate::config::schema;
use crate::config::source::{Env, Source, Span, read_json, read_toml};
use crate::config::walk::{Table, Walker};
use crate::policies::{Policies, PoliciesBuilder};

/// The largest file, in bytes.
const LARGEST: usize = 16 << 20;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259), without comments.
    Json,
}

/// Policies that were read from a file and checked; see [the module](crate::config).
#[derive(Clone, Debug)]
pub struct Config {
    named: Vec<Named>,
    endpoints: Vec<Endpoint>,
    default: Named,
    warnings: Vec<Diagnostic>,
}

// ===== impl Config =====

impl Config {
    /// Reads and checks a text. `file` is its name in messages. `${NAME}` is looked up in the environment.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse(text: &str, format: Format, file: &str) -> Result<Self, Diagnostics> {
        Self::parse_with_env(text, format, file, &|name| std::env::var(name).ok())
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
        let source = Source::new(file, text);
        let mut report = Report::new(&source);
        let config = Self::read_text(&mut report, format, env);
        let warnings = report.finish()?;
        Ok(Self { warnings, ..config })
    }

    /// Reads and checks a file, whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// All mistakes at once; also that the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let file = path.display().to_string();
        let refuse = |message: String| Diagnostics::new(vec![about_file(&file, message)]);
        let format = match path.extension().and_then(|end| end.to_str()) {
            Some(end) => end.parse().map_err(refuse)?,
            None => {
                return Err(refuse(
                    "the file's name does not end in `.toml` or `.json`".into(),
                ));
            }
        };
        let unreadable =
            |error: std::io::Error| refuse(format!("the file cannot be read: {error}"));
        let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
        if bytes > LARGEST as u64 {
            return Err(refuse(too_large(bytes)));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text, format, &file)
    }

    fn read_text(report: &mut Report<'_>, format: Format, env: Env<'_>) -> Self {
        let text = report.source.text;
        let mut root = Table {
            entries: Vec::new(),
        };
        let mut secrets = false;
        if text.len() > LARGEST {
            report.error("limit", Span::default(), too_large(text.len() as u64));
        } else {
            let tree = match format {
                Format::Toml => Some(read_toml(text, report)),
                Format::Json => read_json(text, report),
            };
            let unreadable = report.lines();
            if let Some(tree) = tree {
                let mut walker = Walker {
                    report: &mut *report,
                    env,
                    secrets,
                };
                root = walker.table(&ROOT, tree);
                secrets = walker.secrets;
            }
            report.without_echoes(&unreadable);
        }
        let config = Self::make(
            root,
            &mut Maker {
                report: &mut *report,
                secrets,
                rules: 0,
            },
        );
        // What the checks above do not know, so that `build` cannot fail.
        if report.errors() == 0 {
            if let Err(mistake) = config.builder().build() {
                let message = match secrets {
                    true => {
                        "the policies make no sense once their variables are filled in".to_owned()
                    }
                    false => mistake.to_string(),
                };
                report.error("invalid", Span::default(), message);
            }
        }
        config
    }

    fn make(mut root: Table, maker: &mut Maker<'_, '_>) -> Self {
        let known = Known::make(root.take("policies"), maker);
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
        Self {
            named: known.own,
            endpoints,
            default,
            warnings: Vec::new(),
        }
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

    /// The policies, ready for calls, with state of their own.
    #[must_use]
    pub fn build(&self) -> Policies {
        match self.builder().build() {
            Ok(policies) => policies,
            Err(_) => unreachable!("the same was built once when the file was checked"),
        }
    }

    /// The policies, not built yet: for what no file says, such as a seed or a file for the counts of quotas.
    pub fn builder(&self) -> PoliciesBuilder {
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

    /// The JSON Schema of the format (draft 2020-12), for editors.
    #[must_use]
    pub fn schema() -> String {
        schema::schema()
    }
}

// ===== impl Format =====

impl FromStr for Format {
    type Err = String;

    /// The format of a file's extension.
    fn from_str(extension: &str) -> Result<Self, Self::Err> {
        match extension.to_ascii_lowercase().as_str() {
            "toml" => Ok(Self::Toml),
            "json" => Ok(Self::Json),
            _ => Err("the file's name does not end in `.toml` or `.json`".to_owned()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Toml => "TOML",
            Self::Json => "JSON",
        })
    }
}

fn too_large(bytes: u64) -> String {
    format!("the file has {bytes} bytes; at most {LARGEST} (16 MiB) are read")
}

fn about_file(file: &str, message: String) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        line: 1,
        column: 1,
        length: 1,
        code: "file",
        message,
        help: None,
        severity: Severity::Error,
        excerpt: None,
    }
}
