//! Public types of one name.

use std::collections::BTreeMap;

use syn::{Item, Visibility};

use crate::sources::Source;

/// The crates that others use.
const PUBLISHED: &str = "steadfast";
/// One of that name that nobody else uses.
const BENCH: &str = "steadfast-bench";

/// One sentence for each name that two public types have.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut types: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let is_published =
        |source: &&Source| source.package.starts_with(PUBLISHED) && source.package != BENCH;
    for source in sources
        .iter()
        .filter(is_published)
        .filter(|source| !source.is_test())
    {
        for name in source.file.items.iter().filter_map(public_type) {
            types.entry(name).or_default().push(&source.path);
        }
    }
    let twice = types.into_iter().filter(|(_, paths)| paths.len() > 1);
    let sentence = |(name, paths): (String, Vec<&str>)| {
        format!(
            "`{name}` is the name of {} public types: {}",
            paths.len(),
            paths.join(", ")
        )
    };
    twice.map(sentence).collect()
}

fn public_type(item: &Item) -> Option<String> {
    let (visibility, name) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    matches!(visibility, Visibility::Public(_)).then(|| name.to_string())
}
