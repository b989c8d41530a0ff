//! One function's scopes: its variables, nested blocks and what was inlined into it.

use std::collections::HashMap;

use pdb::{AddressMap, FallibleIterator, SymbolData, SymbolIndex, Variant};

use super::inlines::{self, Site};
use super::module::Compiled;
use super::ranges::{Frame, locations};
use super::streams::Streams;
use crate::symbols::index::RecordPlace;
use crate::symbols::source::{Location, Place};
use crate::symbols::types::TypeId;

/// The most records of one function.
const MAX_RECORDS: usize = 200_000;
/// The deepest nesting of blocks and inlined functions.
const MAX_DEPTH: usize = 256;

/// A variable wherever it is declared.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    pub(crate) parameter: bool,
    pub(crate) locations: Vec<Location>,
    /// The code of the block that it belongs to.
    pub(crate) block: Option<(u32, u32)>,
    /// The inlined function that it belongs to: its number in [`Procedure::sites`].
    pub(crate) site: Option<usize>,
}

/// A function.
#[derive(Debug)]
pub(crate) struct Procedure {
    pub(crate) variables: Vec<Declared>,
    /// Inlined functions, each after the one that it is inlined into.
    pub(crate) sites: Vec<Site>,
}

/// What is open while records are read.
#[derive(Clone, Copy)]
enum Scope {
    Block((u32, u32)),
    Site(usize),
    Other,
}

/// Reads the function whose record is at `place` and whose code begins at `start`.
pub(crate) fn read(
    file: &Streams,
    module: &Compiled,
    place: RecordPlace,
    start: u32,
    size: u32,
) -> Option<Procedure> {
    if place.offset >= module.symbols_size {
        return None;
    }
    let map = file.address_map().ok()?;
    let mut records = module.info.symbols_at(SymbolIndex(place.offset)).ok()?;
    let Ok(SymbolData::Procedure(procedure)) = records.next().ok()??.parse() else {
        return None;
    };
    let mut reader = Reader {
        map: &map,
        whole: (start, start.saturating_add(size)),
        frame: Frame::new(file.machine()),
        scopes: Vec::new(),
        result: Procedure { variables: Vec::new(), sites: Vec::new() },
        open_local: None,
        module,
        procedure_offset: procedure.offset,
        machine: file.machine(),
    };
    for _ in 0..MAX_RECORDS {
        let Ok(Some(symbol)) = records.next() else { break };
        if symbol.ends_scope() {
            if reader.scopes.pop().is_none() {
                break;
            }
            continue;
        }
        let opens = symbol.starts_scope();
        let scope = match symbol.parse() {
            Ok(data) => reader.record(&data),
            Err(_) => Scope::Other,
        };
        if opens {
            if reader.scopes.len() >= MAX_DEPTH {
                break;
            }
            reader.scopes.push(scope);
        }
    }
    inlines::begin_with_inner(&mut reader.result.sites);
    Some(reader.result)
}

struct Reader<'a> {
    map: &'a AddressMap<'static>,
    whole: (u32, u32),
    frame: Frame,
    scopes: Vec<Scope>,
    result: Procedure,
    /// Whether range records belong to the last variable.
    open_local: Option<bool>,
    module: &'a Compiled,
    procedure_offset: pdb::PdbInternalSectionOffset,
    machine: pdb::MachineType,
}

