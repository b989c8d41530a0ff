//! What is wrong with pool memory, in words.

use super::rows::{characters, hex_text};
use crate::command::CommandError;
use crate::command::line::Out;
use crate::kernel::pool::{BlockState, Damage, DamageKind, PoolBlock, Trust};
use crate::output::{Action, Branch, Cell, Field, Record, Role};
use crate::util::hex::plain;

/// Bytes of damage that are shown in a row.
const ROW: usize = 16;

/// Says what is damaged: where, what stands there, what should, and who may have written it.
///
/// # Errors
/// As [`Out::emit`].
pub fn say(damage: &Damage, out: &mut Out<'_>) -> Result<(), CommandError> {
    let head = Record::new("pool_damage")
        .cell("text", Cell::new(sentence(damage)).role(Role::Warning))
        .field("kind", damage.kind.word())
        .field("trust", damage.trust.word())
        .field("address", Field::Address(damage.address))
        .field("block", Field::Address(damage.block))
        .field("bytes", hex_text(&damage.bytes))
        .field("resumes", Field::from(damage.resumes.map(Field::Address)));
    let head = match &damage.before {
        Some(before) => head
            .field("before", Field::Address(before.address))
            .field("before_tag", Field::from(before.tag.map(|tag| tag.unprotected().to_string())))
            .field("writer", damage.writer.word()),
        None => head,
    };
    out.within(Branch::new(head), |out| {
        for (index, row) in damage.bytes.chunks(ROW).enumerate() {
            let at = damage.address.saturating_add((index * ROW) as u64);
            out.emit(bytes_row("found", at, row))?;
        }
        if let Some(expected) = &damage.expected {
            out.emit(expected_row(damage.address, expected))?;
        }
        if let Some((at, mask)) = damage.flipped_bit() {
            let bit = mask.trailing_zeros();
            out.emit(
                Record::new("flipped_bit")
                    .text("    only one bit differs: bit ")
                    .cell("bit", u64::from(bit))
                    .text(" of the byte at ")
                    .cell("address", Cell::new(Field::Address(at)).digits(16))
                    .text("; memory that fails does that, code rarely"),
            )?;
        }
        match &damage.before {
            Some(before) => out.emit(writer(before, damage.writer)),
            None => Ok(()),
        }
    })
}

fn bytes_row(word: &'static str, address: u64, bytes: &[u8]) -> Record {
    Record::new("bytes")
        .text(format!("    {word:<10}"))
        .cell("address", Cell::new(Field::Address(address)).digits(16))
        .text("  ")
        .cell("bytes", Cell::new(hex_text(bytes)).left(3 * ROW))
        .text(" ")
        .cell("characters", Cell::new(characters(bytes)).role(Role::Dim))
        .field("what", word)
}

/// The bytes that should stand there; question marks where nothing tells them.
fn expected_row(address: u64, expected: &[Option<u8>]) -> Record {
    let words =
        expected.iter().take(ROW).map(|byte| byte.map_or("??".to_owned(), |byte| format!("{byte:02x}")));
    Record::new("bytes")
        .text("    should be ")
        .cell("address", Cell::new(Field::Address(address)).digits(16))
        .text("  ")
        .cell("bytes", words.collect::<Vec<String>>().join(" "))
        .field("what", "should be")
}

fn writer(before: &PoolBlock, trust: Trust) -> Record {
    let tag = before.tag.map(|tag| tag.unprotected().to_string());
    let record = Record::new("writer")
        .text("    ")
        .cell("trust", Cell::new(trust.word()).shown(capital(trust.word())))
        .text(" writer: who uses the block before it, ")
        .cell(
            "address",
            Cell::new(Field::Address(before.address)).digits(16).link(Action::Pool(before.data())),
        );
    let record = match before.state {
        BlockState::Free => record.text(", which is free"),
        _ => record.text(", tag ").cell("tag", Cell::new(tag).absent("not known")),
    };
    record.text(match trust {
        Trust::Possible => " (a write past its end would come here; nothing more speaks for it)",
        _ => ": the damage begins right behind its end",
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// What is wrong, in one sentence.
fn sentence(damage: &Damage) -> String {
    let at = plain(damage.address);
    let has_fewer = damage.numbers.is_some_and(|(found, should)| found < should);
    let numbers = damage.numbers.map(|(found, should)| (format!("{found:#x}"), format!("{should:#x}")));
    let resumes = damage.resumes.map_or_else(
        || "no sound header follows".to_owned(),
        |resumes| format!("headers are sound again at {}", plain(resumes)),
    );
    match (damage.kind, numbers) {
        (DamageKind::VsHeader, _) => format!(
            "Damaged: the chunk header at {at} contradicts its neighbours, which agree with each other; {resumes}"
        ),
        (DamageKind::VsChain, _) => {
            format!(
                "Damaged: from {at} on there is no chunk header that agrees with the one before it; {resumes}"
            )
        }
        (DamageKind::VsSubsegment, _) => format!(
            "Damaged: the signature at {at}, in the header of the subsegment at {}, is not the one of its size",
            plain(damage.block)
        ),
        (DamageKind::VsDoubleFree, _) => format!(
            "Freed twice: the free chunk at {at} reaches over the one at {}, which was free by itself already",
            plain(damage.resumes.unwrap_or(damage.block))
        ),
        (DamageKind::PoolHeader, _) => {
            format!(
                "Damaged: the allocator says that the block at {at} is in use, but its POOL_HEADER is none of that size"
            )
        }
        (DamageKind::LfhHeader, _) => format!(
            "Damaged: what the subsegment of equal blocks at {at} says of their size and place makes no sense"
        ),
        (DamageKind::LfhBitmap, Some((found, should))) => format!(
            "Doubtful: the bitmap at {at} says that {found} blocks are free, the subsegment counts {should}: {}",
            match has_fewer {
                true => "as where a block was freed twice",
                false => "as where the bitmap was written over",
            }
        ),
        (DamageKind::LfhBitmap, None) => format!("Doubtful: the bitmap at {at}"),
        (DamageKind::SegmentSignature, _) => {
            format!(
                "Damaged: the heap lists this segment, but the signature at {at} is not the one it should have"
            )
        }
        (DamageKind::BlockSize, Some((found, should))) => {
            format!(
                "Damaged: the block at {at} says that it has {found} bytes; by the next sound one it has {should}"
            )
        }
        (DamageKind::BlockSize, None) => format!("Damaged: the size of the block at {at}; {resumes}"),
        (DamageKind::PreviousSize, Some((found, should))) => format!(
            "Damaged: the block at {at} says that the one before it has {found} bytes, and that one says {should}"
        ),
        (DamageKind::FreeLinks, _) => format!(
            "Damaged: the free block at {} was written to after it was freed, or over from before: the links at {at} are no kernel addresses",
            plain(damage.block)
        ),
        (DamageKind::PreviousSize, None) => format!("Damaged: the previous size of the block at {at}"),
        (DamageKind::SpecialSlop | DamageKind::SpecialUnderrun, numbers) => {
            let side = if damage.kind == DamageKind::SpecialSlop { "behind" } else { "before" };
            let count = numbers.map_or_else(String::new, |(count, _)| format!(" ({count} bytes)"));
            format!(
                "Damaged: the pattern {side} the block at {} was written over from {at} on{count}: who uses the block wrote {side} it",
                plain(damage.block)
            )
        }
    }
}
