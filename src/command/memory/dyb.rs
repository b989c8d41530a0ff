//! `dyb`, `dyd`: memory bit by bit.

use super::range::{NEXT, shown};
use super::rows::{Bytes, lead, unreadable};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Field, Line, Role};

/// `dyb dyd`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dyb", "dyd"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows memory as bits, in bytes or double words",
    help: "dyb  four bytes a line, each with its bits and in hexadecimal\n\
           dyd  one 32-bit word a line\n\
           \n\
           kd> dyd @rsp L1\n\
           \x20                   3          2          1          0\n\
           \x20                  10987654 32109876 54321098 76543210\n\
           \x20                  -------- -------- -------- --------\n\
           fffff803`11a8b158  00001011 11001111 10111100 00101110  0bcfbc2e",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Columns before the bits: the address and two blanks.
const MARGIN: usize = 19;
/// Bytes in a row.
const ROW: u64 = 4;

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let words = args.name == "dyd";
    let (size, default) = if words { (4, 8) } else { (1, 32) };
    let (start, count) = shown(args.text, size, default, context)?;
    context.session.display_form = args.name;
    for heading in headings(words) {
        context.out.emit(Line::new().pad_to(MARGIN).label(heading))?;
    }
    let memory = context.session.target.memory().clone();
    let total = count.saturating_mul(size);
    let mut done = 0;
    while done < total {
        let address = start.wrapping_add(done);
        let bytes = Bytes::at(&memory, address, (total - done).min(ROW) as usize);
        let (bits, numbers) = if words { word(&bytes) } else { byte_row(&bytes) };
        let value = bytes.whole().map_or_else(|why| unreadable(&why), Field::Hex);
        let spelled = |text: String| Cell::new(value.clone()).mark(&text).shown(text).role(Role::Value);
        let record = lead("bits", address)
            .show(spelled(bits))
            .pad_to(MARGIN + 35)
            .text("  ")
            .cell("value", spelled(numbers));
        context.out.emit(record)?;
        done += ROW;
        context.session.next_address.insert(NEXT, start.wrapping_add(done.min(total)));
    }
    Ok(())
}

fn headings(words: bool) -> Vec<&'static str> {
    const RULE: &str = "-------- -------- -------- --------";
    if words {
        vec![" 3          2          1          0", "10987654 32109876 54321098 76543210", RULE]
    } else {
        vec!["76543210 76543210 76543210 76543210", RULE]
    }
}

/// A 32-bit word's bits, highest first, and its digits.
fn word(bytes: &[Option<u8>]) -> (String, String) {
    let bits: Vec<String> = bytes.iter().rev().map(|byte| binary(*byte)).collect();
    let digits = match bytes.iter().all(Option::is_some) {
        true => bytes.iter().rev().map(|byte| digits(*byte)).collect(),
        false => "????????".to_owned(),
    };
    (bits.join(" "), digits)
}

/// Bytes' bits in memory order, and their digits.
fn byte_row(bytes: &[Option<u8>]) -> (String, String) {
    let bits: Vec<String> = bytes.iter().map(|byte| binary(*byte)).collect();
    let digits: Vec<String> = bytes.iter().map(|byte| digits(*byte)).collect();
    (bits.join(" "), digits.join(" "))
}

fn digits(byte: Option<u8>) -> String {
    byte.map_or("??".to_owned(), |byte| format!("{byte:02x}"))
}

fn binary(byte: Option<u8>) -> String {
    byte.map_or("????????".to_owned(), |byte| format!("{byte:08b}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_run_from_the_highest_bit_and_bytes_in_memory_order() {
        let bytes = [Some(0xf8), Some(0xfe), Some(0x06), Some(0)];
        assert_eq!(word(&bytes), ("00000000 00000110 11111110 11111000".to_owned(), "0006fef8".to_owned()));
        assert_eq!(
            byte_row(&bytes),
            ("11111000 11111110 00000110 00000000".to_owned(), "f8 fe 06 00".to_owned())
        );
        assert_eq!(byte_row(&[None]), ("????????".to_owned(), "??".to_owned()));
    }

    /// The tens stand above the bits whose number ends in 0.
    #[test]
    fn headings_number_the_bits() {
        let headings = headings(true);
        for (tens, bit) in [('3', 30), ('2', 20), ('1', 10), ('0', 0)] {
            let column = headings[0].find(tens).expect("a digit");
            let from_right = headings[1][column..].chars().filter(|c| *c != ' ').count() - 1;
            assert_eq!(from_right, bit);
        }
    }
}
