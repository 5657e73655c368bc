//! "Did you mean": the nearest known word.

/// Longer words are not compared: the distance costs the product of both lengths.
const LONGEST: usize = 40;

/// The word that is nearest to what was written, if it is near.
pub(crate) fn nearest<'w>(
    written: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let length = written.chars().take(LONGEST + 1).count();
    if length > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('-', "_");
    let near = |word: &&'w str| {
        let own = word.to_lowercase().replace('-', "_");
        let distance = strsim::damerau_levenshtein(&written, &own);
        (distance <= (length / 3).max(1) && own.len() <= 2 * LONGEST).then_some(distance)
    };
    words
        .into_iter()
        .filter(|word| word.len() <= 2 * LONGEST)
        .filter_map(|word| near(&word).map(|distance| (distance, word)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// A help text: the nearest word, or all of them.
pub(crate) fn among<'w>(
    written: &str,
    words: impl IntoIterator<Item = &'w str> + Clone,
) -> Option<String> {
    if let Some(word) = nearest(written, words.clone()) {
        return Some(format!("did you mean `{word}`?"));
    }
    known(words)
}

/// A help text: all words, or the first of many.
pub(crate) fn known<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    const MOST: usize = 20;
    let mut known: Vec<_> = words.into_iter().take(MOST + 1).collect();
    if known.is_empty() {
        return None;
    }
    let more = if known.len() > MOST { ", …" } else { "" };
    known.truncate(MOST);
    Some(format!("known are `{}`{more}", known.join("`, `")))
}
