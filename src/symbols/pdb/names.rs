//! Names out of a PDB.

use std::sync::Arc;

use super::file::PdbFile;
use super::module::Compiled;
use super::procedure::{self, Procedure};
use super::{inline_sites, inlines};
use crate::symbols::source::{
    InlineFrame, InlineSite, Location, Place, SourceLine, Symbol, SymbolSource, Variable,
};
use crate::symbols::wildcard::Wildcard;

impl SymbolSource for PdbFile {
    fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        let spot = self.streams().spot(rva)?;
        spot.before(self.names_near(spot.original)?.nearest(spot.original)?)
    }

    fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        let spot = self.streams().spot(rva)?;
        let symbol = self.names_near(spot.original)?.following(spot.original)?;
        // In a rearranged image the next record may lie anywhere.
        let next = self.streams().in_image(symbol.rva).filter(|&next| next > rva)?;
        Some(Symbol { rva: next, ..symbol })
    }

    fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        let names = self
            .streams()
            .spot(rva)
            .and_then(|spot| Some(self.names_near(spot.original)?.exact(spot.original)));
        self.streams().all_in_image(names.unwrap_or_default())
    }

    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        self.streams().all_in_image(self.name_index().map(|names| names.by_name(name)).unwrap_or_default())
    }

    fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        let mut found = self
            .streams()
            .all_in_image(self.name_index().map(|names| names.matching(pattern)).unwrap_or_default());
        if self.streams().is_rearranged() {
            found.sort_by_key(|symbol| symbol.rva);
        }
        found
    }

    fn function_extent(&self, rva: u32) -> Option<(u32, u32)> {
        let spot = self.streams().spot(rva)?;
        let (_, start, size) = self.names_near(spot.original)?.function_at(spot.original)?;
        let last = start.checked_add(size)?.checked_sub(1)?;
        // A function that was split has no extent.
        let whole = [start, last].iter().all(|&at| self.streams().in_image(at) == Some(spot.beside(at)));
        whole.then(|| (spot.beside(start), spot.beside(last).saturating_add(1)))
    }

    fn line(&self, rva: u32) -> Option<SourceLine> {
        let spot = self.streams().spot(rva)?;
        let module = self.recent().module(self.streams(), self.module_at(spot.original)?)?;
        module.lines.at(spot.original).map(|line| SourceLine { rva: spot.beside(line.rva), ..line })
    }

    fn inline_chain(&self, rva: u32) -> Vec<InlineFrame> {
        let found = self.streams().spot(rva).and_then(|spot| Some((spot, self.procedure_at(spot.original)?)));
        let Some((spot, (module, procedure))) = found else {
            return Vec::new();
        };
        let frame = |number: usize| {
            let site = procedure.sites.get(number)?;
            let line = site.line_at(spot.original).and_then(|line| module.lines.source_line(line));
            Some(InlineFrame {
                name: inlines::name(self.streams(), site.inlinee).unwrap_or_else(|| "<unknown>".to_owned()),
                offset: spot.original.saturating_sub(site.start?),
                line: line.map(|line| SourceLine { rva: spot.beside(line.rva), ..line }),
            })
        };
        procedure.chain(spot.original).into_iter().filter_map(frame).collect()
    }

    fn inline_sites(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<InlineSite> {
        inline_sites::find(self, wanted)
    }

    fn locals(&self, rva: u32) -> Vec<Variable> {
        let found = self.streams().spot(rva).and_then(|spot| Some((spot, self.procedure_at(spot.original)?)));
        let Some((spot, (_, procedure))) = found else {
            return Vec::new();
        };
        let chain = procedure.chain(spot.original);
        let here = |range: (u32, u32)| (range.0..range.1).contains(&spot.original);
        let moved = |location: &Location| {
            let place = match location.place {
                Place::Static { rva } => Place::Static { rva: self.streams().in_image(rva)? },
                ref other => other.clone(),
            };
            let range = (spot.beside(location.range.0), spot.beside(location.range.1));
            Some(Location { range, part: location.part, place })
        };
        let in_scope = procedure.variables.iter().enumerate().filter_map(|(declaration, variable)| {
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
                locations: locations.filter(|l| here(l.range)).filter_map(moved).collect(),
                inline_depth: depth,
                declaration,
            })
        });
        in_scope.collect()
    }

    fn symbol_origin(&self) -> String {
        self.kind_words().to_owned()
    }
}

impl PdbFile {
    /// The number of the compiled module whose code is at a record's address.
    fn module_at(&self, original: u32) -> Option<u16> {
        match self.names_near(original)?.function_at(original) {
            Some((place, ..)) => Some(place.module),
            None => self.streams().contribution_at(original),
        }
    }

    fn procedure_at(&self, original: u32) -> Option<(Arc<Compiled>, Arc<Procedure>)> {
        let (place, start, size) = self.names_near(original)?.function_at(original)?;
        let module = self.recent().module(self.streams(), place.module)?;
        let make = || procedure::read(self.streams(), &module, place, start, size);
        let procedure = self.recent().procedure(start, make)?;
        Some((module, procedure))
    }
}
