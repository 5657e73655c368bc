//! Other people's text on a terminal or in a log.
//!
//! A server chooses what it writes into headers and bodies, and a text that is printed as it is can move the cursor,
//! forge a line of a log, or show itself in another order than it is read. Whatever is shown and was not written by us
//! goes through here, letter by letter.

/// A character that no terminal obeys and that cannot change how its neighbours are shown: `U+FFFD` stands in the place of
/// control characters, bidirectional and zero-width ones, and separators of lines. A tab stays.
#[must_use]
pub fn harmless(letter: char) -> char {
    match letter {
        '\t' => '\t',
        '\u{61c}' | '\u{feff}' => '\u{fffd}',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => '\u{fffd}',
        _ if letter.is_control() => '\u{fffd}',
        _ => letter,
    }
}

/// A text made [`harmless`] and put on one line: what separates lines, and a tab, becomes a blank.
pub fn one_line(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(|letter| match letter {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        letter => harmless(letter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_shows_in_another_order_is_replaced_and_the_rest_stays() {
        let harmful = "\u{1b}\u{7}\u{0}\u{7f}\u{9b}\u{61c}\u{200b}\u{200e}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}";
        assert!(harmful.chars().all(|letter| harmless(letter) == '\u{fffd}'));
        let fine = "a\tb é \u{5d0} \u{627} 漢 \u{1f600}";
        assert_eq!(fine.chars().map(harmless).collect::<String>(), fine);
        let lines = "a\nb\r\nc\u{2028}d\u{2029}e\u{85}f";
        assert_eq!(one_line(lines).collect::<String>(), "a b  c d e f");
    }
}
