//! How long files and functions are.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::sources::Source;

const FILE: usize = 400;
const FUNCTION: usize = 60;

/// One sentence for each that is too long.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        if source.lines > FILE {
            let (path, lines) = (&source.path, source.lines);
            found.push(format!("{path}: {lines} lines, more than {FILE}"));
        }
        let mut functions = Functions {
            source,
            found: &mut found,
        };
        functions.visit_file(&source.file);
    }
    found
}

struct Functions<'a> {
    source: &'a Source,
    found: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, name: &syn::Ident, span: Span) {
        let first = span.start().line;
        let lines = span.end().line - first + 1;
        if lines > FUNCTION {
            let path = &self.source.path;
            self.found.push(format!(
                "{path}:{first}: `{name}` has {lines} lines, more than {FUNCTION}"
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig.ident, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig.ident, function.block.span());
        visit::visit_impl_item_fn(self, function);
    }
}
