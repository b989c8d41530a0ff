//! What folds, what stays in sight, what has room.

use super::*;
use crate::output::{Block, Branch, Column, Piece, Record, Table};

fn branch(head: &str, folded: bool, inside: &[&str]) -> Branch {
    let blocks = inside.iter().map(|text| Line::of(text).into()).collect();
    Branch { head: Record::new("part").text(head), folded, blocks }
}

fn sight(kept: &Kept) -> Vec<String> {
    kept.rows_from(0).map(|(_, line)| line.text().to_owned()).collect()
}

#[test]
fn a_folded_section_shows_its_head() {
    let mut kept = Kept::default();
    let pieces = [
        Line::of("title").into(),
        branch("one", true, &["a", "b"]).into(),
        branch("two", false, &["c"]).into(),
        Line::of("end").into(),
    ];
    kept.take(pieces, None);
    assert_eq!(sight(&kept), ["title", "one", "two", "c", "end"]);
    assert_eq!((kept.count(), kept.rows(), kept.folds().hidden_under(1)), (7, 5, 2));
    kept.reveal(3);
    assert_eq!(kept.rows(), 7);
    kept.fold_all(true);
    assert_eq!(sight(&kept), ["title", "one", "two", "end"]);
}

#[test]
fn blocks_that_come_piece_by_piece_are_the_same() {
    let whole = || Branch {
        blocks: vec![branch("in", true, &["x", "y"]).into(), Line::of("z").into()],
        ..branch("out", false, &[])
    };
    let (mut one, mut other) = (Kept::default(), Kept::default());
    one.take([Piece::from(whole())], None);
    other.take([Piece::Open(branch("out", false, &[]).into())], None);
    other.take([Piece::Open(branch("in", true, &["x"]).into()), Line::of("y").into()], None);
    assert_eq!(sight(&other), ["out", "in"]);
    other.take([Piece::Close, Line::of("z").into(), Piece::Close], None);
    assert_eq!((one.lines(), one.folds()), (other.lines(), other.folds()));
    assert_eq!(sight(&one), ["out", "in", "z"]);
}

#[test]
fn a_row_stands_for_what_is_said_under_it() {
    let table = Table::new("thread", &[Column::left("name", "Name", 8)]);
    let row = |name: &str| Block::from(table.row([name.into()]));
    let mut kept = Kept::default();
    let rows = vec![row("one"), Line::of("  frame").into(), row("two"), row("three"), Line::of("  f").into()];
    kept.take([Block::Table(table.clone(), rows).into(), Line::of("end").into()], None);
    kept.fold_all(true);
    assert_eq!(sight(&kept), ["Name", "one", "two", "three", "end"]);
    assert_eq!((kept.folds().headed(0), kept.folds().headed(3)), (None, None));
}

/// Rows that stand in no table: what yields goes from all of them, with its words, and what still has no room is broken, as is
/// what is said among them.
#[test]
fn rows_without_a_table_leave_out_what_yields() {
    let row = |tag: &str| {
        let row = Record::new("block").yielding(&[("before", 1)]).cell("size", 0x20u64);
        row.words_of("before", " before: ").cell("before", 0x10u64).words_of("tag", " tag: ").cell("tag", tag)
    };
    let mut kept = Kept::default();
    kept.take([Line::of("page").into()], None);
    kept.take([row("one").into(), Line::of("  said by somebody").into(), row("three").into()], None);
    assert_eq!(sight(&kept)[1], "32 before: 16 tag: one");
    assert!(kept.narrowed(22 + "ee".len()).is_none());
    let narrowed = kept.narrowed(16).expect("left out");
    assert_eq!(sight(&narrowed), ["page", "32 tag: one", "  said by somebody", "32 tag: three"]);
    assert_eq!((narrowed.left_out(0), narrowed.left_out(1)), (0, 1));
    let (broken, places) = narrowed.broken_in_sight(16, 2).expect("broken");
    assert_eq!(sight(&broken), ["page", "32 tag: one", "  said by", "    somebody", "32 tag: three"]);
    assert_eq!(places, [0, 1, 2, 4]);
}

