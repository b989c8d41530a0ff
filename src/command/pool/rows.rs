//! The row of a block, as `!pool` shows it.

use crate::debuggee::Scope;
use crate::kernel::pool::{BlockState, PAGE, PoolBlock};
use crate::memory::Memory as _;
use crate::output::{Action, Cell, Field, Record, Role};
use crate::util::bounded::u32_at;
use crate::util::hex;

/// What goes where there is no room for a row, the first the page of special pool, which its address tells. The size of the block
/// before is there to be held against that block.
const YIELDS: &[(&str, u8)] = &[("page", 3), ("previous", 2), ("protected", 1)];

/// The row of a block; `is_marked` puts an asterisk before it and its tag. Of special pool `special` says whether it is paged.
pub fn block_row(scope: &Scope<'_>, block: &PoolBlock, is_marked: bool, special: Option<bool>) -> Record {
    let mark = if is_marked { "*" } else { " " };
    let record = Record::new("pool_block").yielding(YIELDS).text(mark).cell(
        "address",
        Cell::new(Field::Address(block.address)).digits(16).link(Action::Memory(block.data())),
    );
    let tag = block.tag.map(|tag| match block.state {
        BlockState::Free => tag.to_string(),
        _ => tag.unprotected().to_string(),
    });
    let record = record.field("marked", is_marked).field("data", Field::Address(block.data()));
    if block.is_large {
        return record
            .text(" : large page allocation, tag is ")
            .cell("tag", Cell::new(tag).absent("not known"))
            .text(", size is 0x")
            .cell("size", Cell::new(Field::Hex(block.size)).shown(format!("{:x}", block.size)))
            .text(" bytes")
            .field("state", "allocated");
    }
    if let Some(is_paged) = special {
        let number = Cell::new(Field::Hex(block.size)).shown(format!("{:x}", block.size)).right(4);
        let shown = if is_paged { "(Paged)" } else { "(NonPaged)" };
        return Record::new("pool_block")
            .yielding(YIELDS)
            .text(mark)
            .cell("page", Cell::new(Field::Address(block.address & !(PAGE - 1))).digits(16))
            .words_of("size", " size: ")
            .cell("size", number)
            .words_of("address", " data: ")
            .cell("address", Cell::new(Field::Address(block.address)).digits(16))
            .text(" ")
            .cell("paged", Cell::new(is_paged).shown(shown))
            .text(" ")
            .text(mark.trim_start())
            .cell("tag", Cell::new(tag).absent("????"))
            .field("state", "allocated")
            .field("marked", is_marked);
    }
    let (word, shown) = match block.state {
        BlockState::Allocated => ("allocated", "(Allocated) "),
        BlockState::Free => ("free", "(Free)      "),
        BlockState::Unknown => ("unknown", "(Damaged)   "),
        BlockState::NotTold => ("not_told", "(Not known) "),
    };
    let number = |value: u64| Cell::new(Field::Hex(value)).shown(format!("{value:x}")).right(4);
    let is_protected =
        block.state == BlockState::Allocated && block.tag.is_some_and(|tag| tag.is_protected());
    let process = billed(scope, block);
    record
        .text(" size: ")
        .cell("size", number(block.size))
        .words_of("previous", " previous size: ")
        .cell("previous", number(block.previous))
        .words_of("state", "  ")
        .cell("state", Cell::new(word).shown(shown))
        .text(mark)
        .cell("tag", Cell::new(tag).absent("????"))
        .cell_where(is_protected, "protected", Cell::new(is_protected).shown(" (Protected)"))
        .words_of("process", if process.is_some() { " Process: " } else { "" })
        .cell_where(
            process.is_some(),
            "process",
            Cell::new(process.map(Field::Address)).digits(16).follow(Action::Process),
        )
}

/// The process that is billed for a block: the pointer is exclusive-or'ed with a cookie and the header's address from
/// Windows 8 on. Only what is a process counts.
fn billed(scope: &Scope<'_>, block: &PoolBlock) -> Option<u64> {
    let header = block.header.filter(|header| header.is_billed() && block.state == BlockState::Allocated)?;
    let cookie = scope.target().variable("nt!ExpPoolQuotaCookie");
    let cookie = cookie.and_then(|(address, _)| scope.memory().u64(address).ok());
    let encoded = cookie.map(|cookie| header.billed ^ cookie ^ block.address);
    let candidates = [encoded, Some(header.billed)];
    candidates.into_iter().flatten().find(|process| is_process(scope, *process))
}

/// `Type` of a process's dispatcher header (KOBJECTS).
const PROCESS: u64 = 3;

fn is_process(scope: &Scope<'_>, address: u64) -> bool {
    let kind =
        scope.object("nt!_EPROCESS", address).and_then(|process| process.field("Pcb.Header.Type")?.u64());
    address >> 63 == 1 && kind.is_ok_and(|kind| kind & 0x7f == PROCESS)
}

/// What a block holds: its first bytes, as numbers and characters.
pub fn content(scope: &Scope<'_>, block: &PoolBlock) -> Vec<Record> {
    let end = block.end().min(block.data().saturating_add(0x20));
    (block.data()..end)
        .step_by(16)
        .filter_map(|at| Some(content_row(at, &scope.memory().array::<16>(at).ok()?)))
        .collect()
}

fn content_row(address: u64, bytes: &[u8; 16]) -> Record {
    let words = (0..4).filter_map(|index| u32_at(bytes, index * 4));
    let words: Vec<String> = words.map(|word| format!("{word:08x}")).collect();
    Record::new("memory")
        .text("    ")
        .cell("address", Cell::new(Field::Address(address)).shown(hex::plain(address)))
        .text("  ")
        .cell("bytes", Cell::new(hex_text(bytes)).shown(words.join(" ")))
        .text("  ")
        .cell("text", Cell::new(characters(bytes)).role(Role::Dim))
}

/// `41 42 43`
pub fn hex_text(bytes: &[u8]) -> String {
    let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    words.join(" ")
}

/// Bytes as characters, a dot for what has none.
pub fn characters(bytes: &[u8]) -> String {
    let shown = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    bytes.iter().map(shown).collect()
}
