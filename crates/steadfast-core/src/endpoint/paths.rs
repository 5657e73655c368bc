//! The paths of one host as a trie of segments.
//!
//! A node stands for the segments up to it. Below it a literal is tried before `{…}`, and that before `/**`; when
//! nothing further down accepts the request, the walk comes back and tries the next.

use std::collections::HashMap;

use super::choice::{self, Choice, Collision};
use super::filter::Asked;
use super::path::{Path, first_segment};
use super::segment::{self, Segment};

#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// In one list, so that a deep trie is dropped without a recursion. The first one is the root.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// In their normal form.
    literals: HashMap<Box<str>, usize>,
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
            Segment::Literal(text) => *node.literals.entry(text.clone()).or_insert(new),
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
        self.walk(0, Some(path), asked)
    }

    /// `rest` is what follows this node's segments, if a slash does.
    fn walk(&self, at: usize, rest: Option<&str>, asked: &Asked<'_>) -> Option<usize> {
        let node = &self.nodes[at];
        let further = match rest {
            None => choice::pick(&node.end, asked),
            Some(rest) => {
                let (segment, rest) = first_segment(rest);
                let literal = segment::in_normal_form(segment, |text| node.literals.get(text));
                let found = literal.and_then(|child| self.walk(*child, rest, asked));
                let one = || node.one.filter(|_| !segment.is_empty());
                found.or_else(|| self.walk(one()?, rest, asked))
            }
        };
        further.or_else(|| choice::pick(&node.open, asked))
    }
}