#[test]
fn a_heading_stays_over_the_rows_of_its_table() {
    let table = Table::new("thread", &[Column::left("name", "Name", 30)]).ruled();
    let rows = ["one", "two", "three"].map(|name| table.row([name.into()]).into());
    let mut kept = Kept::default();
    let table = Block::Table(table, rows.into());
    kept.take([Line::of("before").into(), table.clone().into(), Line::of("behind").into()], None);
    let over = |kept: &Kept, line| kept.heading_over(line);
    assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|line| over(&kept, line).len()), [0, 0, 0, 2, 2, 2, 0]);
    assert_eq!(over(&kept, 5), 1..3);
    // A line of `=` as long as the column takes three rows.
    assert_eq!(over(&kept.broken(12).0, 7), 1..5);
    kept.prepend(Line::of("stopped"));
    assert_eq!(over(&kept, 6), 2..4);
    kept.drop_first(3, None);
    assert_eq!(over(&kept, 3), 0..0);
    let mut console = Kept::default();
    console.take([table.into()], Some(80));
    assert_eq!(over(&console, 4), 0..0);
}

/// Widths 8 + 1 + 4 + 1 + 6 + 2 + name: of the ranks 2 goes first, then 1.
#[test]
fn columns_are_left_out_by_rank() {
    let columns = [
        Column::left("address", "Address", 8),
        Column::right("id", "Id", 4).yields(2),
        Column::left("size", "Size", 6).yields(1),
        Column::left("name", "Name", 4).after(2),
    ];
    let table = Table::new("thing", &columns).ruled();
    let row = |name: &str| table.row(["ffff8000".into(), 7u64.into(), "驱动".into(), name.into()]).into();
    let mut kept = Kept::default();
    let behind = table.heading[0].clone();
    kept.take([Block::Table(table.clone(), vec![row("nt"), row("driver")]).into()], None);
    kept.take([behind.into(), Line::of("a line that is no row stays as it is, however wide").into()], None);
    let shown = |width| {
        let kept = kept.narrowed(width)?;
        Some((kept.left_out(0), kept.lines().iter().map(|line| line.text().to_owned()).collect::<Vec<_>>()))
    };
    assert_eq!(shown(28), None);
    let (left_out, lines) = shown(27).expect("narrower");
    assert_eq!(left_out, 1);
    let expected =
        ["Address  Size    Name", "======== ======  ====", "ffff8000 驱动    nt", "ffff8000 驱动    driver"];
    assert_eq!(lines[..4], expected);
    assert_eq!(lines[4], expected[0]);
    let (left_out, lines) = shown(15).expect("narrower");
    assert_eq!(left_out, 2);
    assert_eq!(lines[..4], ["Address  Name", "======== ====", "ffff8000 nt", "ffff8000 driver"]);
    assert_eq!(lines.last().map(String::as_str), Some("a line that is no row stays as it is, however wide"));
    // What never goes stays where it does not fit either; the console does not lay out.
    assert_eq!(shown(4), shown(15));
    let mut console = Kept::default();
    console.take([Block::Table(table.clone(), vec![row("driver")]).into()], Some(80));
    assert!(console.narrowed(10).is_none());
}

#[test]
fn a_command_stands_for_its_output() {
    let mut kept = Kept::default();
    for command in ["> one", "> two"] {
        kept.command(Line::of(command), None);
        kept.take([Line::of("a").into(), Piece::Open(branch("left open", false, &["b"]).into())], None);
    }
    kept.close_all();
    kept.take([Line::of("log").into()], None);
    kept.fold_all(true);
    assert_eq!(sight(&kept), ["> one", "> two", "log"]);
    kept.drop_first(2, Some(Line::of("(dropped)")));
    assert_eq!(sight(&kept), ["(dropped)", "left open", "> two", "log"]);
}

#[test]
fn broken_lines_keep_their_parts() {
    let mut kept = Kept::default();
    let pieces =
        [branch("a head of several words", true, &["one two three four"]).into(), Line::of("end").into()];
    kept.take(pieces, None);
    let (mut broken, places) = kept.broken(12);
    assert_eq!(places, [0, 3, 5]);
    assert_eq!(sight(&broken), ["a head of", "  several", "  words", "end"]);
    assert_eq!(broken.folds().headed(2), Some(0));
    broken.fold(0, false);
    assert_eq!(broken.rows(), broken.count());
    let mut again = kept.broken(80).0;
    again.fold_like(&broken);
    assert_eq!(sight(&again), ["a head of several words", "one two three four", "end"]);
}
