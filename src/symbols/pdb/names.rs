//! Names out of a PDB.

use std::sync::Arc;

use super::file::PdbFile;
use super::inlines;
use super::module::Compiled;
use super::procedure::{self, Procedure};
use crate::symbols::source::{InlineFrame, SourceLine, Symbol, SymbolSource, Variable};
use crate::symbols::wildcard::Wildcard;

impl SymbolSource for PdbFile {
    fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        self.names_near(rva)?.nearest(rva)
    }

    fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        self.names_near(rva)?.following(rva)
    }

    fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        self.names_near(rva).map(|names| names.exact(rva)).unwrap_or_default()
    }

    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        self.name_index().map(|names| names.by_name(name)).unwrap_or_default()
    }

    fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        self.name_index().map(|names| names.matching(pattern)).unwrap_or_default()
    }

    fn function_extent(&self, rva: u32) -> Option<(u32, u32)> {
        let (_, start, size) = self.names_near(rva)?.function_at(rva)?;
        Some((start, start.checked_add(size)?))
    }

    fn line(&self, rva: u32) -> Option<SourceLine> {
        let module = self.recent().module(self, self.module_at(rva)?)?;
        module.lines.at(rva)
    }

    fn inline_chain(&self, rva: u32) -> Vec<InlineFrame> {
        let Some((module, procedure)) = self.procedure_at(rva) else {
            return Vec::new();
        };
        let frame = |number: usize| {
            let site = procedure.sites.get(number)?;
            Some(InlineFrame {
                name: inlines::name(self, site.inlinee).unwrap_or_else(|| "<unknown>".to_owned()),
                offset: rva.saturating_sub(site.start()),
                line: site.line_at(rva).and_then(|line| module.lines.source_line(line)),
            })
        };
        procedure.chain(rva).into_iter().filter_map(frame).collect()
    }

    fn locals(&self, rva: u32) -> Vec<Variable> {
        let Some((_, procedure)) = self.procedure_at(rva) else {
            return Vec::new();
        };
        let chain = procedure.chain(rva);
        let here = |range: (u32, u32)| (range.0..range.1).contains(&rva);
        let in_scope = procedure.variables.iter().filter_map(|variable| {
            let depth = match variable.site {
                Some(site) => Some(chain.iter().position(|&number| number == site)?),
                None => None,
            };
            if !variable.block.is_none_or(here) || variable.name.is_empty() {
                return None;
            }
            let locations = variable.locations.iter();
            Some(Variable {
                name: variable.name.clone(),
                ty: variable.ty,
                parameter: variable.parameter,
                locations: locations.filter(|l| here(l.range)).cloned().collect(),
                inline_depth: depth,
            })
        });
        in_scope.collect()
    }

    fn symbol_origin(&self) -> String {
        self.kind_words().to_owned()
    }
}

impl PdbFile {
    /// The number of the compiled module whose code is at `rva`.
    fn module_at(&self, rva: u32) -> Option<u16> {
        match self.names_near(rva)?.function_at(rva) {
            Some((place, ..)) => Some(place.module),
            None => self.contribution_at(rva),
        }
    }

    fn procedure_at(&self, rva: u32) -> Option<(Arc<Compiled>, Arc<Procedure>)> {
        let (place, start, size) = self.names_near(rva)?.function_at(rva)?;
        let module = self.recent().module(self, place.module)?;
        let make = || procedure::read(self, &module, place, start, size);
        let procedure = self.recent().procedure(start, make)?;
        Some((module, procedure))
    }
}
