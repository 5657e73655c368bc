//! Policies by name, each after the one that it extends.

use std::collections::HashMap;
use std::sync::Arc;

use steadfast_core::Policy;

use crate::config::policy::Maker;
use crate::config::report::quoted;
use crate::config::source::{Name, Span};
use crate::config::suggest::among;
use crate::config::walk::{Item, Table, Value};

/// The policies that need no file.
pub(crate) const PRESETS: [(&str, Preset); 4] = [
    ("standard", Policy::standard),
    ("guarded", Policy::guarded),
    ("interactive", Policy::interactive),
    ("patient", Policy::patient),
];

/// Makes a preset.
type Preset = fn() -> Policy;

/// The most policies of a file, and the most of them that build on each other.
const MOST: usize = 10_000;
const LONGEST_CHAIN: usize = 32;

/// A policy with its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: Arc<str>,
    pub(crate) policy: Arc<Policy>,
    /// How many rules it has, those of its ancestors included.
    pub(crate) rules: usize,
}

/// All policies that a file can name.
pub(crate) struct Known {
    presets: Vec<Named>,
    pub(crate) own: Vec<Named>,
    index: HashMap<String, usize>,
}

/// A policy that is not made yet.
struct Draft {
    name: Name,
    table: Option<Table>,
    parent: Parent,
    extends: Span,
}

/// A policy that was made, and on how many it builds.
#[derive(Clone)]
struct Made {
    policy: Arc<Policy>,
    rules: usize,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Parent {
    Preset(usize),
    Own(usize),
}

/// A name that no policy has.
#[derive(Default)]
pub(crate) struct Unknown {
    message: String,
    help: String,
}

impl Known {
    /// Makes all policies of a file.
    pub(crate) fn make(policies: Option<Item>, maker: &mut Maker<'_, '_>) -> Self {
        let mut known = Self {
            presets: Vec::new(),
            own: Vec::new(),
            index: HashMap::new(),
        };
        for (name, preset) in PRESETS {
            let policy = Arc::new(preset());
            known.presets.push(Named {
                name: name.into(),
                policy,
                rules: 0,
            });
        }
        let Some(Item {
            value: Value::Map(tables),
            span,
        }) = policies
        else {
            return known;
        };
        if tables.len() > MOST {
            let message = format!("{} policies; at most {MOST} are taken", tables.len());
            maker.report.error("limit", span, message);
            return known;
        }
        let mut drafts = known.drafts(tables, maker);
        known.find_parents(&mut drafts, maker);
        known.make_in_order(drafts, maker);
        known
    }

    fn drafts(&mut self, tables: Vec<(Name, Item)>, maker: &mut Maker<'_, '_>) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(tables.len());
        for (name, item) in tables {
            if PRESETS.iter().any(|(preset, _)| *preset == name.text) {
                let message = format!("{} is a preset and cannot be changed", quoted(&name.text));
                let help = format!(
                    "give it a name of its own, with `extends = \"{}\"`",
                    name.text
                );
                maker
                    .report
                    .error_with("duplicate", name.span, message, help);
                continue;
            }
            if name.text.is_empty() {
                maker
                    .report
                    .error("duplicate", name.span, "a policy without a name");
                continue;
            }
            self.index.insert(name.text.clone(), drafts.len());
            let table = match item.value {
                Value::Table(table) => table,
                _ => Table::empty(item.span),
            };
            drafts.push(Draft {
                extends: name.span,
                name,
                table: Some(table),
                parent: Parent::Preset(0),
            });
        }
        drafts
    }

    fn find_parents(&self, drafts: &mut [Draft], maker: &mut Maker<'_, '_>) {
        for draft in drafts {
            let Some((parent, span)) = draft.table.as_ref().and_then(|table| table.text("extends"))
            else {
                continue;
            };
            draft.extends = span;
            if let Some(preset) = PRESETS.iter().position(|(name, _)| *name == parent.text) {
                draft.parent = Parent::Preset(preset);
            } else if let Some(own) = self.index.get(&parent.text) {
                draft.parent = Parent::Own(*own);
            } else {
                let unknown = self.unknown(&parent.text, span, parent.secret, maker);
                maker
                    .report
                    .error_with("unknown-policy", span, unknown.message, unknown.help);
            }
        }
    }

