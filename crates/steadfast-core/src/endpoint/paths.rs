//! The paths of one host as a trie of segments.
//!
//! A node stands for the segments up to it. Below it a literal is tried before `{…}`, and that before `/**`; when
//! nothing further down accepts the request, the walk comes back and tries the next. Nodes lie in one list, and
//! literals are sorted: a binary search compares a few, where a hash would have to read the segment in its normal form.

use super::choice::{self, Choice, Collision};
use super::filter::Asked;
use super::path::{Path, relative};
use super::segment::{Segment, compare, is_plain};

#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// The first one is the root.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// In the order of their text.
    literals: Vec<(Box<str>, usize)>,
    one: Option<usize>,
    /// Of paths that end here.
    end: Vec<Choice>,
    /// Of those that go on with `/**`.
    open: Vec<Choice>,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

// ===== building =====

impl Paths {
    /// Paths have to come in the order of their segments, so that literals need no sorting.
    pub(super) fn push(&mut self, path: &Path, choice: Choice) {
        let mut at = 0;
        for segment in &path.segments {
            at = self.child(at, segment);
        }
        let node = &mut self.nodes[at];
        match path.open {
            true => node.open.push(choice),
            false => node.end.push(choice),
        }
    }

    /// Puts everything into the order in which it is tried.
    pub(super) fn order(&mut self) -> Result<(), Collision> {
        for node in &mut self.nodes {
            choice::order(&mut node.end)?;
            choice::order(&mut node.open)?;
        }
        Ok(())
    }

    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let new = self.nodes.len();
        let node = &mut self.nodes[at];
        let child = match segment {
            Segment::One => *node.one.get_or_insert(new),
            Segment::Literal(text) => match node.literals.last() {
                Some((last, child)) if last == text => *child,
                _ => {
                    node.literals.push((text.clone(), new));
                    new
                }
            },
        };
        if child == new {
            self.nodes.push(Node::default());
        }
        child
    }
}

// ===== finding =====

impl Paths {
    /// The number of the most specific pattern.
    pub(super) fn find(&self, path: &str, asked: &Asked<'_>) -> Option<usize> {
        self.walk(0, Some(relative(path)), asked)
    }

    /// `rest` is what follows the slash behind this node's segments.
    fn walk(&self, at: usize, rest: Option<&str>, asked: &Asked<'_>) -> Option<usize> {
        let node = &self.nodes[at];
        let further = match rest {
            None => choice::pick(&node.end, asked),
            Some(rest) => {
                let (segment, rest) = match rest.split_once('/') {
                    Some((segment, rest)) => (segment, Some(rest)),
                    None => (rest, None),
                };
                let literal = node.literal(segment);
                let found = literal.and_then(|child| self.walk(child, rest, asked));
                let one = || node.one.filter(|_| !segment.is_empty());
                found.or_else(|| self.walk(one()?, rest, asked))
            }
        };
        further.or_else(|| choice::pick(&node.open, asked))
    }
}

impl Node {
    fn literal(&self, segment: &str) -> Option<usize> {
        let literals = &self.literals;
        let as_it_is = literals.binary_search_by(|(own, _)| (**own).cmp(segment));
        let found = as_it_is.or_else(|missing| match is_plain(segment) {
            true => Err(missing),
            false => literals.binary_search_by(|(own, _)| compare(own, segment)),
        });
        found.ok().map(|index| literals[index].1)
    }
}
