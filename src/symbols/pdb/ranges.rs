//! Where variables are kept: the `S_DEFRANGE` records, with their gaps.

use pdb::{AddressGap, AddressMap, AddressRange, SymbolData};

use crate::symbols::source::{Location, Place};

/// The registers that a function declares as the base of its locals and of its parameters, and what the machine uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    locals: u16,
    parameters: u16,
    stack_pointer: u16,
    /// The register that "base pointer" means.
    base_pointer: u16,
    /// Bytes that the function takes from the stack for itself.
    size: Option<u32>,
}

impl Frame {
    /// Before a function's frame is described.
    pub(crate) fn new(machine: pdb::MachineType) -> Frame {
        let [_, stack_pointer, base_pointer, _] = registers(machine);
        Frame { locals: 0, parameters: 0, stack_pointer, base_pointer, size: None }
    }

    /// From `S_FRAMEPROC`.
    pub(crate) fn described(self, machine: pdb::MachineType, frame: &pdb::FrameProcedureSymbol) -> Frame {
        let registers = registers(machine);
        let number = |code: u8| registers.get(usize::from(code)).copied().unwrap_or(0);
        Frame {
            locals: number(frame.flags.encoded_local_base_pointer),
            parameters: number(frame.flags.encoded_param_base_pointer),
            size: Some(frame.frame_byte_count),
            ..self
        }
    }

    /// Whether what lies beside a register was put there by the caller: above all that the function itself took from
    /// the stack. Records of this form do not say (`S_REGREL32`, in unoptimised code).
    pub(crate) fn is_callers(self, register: u16, offset: i32) -> bool {
        let above = |size: u32| u32::try_from(offset).is_ok_and(|offset| offset >= size);
        register == self.stack_pointer && self.size.is_some_and(above)
    }

    /// The register that records of the old form are relative to, whatever the function declares.
    pub(crate) fn base_pointer(self) -> u16 {
        self.base_pointer
    }

    /// The register for a variable.
    pub(crate) fn register(self, parameter: bool) -> u16 {
        match parameter {
            true => self.parameters,
            false => self.locals,
        }
    }
}

/// CodeView's numbers of the registers that `S_FRAMEPROC` encodes: 1 is the stack pointer, 2 the frame pointer, 3 the
/// base pointer (R13 on x64).
fn registers(machine: pdb::MachineType) -> [u16; 4] {
    match machine {
        pdb::MachineType::Amd64 => [0, 335, 334, 341],
        pdb::MachineType::X86 => [0, 30006, 22, 20],
        pdb::MachineType::Arm64 => [0, 81, 79, 79],
        _ => [0; 4],
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
    let Some(start) = range.offset.to_internal_rva(map).map(|rva| rva.0) else {
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
