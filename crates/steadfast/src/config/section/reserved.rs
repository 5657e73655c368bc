//! The sections that are known by name though their crate may not be there.

/// A section and the crate that defines it.
pub(crate) struct Reserved {
    pub(crate) name: &'static str,
    package: &'static str,
    /// The path of its [`Section`](super::Section), when the crate exists.
    section: Option<&'static str>,
}

/// All of them. A crate that defines a section has a row here.
const RESERVED: [Reserved; 3] = [
    Reserved {
        name: "quota_file",
        package: "steadfast-quota-file",
        section: Some("steadfast_quota_file::SECTION"),
    },
    Reserved {
        name: "alerts",
        package: "steadfast-monitor",
        section: None,
    },
    Reserved {
        name: "fleet",
        package: "steadfast-fleet",
        section: None,
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Reserved> {
    RESERVED.iter().find(|reserved| reserved.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RESERVED.iter().map(|reserved| reserved.name)
}

impl Reserved {
    /// What is wrong when nobody registered it, and what would be right.
    pub(crate) fn mistake(&self) -> (String, String) {
        let Self { name, package, .. } = self;
        match self.section {
            Some(section) => (
                format!("the section `{name}` needs the crate `{package}`"),
                format!(
                    "add `{package}` with its feature `config`, and read the file with \
                     `Config::reader().section(&{section})`"
                ),
            ),
            None => (
                format!(
                    "the section `{name}` is reserved for the crate `{package}`, which this version does not know yet"
                ),
                "leave the section out".to_owned(),
            ),
        }
    }
}