impl Reader<'_> {
    fn block(&self) -> Option<(u32, u32)> {
        self.scopes.iter().rev().find_map(|scope| match scope {
            Scope::Block(range) => Some(*range),
            _ => None,
        })
    }

    fn site(&self) -> Option<usize> {
        self.scopes.iter().rev().find_map(|scope| match scope {
            Scope::Site(number) => Some(*number),
            _ => None,
        })
    }

    fn declare(&mut self, name: &pdb::RawString<'_>, ty: u32, parameter: bool, place: Option<Place>) {
        let locations = place.map(|place| Location { range: self.whole, part: 0, place });
        self.result.variables.push(Declared {
            name: name.to_string().into_owned(),
            ty: TypeId(ty),
            parameter,
            locations: locations.into_iter().collect(),
            block: self.block(),
            site: self.site(),
        });
    }

    fn record(&mut self, data: &SymbolData<'_>) -> Scope {
        let follows_local = self.open_local.take();
        match data {
            SymbolData::FrameProcedure(f) => {
                self.frame = self.frame.described(self.machine, f);
            }
            SymbolData::Local(l) => {
                self.declare(&l.name, l.type_index.0, l.flags.isparam, None);
                self.open_local = Some(l.flags.isparam);
            }
            SymbolData::RegisterVariable(r) => {
                self.declare(&r.name, r.type_index.0, false, Some(Place::Register(r.register.0)));
            }
            SymbolData::RegisterRelative(r) => {
                let (register, offset) = (r.register.0, r.offset);
                let parameter = self.frame.is_callers(register, offset);
                let place = Place::RegisterRelative { register, offset };
                self.declare(&r.name, r.type_index.0, parameter, Some(place));
            }
            SymbolData::BasePointerRelative(r) => {
                // Positive offsets lie above the saved frame pointer: the caller put them there.
                let parameter = r.offset > 0;
                let place = Place::FrameRelative { register: self.frame.base_pointer(), offset: r.offset };
                self.declare(&r.name, r.type_index.0, parameter, Some(place));
            }
            SymbolData::Data(d) => {
                let rva = d.offset.to_internal_rva(self.map).map(|rva| rva.0);
                self.declare(&d.name, d.type_index.0, false, rva.map(|rva| Place::Static { rva }));
            }
            SymbolData::Constant(c) => {
                self.declare(&c.name, c.type_index.0, false, Some(Place::Constant(constant(c.value))));
            }
            SymbolData::Block(b) => {
                let start = b.offset.to_internal_rva(self.map).map_or(self.whole.0, |rva| rva.0);
                return Scope::Block((start, start.saturating_add(b.len)));
            }
            SymbolData::InlineSite(site) => {
                let parent = self.site();
                let first = self.module.lines.inlinees.get(&site.inlinee.0);
                let first = first.copied().unwrap_or_default();
                let site = inlines::site(self.map, self.procedure_offset, site, first, parent);
                self.result.sites.push(site);
                return Scope::Site(self.result.sites.len() - 1);
            }
            range => {
                if let Some(parameter) = follows_local {
                    let found = locations(self.map, range, self.frame, parameter, self.whole);
                    // Anything that is no range record ends the variable's.
                    if is_range(range) {
                        self.open_local = Some(parameter);
                    }
                    if let Some(variable) = self.result.variables.last_mut() {
                        variable.locations.extend(found);
                    }
                }
            }
        }
        Scope::Other
    }
}

fn is_range(data: &SymbolData<'_>) -> bool {
    matches!(
        data,
        SymbolData::DefRange(_)
            | SymbolData::DefRangeSubField(_)
            | SymbolData::DefRangeRegister(_)
            | SymbolData::DefRangeSubFieldRegister(_)
            | SymbolData::DefRangeFramePointerRelative(_)
            | SymbolData::DefRangeFramePointerRelativeFullScope(_)
            | SymbolData::DefRangeRegisterRelative(_)
    )
}

fn constant(value: Variant) -> i64 {
    match value {
        Variant::U8(v) => i64::from(v),
        Variant::U16(v) => i64::from(v),
        Variant::U32(v) => i64::from(v),
        Variant::U64(v) => v as i64,
        Variant::I8(v) => i64::from(v),
        Variant::I16(v) => i64::from(v),
        Variant::I32(v) => i64::from(v),
        Variant::I64(v) => v,
    }
}

impl Procedure {
    /// The inlined functions whose code covers `rva`, innermost first.
    pub(crate) fn chain(&self, rva: u32) -> Vec<usize> {
        // Compilers do not always count inner code as the outer site's own.
        let depth: HashMap<usize, usize> = self.depths();
        let covers = |site: &Site| site.ranges.iter().any(|&(from, to)| (from..to).contains(&rva));
        let innermost = (0..self.sites.len())
            .filter(|&number| self.sites.get(number).is_some_and(covers))
            .max_by_key(|number| depth.get(number).copied().unwrap_or(0));
        let mut chain = Vec::new();
        let mut at = innermost;
        while let Some(number) = at.filter(|_| chain.len() < MAX_DEPTH) {
            chain.push(number);
            at = self.sites.get(number).and_then(|site| site.parent);
        }
        chain
    }

    fn depths(&self) -> HashMap<usize, usize> {
        let mut depths = HashMap::new();
        for (number, site) in self.sites.iter().enumerate() {
            let parent = site.parent.and_then(|parent| depths.get(&parent)).copied();
            depths.insert(number, parent.unwrap_or(0) + 1);
        }
        depths
    }
}
