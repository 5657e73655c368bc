//! What `script!` brings into scope: bare words for the steps without an answer.

pub use crate::status_ext::StatusExt;

use crate::log::Received;
use crate::step::Step;

/// A step without an answer, as a word in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// [`Step::reset`].
    Reset,
    /// [`Step::closed`].
    Fin,
    /// [`Step::silence`].
    Silence,
    /// [`Step::unread`].
    Hang,
    /// [`Step::refuse`].
    Refuse,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $word:ident;)*) => {$(
        $(#[$doc])*
        #[expect(non_upper_case_globals, reason = "written as a bare word in a script")]
        pub const $name: Word = Word::$word;
    )*};
}

words! {
    /// [`Step::reset`].
    reset = Reset;
    /// [`Step::closed`].
    fin = Fin;
    /// [`Step::silence`].
    silence = Silence;
    /// [`Step::unread`].
    hang = Hang;
    /// [`Step::refuse`].
    refuse = Refuse;
}

/// [`Step::dynamic`].
pub fn dynamic<S: Into<Step>>(choose: impl Fn(&Received) -> S + Send + Sync + 'static) -> Step {
    Step::dynamic(choose)
}

impl From<Word> for Step {
    fn from(word: Word) -> Self {
        match word {
            Word::Reset => Self::reset(),
            Word::Fin => Self::closed(),
            Word::Silence => Self::silence(),
            Word::Hang => Self::unread(),
            Word::Refuse => Self::refuse(),
        }
    }
}
