//! One register as `r NAME[:FORM]` prints it.

use crate::command::show::registers::NOT_RECOVERED;
use crate::debuggee::RegisterContext;
use crate::eval::EvalHost;
use crate::output::{Cell, Field, Record, Role};
use crate::session::Session;
use crate::util::bits::extend;
use crate::util::bounded::uint_at;
use crate::util::float;

/// A register's bytes, lowest first, and how it is written without a form.
struct Raw {
    bytes: Vec<u8>,
    plain: String,
}

/// `rax=0000000000000005`: adds the register of that name, which may have any case, `between` it and those before it.
///
/// # Errors
/// Gives the record back where there is no such register, or no such form.
pub fn register(
    record: Record,
    between: &str,
    name: &str,
    form: Option<&str>,
    session: &Session,
) -> Result<Record, Record> {
    let name = name.to_ascii_lowercase();
    let Some(cell) = cell(&name, form, session) else {
        return Err(record);
    };
    let record = if record.fields.is_empty() { record } else { record.text(between) };
    Ok(record.role(Role::Register, &name).text("=").cell(name, cell))
}

/// A register's value: the number, or the bytes of a wide register as one.
fn cell(name: &str, form: Option<&str>, session: &Session) -> Option<Cell> {
    let raw = raw(name, session)?;
    let text = match form {
        None => raw.plain,
        Some(form) => parts(&raw.bytes, form)?,
    };
    if is_lost(name, session) {
        return Some(Cell::new(Field::unreadable(NOT_RECOVERED)).mark(text));
    }
    let digits: String = raw.bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let value = match uint_at(&raw.bytes, 0, raw.bytes.len()) {
        Some(value) if raw.bytes.len() <= 8 => Field::Hex(value),
        _ => Field::from(format!("0x{digits}")),
    };
    Some(Cell::new(value).shown(text).role(Role::Value))
}

/// Whether the register, or the one that it is a part of, is not known for what is selected.
fn is_lost(name: &str, session: &Session) -> bool {
    let Ok(context) = session.context() else {
        return false;
    };
    let place = |name: &str| context.slot(name).map(|slot| slot.offset..slot.offset + slot.size);
    let Some(part) = place(name) else {
        return false;
    };
    if session.lost_selectors().contains(&name) {
        return true;
    }
    let lost = session.lost_registers();
    lost.iter().filter_map(|lost| place(lost)).any(|whole| whole.start <= part.start && part.end <= whole.end)
}

fn raw(name: &str, session: &Session) -> Option<Raw> {
    let whole = |value: u64| Raw { bytes: value.to_le_bytes().to_vec(), plain: format!("{value:016x}") };
    if name.starts_with('$') {
        return session.register(name).map(whole);
    }
    let special = session.processor().and_then(|processor| processor.special.as_ref()?.get(name));
    match special {
        Some(value) => Some(whole(value)),
        None => in_context(session.context().ok()?, name),
    }
}

fn in_context(context: &RegisterContext, name: &str) -> Option<Raw> {
    let slot = context.slot(name)?;
    if slot.bit.is_some() {
        let value = context.get(name)?;
        return Some(Raw { bytes: vec![value as u8], plain: value.to_string() });
    }
    let bytes = context.bytes_of(name)?.to_vec();
    let plain = match context.get(name) {
        Some(value) if slot.size <= 8 && context.is_part(slot) => format!("{value:x}"),
        Some(value) if slot.size <= 8 => format!("{value:0width$x}", width = slot.size * 2),
        // Wide registers are four numbers of single precision unless told otherwise.
        _ => parts(&bytes, "f")?,
    };
    Some(Raw { bytes, plain })
}

/// Bytes in parts, the highest first: `ub uw ud uq` in hexadecimal, `ib iw id iq` as signed numbers, `f` and `d`.
fn parts(bytes: &[u8], form: &str) -> Option<String> {
    let (kind, size) = match form {
        "f" => ('f', 4),
        "d" => ('f', 8),
        "b" | "ub" => ('u', 1),
        "w" | "uw" => ('u', 2),
        "ud" => ('u', 4),
        "q" | "uq" => ('u', 8),
        "ib" => ('i', 1),
        "iw" => ('i', 2),
        "id" => ('i', 4),
        "iq" => ('i', 8),
        _ => return None,
    };
    if size > bytes.len() {
        return None;
    }
    let texts: Option<Vec<String>> = bytes
        .rchunks(size)
        .map(|part| {
            let value = uint_at(part, 0, part.len())?;
            Some(match (kind, size) {
                ('f', 4) => format!("{:>12}", float::general(f64::from(f32::from_bits(value as u32)), 6)),
                ('f', _) => format!("{:>22}", float::general(f64::from_bits(value), 12)),
                ('i', size) => extend(value, 8 * size as u32).to_string(),
                (_, size) => format!("{value:0width$x}", width = 2 * size),
            })
        })
        .collect();
    Some(texts?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::Machine;

    /// The texts of reference transcripts for these bytes.
    #[test]
    fn forms() {
        let mut context = RegisterContext::new(Machine::Amd64, &[0; 0x4d0]).expect("a context");
        let mut wide = [0u8; 16];
        wide[..8].copy_from_slice(&0x0006_7af4_0104_6000u64.to_le_bytes());
        assert!(context.set_bytes("xmm0", &wide) && context.set("eax", 5) && context.set("efl", 0x40286));
        let text = |name| in_context(&context, name).map(|raw| raw.plain);
        assert_eq!(text("xmm0").as_deref(), Some("           0            0  5.9512e-040 2.43134e-038"));
        assert_eq!(text("eax").as_deref(), Some("5"));
        assert_eq!(text("efl").as_deref(), Some("00040286"));
        assert_eq!(text("zf").as_deref(), Some("0"));
        assert_eq!(text("rax").as_deref(), Some("0000000000000005"));
        assert_eq!(parts(&wide, "d").as_deref(), Some("                     0     9.01194644887e-309"));
        assert_eq!(parts(&0x4142_4344u64.to_le_bytes(), "ub").as_deref(), Some("00 00 00 00 41 42 43 44"));
        assert_eq!(parts(&[0xfe], "ib").as_deref(), Some("-2"));
        assert_eq!(parts(&[0xfe], "uq"), None);
        assert_eq!(parts(&wide, "x"), None);
    }
}