    /// Parents first, without recursion. What hangs on a circle counts as `standard`.
    fn make_in_order(&mut self, mut drafts: Vec<Draft>, maker: &mut Maker<'_, '_>) {
        let mut made: Vec<Option<Made>> = vec![None; drafts.len()];
        // From which start a draft was visited: a draft that is met twice from one start is on a circle.
        let mut visited = vec![usize::MAX; drafts.len()];
        for start in 0..drafts.len() {
            let mut path = Vec::new();
            let mut at = Parent::Own(start);
            let mut parent = loop {
                match at {
                    Parent::Preset(preset) => break self.preset(preset),
                    Parent::Own(own) => {
                        if let Some(made) = &made[own] {
                            break made.clone();
                        }
                        if visited[own] == start {
                            circle(&drafts, &path, own, maker);
                            break self.preset(0);
                        }
                        visited[own] = start;
                        path.push(own);
                        at = drafts[own].parent;
                    }
                }
            };
            for own in path.into_iter().rev() {
                parent.depth += 1;
                let span = drafts[own].extends;
                if parent.depth == LONGEST_CHAIN + 1 {
                    let message = format!("more than {LONGEST_CHAIN} policies build on each other");
                    maker.report.error("limit", span, message);
                }
                let from = self.parent_name(&drafts, own);
                let table = drafts[own].table.take();
                if let Some(table) = table.filter(|_| parent.depth <= LONGEST_CHAIN) {
                    parent.rules += table.rules();
                    if maker.affords(parent.rules, span) {
                        parent.policy = Arc::new(maker.make(&parent.policy, &from, table));
                    }
                }
                made[own] = Some(parent.clone());
            }
        }
        let named = drafts.into_iter().zip(made).filter_map(|(draft, made)| {
            let name = draft.name.text.into();
            made.map(|Made { policy, rules, .. }| Named {
                name,
                policy,
                rules,
            })
        });
        self.own = named.collect();
    }

    fn preset(&self, preset: usize) -> Made {
        Made {
            policy: Arc::clone(&self.presets[preset].policy),
            rules: 0,
            depth: 0,
        }
    }

    fn parent_name(&self, drafts: &[Draft], own: usize) -> String {
        match drafts[own].parent {
            Parent::Preset(preset) => self.presets[preset].name.to_string(),
            Parent::Own(parent) => drafts[parent].name.text.clone(),
        }
    }

    /// The policy of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Named> {
        match self.index.get(name) {
            Some(own) => self.own.get(*own),
            None => self.presets.iter().find(|preset| *preset.name == *name),
        }
    }

    /// The policy `standard`.
    pub(crate) fn standard(&self) -> &Named {
        &self.presets[0]
    }

    pub(crate) fn unknown(
        &self,
        name: &str,
        span: Span,
        secret: bool,
        maker: &Maker<'_, '_>,
    ) -> Unknown {
        if maker.report.is_full() {
            return Unknown::default();
        }
        let written = maker.report.source.written(span).trim_matches(['"', '\'']);
        let mut names: Vec<_> = self.index.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.extend(PRESETS.iter().map(|(name, _)| *name));
        let name = if secret { "" } else { name };
        Unknown {
            message: format!("no policy has the name {}", quoted(written)),
            help: among(name, names.iter().copied()).unwrap_or_default(),
        }
    }
}

impl Unknown {
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.message, self.help)
    }
}

fn circle(drafts: &[Draft], path: &[usize], again: usize, maker: &mut Maker<'_, '_>) {
    const SHOWN: usize = 8;
    let from = path.iter().position(|own| *own == again).unwrap_or(0);
    let names = path[from..]
        .iter()
        .chain([&again])
        .map(|own| quoted(&drafts[*own].name.text));
    let mut names: Vec<_> = names.collect();
    if names.len() > SHOWN {
        names.splice(SHOWN - 1..names.len() - 1, ["…".to_owned()]);
    }
    let message = format!(
        "policies extend each other in a circle: {}",
        names.join(" → ")
    );
    let help = "let one of them extend a preset, as in `extends = \"standard\"`";
    maker
        .report
        .error_with("cycle", drafts[again].extends, message, help);
}
