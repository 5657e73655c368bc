//! [`Reader`]: reads files, with the sections that were registered.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::config::file::{self, LARGEST, too_large};
use crate::config::format::Format;
use crate::config::keys::ROOT;
use crate::config::loaded::Config;
use crate::config::policy::Maker;
use crate::config::report::{Diagnostic, Diagnostics, Report, Severity};
use crate::config::schema;
use crate::config::section::{self, AnySection, Section};
use crate::config::source::{Env, Source, Span, read_json, read_toml};
use crate::config::walk::{Table, Walked, Walker};

/// Reads policy files that may have [sections](crate::config::section) of other crates. Cheap to clone.
///
/// ```no_run
/// # use steadfast::config::section::{Fields, Keys, Mistakes, Section};
/// # static FLEET: Keys = Keys::new("a fleet", &[]);
/// # static SECTION: Section<u8> = Section::table("my_fleet", "", &FLEET, |_, _| Some(1));
/// use steadfast::config::Config;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::reader().section(&SECTION).read("policies.toml".as_ref())?;
/// let fleet = config.section(&SECTION); // what the section says
/// let client = config.build()?.wrap(reqwest::Client::new());
/// # drop((fleet, client));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "a reader does nothing until it reads"]
pub struct Reader {
    sections: Vec<&'static dyn AnySection>,
}

// ===== impl Reader =====

impl Reader {
    /// Registers a section, so that files may have it. Two sections of one name are a mistake that is reported when a file
    /// is read; registering the same twice is none.
    pub fn section<T: Send + Sync + 'static>(mut self, section: &'static Section<T>) -> Self {
        let mut known = self.sections.iter();
        if !known.any(|known| std::ptr::addr_eq(*known, section)) {
            self.sections.push(section);
        }
        self
    }

    /// Reads and checks a text. `file` is its name in messages. `${NAME}` is looked up in the environment.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse(&self, text: &str, format: Format, file: &str) -> Result<Config, Diagnostics> {
        self.parse_with_env(text, format, file, &|name| std::env::var(name).ok())
    }

    /// [`parse`](Self::parse) with variables of your own.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse_with_env(
        &self,
        text: &str,
        format: Format,
        file: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Diagnostics> {
        let source = Source::new(file, text);
        let mut report = Report::new(&source);
        let mut config = self.check(&mut report, format, env);
        config.warnings = report.finish()?;
        Ok(config)
    }

    /// Reads and checks a regular file, whose name ends in `.toml` or `.json`. Links are followed.
    ///
    /// # Errors
    /// All mistakes at once; also that the file cannot be read.
    pub fn read(&self, path: &Path) -> Result<Config, Diagnostics> {
        self.load(path).map(|(_, config)| config)
    }

    /// Reads a stream to its end and checks it, such as standard input or a pipe. `file` is its name in messages. The
    /// format is that of the name's ending; without `.toml` or `.json`, a text that begins with `{` is JSON.
    ///
    /// At most 16 MiB are read. There is no limit of time.
    ///
    /// # Errors
    /// All mistakes at once; also that the stream cannot be read.
    pub fn read_stream(&self, stream: impl Read, file: &str) -> Result<Config, Diagnostics> {
        let path = Path::new(file);
        let text = file::read_stream(stream).map_err(|message| about(path, message))?;
        let format = format_of(path).unwrap_or_else(|_| Format::of_text(&text));
        self.parse_bytes(path, &text, format)
    }

    /// Reads and checks a file: its text, and what it says.
    pub(crate) fn load(&self, path: &Path) -> Result<(Vec<u8>, Config), Diagnostics> {
        format_of(path)?;
        let text = read_file(path)?;
        let config = self.parse_file(path, &text)?;
        Ok((text, config))
    }

    /// Checks the text of a file.
    pub(crate) fn parse_file(&self, path: &Path, text: &[u8]) -> Result<Config, Diagnostics> {
        self.parse_bytes(path, text, format_of(path)?)
    }

    fn parse_bytes(&self, path: &Path, text: &[u8], format: Format) -> Result<Config, Diagnostics> {
        match std::str::from_utf8(text) {
            Ok(text) => self.parse(text, format, &path.display().to_string()),
            Err(error) => Err(about(path, format!("the file is not UTF-8: {error}"))),
        }
    }

    fn check(&self, report: &mut Report<'_>, format: Format, env: Env<'_>) -> Config {
        let (root, sections, secrets) = self.walk(report, format, env);
        self.check_names(report);
        let mut config = Config::make(
            root,
            &mut Maker {
                report: &mut *report,
                secrets,
                rules: 0,
            },
        );
        config.sections = section::make(sections, report);
        // What the checks above do not know, so that `build` cannot fail.
        if report.errors() == 0 {
            if let Err(mistake) = config.unopened().build() {
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

    /// Reads the tree of a text and checks it against the key table; also whether a value of the policies came from a
    /// variable.
    fn walk(
        &self,
        report: &mut Report<'_>,
        format: Format,
        env: Env<'_>,
    ) -> (Table, Vec<Walked>, bool) {
        let nothing = (Table::empty(Span::default()), Vec::new(), false);
        let text = report.source.text;
        if text.len() > LARGEST {
            report.error(
                "limit",
                Span::default(),
                too_large(&format!("{} bytes", text.len())),
            );
            return nothing;
        }
        let tree = match format {
            Format::Toml => Some(read_toml(text, report)),
            Format::Json => read_json(text, report),
        };
        let unreadable = report.lines();
        let walked = tree.map(|tree| {
            let mut walker = Walker::new(&mut *report, env, &self.sections);
            let (root, sections) = walker.file(tree);
            (root, sections, walker.secrets)
        });
        report.without_echoes(&unreadable);
        walked.unwrap_or(nothing)
    }

    /// Names of sections that leave open who reads what.
    fn check_names(&self, report: &mut Report<'_>) {
        for (n, section) in self.sections.iter().enumerate() {
            let name = section.head().name;
            let twins = self.sections[..n].iter();
            let mistake = if ROOT.find(name).is_some() {
                "is a key of every policy file, and no name for a section"
            } else if twins.clone().any(|twin| twin.head().name == name) {
                "is the name of two sections that are registered"
            } else {
                continue;
            };
            report.error("section", Span::default(), format!("`{name}` {mistake}"));
        }
    }

    /// The JSON Schema of the format with these sections (draft 2020-12), for editors.
    #[must_use]
    pub fn schema(&self) -> String {
        schema::schema(&self.sections)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.sections.iter().map(|section| section.head().name);
        f.debug_tuple("Reader")
            .field(&names.collect::<Vec<_>>())
            .finish()
    }
}

fn format_of(path: &Path) -> Result<Format, Diagnostics> {
    let extension = path.extension().and_then(|end| end.to_str());
    let format = extension.unwrap_or_default().parse();
    format.map_err(|message| about(path, message))
}

/// The text of a file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Diagnostics> {
    file::read(path).map_err(|message| about(path, message))
}

/// A mistake that has no place in the file.
pub(crate) fn about(path: &Path, message: String) -> Diagnostics {
    Diagnostics::new(vec![Diagnostic {
        file: path.display().to_string(),
        line: 1,
        column: 1,
        length: 1,
        code: "file",
        message,
        help: None,
        severity: Severity::Error,
        excerpt: None,
    }])
}
