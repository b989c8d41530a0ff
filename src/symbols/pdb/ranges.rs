//! Where variables are kept: the `S_DEFRANGE` records, with their gaps.

use pdb::{AddressGap, AddressMap, AddressRange, SymbolData};

use crate::symbols::source::{Location, Place};

/// The registers that a function declares as the base of its locals and of its parameters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame {
    pub(crate) locals: u16,
    pub(crate) parameters: u16,
}

impl Frame {
    /// From the encoded registers of `S_FRAMEPROC`: 1 is the stack pointer, 2 the frame pointer, 3 the base pointer (R13
    /// on x64). Numbers are CodeView's for the machine.
    pub(crate) fn new(machine: pdb::MachineType, locals: u8, parameters: u8) -> Frame {
        let numbers: [u16; 4] = match machine {
            pdb::MachineType::Amd64 => [0, 335, 334, 341],
            pdb::MachineType::X86 => [0, 30006, 22, 20],
            pdb::MachineType::Arm64 => [0, 81, 79, 79],
            _ => [0; 4],
        };
        let number = |code: u8| numbers.get(usize::from(code)).copied().unwrap_or(0);
        Frame { locals: number(locals), parameters: number(parameters) }
    }

    /// The register for a variable.
    pub(crate) fn register(self, parameter: bool) -> u16 {
        match parameter {
            true => self.parameters,
            false => self.locals,
        }
    }
}

/// The locations that a range record means, one for each stretch between its gaps. `whole` is the code of the function.
pub(crate) fn locations(
    map: &AddressMap<'_>,
    data: &SymbolData<'_>,
    frame: Frame,
    parameter: bool,
    whole: (u32, u32),
) -> Vec<Location> {
    let frame_relative = |offset| Place::FrameRelative { register: frame.register(parameter), offset };
    let (range, gaps, part, place) = match data {
        SymbolData::DefRangeRegister(r) => (&r.range, &r.gaps, 0, Place::Register(r.register.0)),
        SymbolData::DefRangeSubFieldRegister(r) => {
            (&r.range, &r.gaps, r.offset, Place::Register(r.register.0))
        }
        SymbolData::DefRangeFramePointerRelative(r) => (&r.range, &r.gaps, 0, frame_relative(r.offset)),
        SymbolData::DefRangeFramePointerRelativeFullScope(r) => {
            return vec![Location { range: whole, part: 0, place: frame_relative(r.offset) }];
        }
        SymbolData::DefRangeRegisterRelative(r) => {
            let place =
                Place::RegisterRelative { register: r.base_register.0, offset: r.offset_base_pointer };
            (&r.range, &r.gaps, u32::from(r.offset_parent), place)
        }
        // `S_DEFRANGE` and `S_DEFRANGE_SUBFIELD` name a program that no compiler writes.
        _ => return Vec::new(),
    };
    stretches(map, range, gaps)
        .into_iter()
        .map(|range| Location { range, part, place: place.clone() })
        .collect()
}

/// The stretches of code of a range that are not in its gaps.
fn stretches(map: &AddressMap<'_>, range: &AddressRange, gaps: &[AddressGap]) -> Vec<(u32, u32)> {
    let Some(start) = range.offset.to_rva(map).map(|rva| rva.0) else {
        return Vec::new();
    };
    let end = start.saturating_add(u32::from(range.cb_range));
    let mut gaps: Vec<(u32, u32)> = gaps
        .iter()
        .map(|gap| {
            let from = start.saturating_add(u32::from(gap.gap_start_offset));
            (from, from.saturating_add(u32::from(gap.cb_range)))
        })
        .collect();
    gaps.sort_unstable();
    let mut stretches = Vec::new();
    let mut at = start;
    for (from, to) in gaps {
        if from > at {
            stretches.push((at, from.min(end)));
        }
        at = at.max(to);
    }
    if at < end {
        stretches.push((at, end));
    }
    stretches.retain(|(from, to)| from < to);
    stretches
}
