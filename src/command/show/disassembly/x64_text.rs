//! The formatter's settings, and its tokens as spans.

use crate::output::{Action, Line, Role, Span};
use crate::util::hex;
use iced_x86::{
    Formatter, FormatterOutput, FormatterTextKind, Instruction, MasmFormatter, MemorySize, MemorySizeOptions,
    Mnemonic, OpKind, Register, SymbolResolver, SymbolResult,
};

/// The kind that marks an address's text; the formatter itself makes no labels.
const PLACE: FormatterTextKind = FormatterTextKind::Label;

/// A formatter that spells as the debugger does and knows the places that `instruction` names.
pub fn formatter(instruction: &Instruction, symbol: &dyn Fn(u64) -> Option<String>) -> MasmFormatter {
    let resolver: Box<dyn SymbolResolver> = Box::new(Places::of(instruction, symbol));
    let mut formatter = MasmFormatter::with_options(Some(resolver), None);
    let options = formatter.options_mut();
    options.set_memory_size_options(MemorySizeOptions::Always);
    options.set_masm_symbol_displ_in_brackets(true);
    options.set_masm_displ_in_brackets(true);
    options.set_masm_add_ds_prefix32(false);
    options.set_show_branch_size(false);
    options.set_space_after_operand_separator(false);
    options.set_uppercase_hex(true);
    options.set_small_hex_numbers_in_decimal(true);
    options.set_add_leading_zero_to_hex_numbers(true);
    formatter
}

/// Whether the debugger writes the memory operand as `mmword ptr`: a double or 64 bits for an xmm register.
fn is_double_in_xmm(instruction: &Instruction) -> bool {
    let xmm = (0..instruction.op_count()).any(|operand| instruction.op_register(operand).is_xmm());
    let double = instruction.memory_size() == MemorySize::Float64
        && !matches!(
            instruction.mnemonic(),
            Mnemonic::Movlpd | Mnemonic::Movhpd | Mnemonic::Movlps | Mnemonic::Movhps
        );
    xmm && (double || instruction.mnemonic() == Mnemonic::Movq)
}

/// The texts of the addresses that an instruction names: a branch's target, memory relative to `rip` or at a fixed
/// address, a 64-bit constant that lies in a module. Behind a NUL each text has the address alone.
struct Places(Vec<(u64, String)>);

impl Places {
    fn of(instruction: &Instruction, symbol: &dyn Fn(u64) -> Option<String>) -> Places {
        let place = |address: u64| match symbol(address) {
            Some(text) => format!("{text}\0{}", hex::tick(address)),
            None => format!("{0}\0{0}", hex::tick(address)),
        };
        let mut places = Vec::new();
        for kind in instruction.op_kinds() {
            match kind {
                OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
                    let target = instruction.near_branch_target();
                    places.push((target, place(target)));
                }
                OpKind::Memory if names_an_address(instruction) => {
                    let address = instruction.memory_displacement64();
                    places.push((address, place(address)));
                }
                OpKind::Immediate64 => {
                    let value = instruction.immediate64();
                    if symbol(value).is_some() {
                        places.push((value, place(value)));
                    }
                }
                _ => {}
            }
        }
        Places(places)
    }
}

/// Whether the memory operand is a fixed address: relative to `rip`, or neither base nor index nor a segment that
/// moves it.
fn names_an_address(instruction: &Instruction) -> bool {
    let free = instruction.memory_base() == Register::None && instruction.memory_index() == Register::None;
    let moved = matches!(instruction.memory_segment(), Register::FS | Register::GS);
    instruction.is_ip_rel_memory_operand() || (free && !moved)
}

impl SymbolResolver for Places {
    fn symbol(
        &mut self,
        _: &Instruction,
        _: u32,
        _: Option<u32>,
        address: u64,
        _: u32,
    ) -> Option<SymbolResult<'_>> {
        let (_, text) = self.0.iter().find(|(place, _)| *place == address)?;
        Some(SymbolResult::with_str_kind(address, text, PLACE))
    }
}

/// What the formatter wrote.
#[derive(Default)]
pub struct Tokens(Vec<(String, FormatterTextKind)>);

impl FormatterOutput for Tokens {
    fn write(&mut self, text: &str, kind: FormatterTextKind) {
        self.0.push((text.to_owned(), kind));
    }
}

impl Tokens {
    /// The tokens as one text.
    pub fn plain(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The prefixes, followed by `name` in place of the mnemonic.
    pub fn renamed(&self, name: &str) -> String {
        let mut text: String = self
            .0
            .iter()
            .filter(|(_, kind)| *kind != FormatterTextKind::Mnemonic)
            .map(|(text, _)| text.as_str())
            .collect();
        text.push_str(name);
        text
    }

    /// The tokens as spans.
    pub fn line(&self, instruction: &Instruction) -> Line {
        let sizeless = matches!(
            instruction.mnemonic(),
            Mnemonic::Prefetchw
                | Mnemonic::Prefetch
                | Mnemonic::Prefetchnta
                | Mnemonic::Prefetcht0
                | Mnemonic::Prefetcht1
                | Mnemonic::Prefetcht2
                | Mnemonic::Prefetchwt1
        );
        let wide = is_double_in_xmm(instruction);
        let mut line = Line::new();
        let mut text = String::new();
        for (token, kind) in &self.0 {
            let token = if wide && token == "qword" { "mmword" } else { token };
            let role = match kind {
                FormatterTextKind::Keyword | FormatterTextKind::Directive if sizeless => continue,
                FormatterTextKind::Text if sizeless && token == " " => continue,
                FormatterTextKind::Register => Role::Register,
                FormatterTextKind::Number => Role::Value,
                _ if *kind == PLACE => Role::Symbol,
                _ => {
                    text.push_str(token);
                    continue;
                }
            };
            if !text.is_empty() {
                line = line.text(std::mem::take(&mut text));
            }
            line = match linked(token) {
                Some((shown, address)) => line.link(role, shown, Action::Code(address)),
                None => line.span(Span::new(role, token)),
            };
        }
        if text.is_empty() { line } else { line.text(text) }
    }
}

/// A place's text and its address, which stands behind a null that no name holds.
fn linked(token: &str) -> Option<(&str, u64)> {
    let (shown, address) = token.rsplit_once('\0')?;
    Some((shown, hex::parse(address)?))
}
