//! [`Section`]: what a file may say beside policies and endpoints, and what is made of it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::fields::Fields;
use super::mistakes::{Mistake, Mistakes};
use crate::config::kind::{Keys, ValueKind};
use crate::config::walk::{Item, Value};
use crate::policies::PoliciesBuilder;

/// A section of policy files, of which a `T` is made; see [the module](crate::config::section).
///
/// It is a `static`, made by [`table`](Self::table) or [`list`](Self::list), and is registered with
/// [`Reader::section`](crate::config::Reader::section).
#[must_use]
pub struct Section<T> {
    head: Head,
    make: Make<T>,
    opens: Option<Opens<T>>,
}

/// What is known of a section without its type.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) form: Form,
    pub(crate) keys: &'static Keys,
    /// That of one table.
    pub(crate) kind: ValueKind,
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `[fleet]`
    Table,
    /// `[[alerts]]`
    List,
}

enum Make<T> {
    Table(fn(Fields<'_>, &mut Mistakes<'_>) -> Option<T>),
    List(fn(&[Fields<'_>], &mut Mistakes<'_>) -> Option<T>),
}

/// What a section does to policies when they are built.
struct Opens<T> {
    open: fn(&T, PoliciesBuilder) -> Result<PoliciesBuilder, Mistake>,
    same: fn(&T, &T) -> bool,
}

/// What was made of a section: its `T`.
pub(crate) type Made = Arc<dyn Any + Send + Sync>;

/// A section of any type.
pub(crate) trait AnySection: Send + Sync {
    fn head(&self) -> &Head;

    fn make(&self, item: &Item, mistakes: &mut Mistakes<'_>) -> Option<Made>;

    /// Does to policies what the section does to them.
    fn open(&self, made: &Made, builder: PoliciesBuilder) -> Result<PoliciesBuilder, Mistake>;

    /// Whether policies that were built with one of them would be no others with the other.
    fn opens_the_same(&self, one: Option<&Made>, other: Option<&Made>) -> bool;
}

// ===== impl Section =====

impl<T: Send + Sync + 'static> Section<T> {
    /// A section of one table: `[name]`.
    ///
    /// `make` makes a `T` of the table and reports what is wrong with it; it reads nothing else, because it also runs when
    /// a file is merely checked, and again whenever a file that is watched changes. It runs, too, when a value was wrong or
    /// missing, so that all mistakes are told at once: a field that was reported is not there. `None` refuses the file.
    pub const fn table(
        name: &'static str,
        about: &'static str,
        keys: &'static Keys,
        make: fn(Fields<'_>, &mut Mistakes<'_>) -> Option<T>,
    ) -> Self {
        Self::new(name, about, keys, Form::Table, Make::Table(make))
    }

    /// A section of any number of tables: `[[name]]`. As [`table`](Self::table), with all of them in the order of the
    /// file.
    pub const fn list(
        name: &'static str,
        about: &'static str,
        keys: &'static Keys,
        make: fn(&[Fields<'_>], &mut Mistakes<'_>) -> Option<T>,
    ) -> Self {
        Self::new(name, about, keys, Form::List, Make::List(make))
    }

    const fn new(
        name: &'static str,
        about: &'static str,
        keys: &'static Keys,
        form: Form,
        make: Make<T>,
    ) -> Self {
        Self {
            head: Head {
                name,
                about,
                form,
                keys,
                kind: ValueKind::Table(keys),
            },
            make,
            opens: None,
        }
    }

    /// What the section is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.head.name
    }

    /// What the section does to policies, such as opening a file that they use: once, when they are built
    /// ([`Config::build`](crate::config::Config::build), [`Policies::read`](crate::Policies::read),
    /// [`Policies::watch`](crate::Policies::watch)), and never when a file is only checked.
    ///
    /// It is for what policies keep as long as they live, such as a store. A file that is watched exchanges policies and
    /// endpoints when it changes, also those that this has added, and this is not run again. If the section makes another
    /// `T` then, a warning says that the change takes effect at the next start.
    pub const fn opens(
        self,
        open: fn(&T, PoliciesBuilder) -> Result<PoliciesBuilder, Mistake>,
    ) -> Self
    where
        T: PartialEq,
    {
        Self {
            opens: Some(Opens {
                open,
                same: same::<T>,
            }),
            head: self.head,
            make: self.make,
        }
    }
}

fn same<T: PartialEq>(one: &T, other: &T) -> bool {
    one == other
}

impl<T: Send + Sync + 'static> AnySection for Section<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn make(&self, item: &Item, mistakes: &mut Mistakes<'_>) -> Option<Made> {
        let made = match (&self.make, &item.value) {
            (Make::Table(make), Value::Table(table)) => make(Fields::new(table), mistakes),
            (Make::List(make), Value::List(items)) => {
                let tables = items.iter().filter_map(|item| match &item.value {
                    Value::Table(table) => Some(Fields::new(table)),
                    _ => None,
                });
                make(&tables.collect::<Vec<_>>(), mistakes)
            }
            _ => None,
        };
        Some(Arc::new(made?))
    }

    fn open(&self, made: &Made, builder: PoliciesBuilder) -> Result<PoliciesBuilder, Mistake> {
        match (&self.opens, made.downcast_ref()) {
            (Some(opens), Some(made)) => (opens.open)(made, builder),
            _ => Ok(builder),
        }
    }

    fn opens_the_same(&self, one: Option<&Made>, other: Option<&Made>) -> bool {
        let Some(opens) = &self.opens else {
            return true;
        };
        let [one, other] = [one, other].map(|made| made.and_then(|made| made.downcast_ref()));
        match (one, other) {
            (Some(one), Some(other)) => (opens.same)(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl<T> fmt::Debug for Section<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("name", &self.head.name)
            .field("form", &self.head.form)
            .finish_non_exhaustive()
    }
}
