//! Flips, cuts and splices bytes of small images of every machine and runs the commands that read images: no panic, no
//! hang, and never more memory than the stated cap.

use crate::damage::damage;
use dumpscope::command::run_line;
use dumpscope::debuggee::{Subject, Target};
use dumpscope::output::{OutputClosed, Piece, Sink};
use dumpscope::session::{Session, Settings};
use proptest::prelude::*;

fn seeds() -> Vec<Vec<u8>> {
    let names = ["pe/sample64.sys", "pe/samplea64.sys", "pe/sample32.dll", "symbols/driver.sys"];
    let path = |name| format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    names.map(|name| std::fs::read(path(name)).unwrap()).into()
}

/// DOS header, NT headers, section table; then the sections with their directories.
fn places() -> BoxedStrategy<usize> {
    prop_oneof![1 => 0x3c_usize..0x40, 8 => 0x78_usize..0x280, 3 => 0x400_usize..0x1800].boxed()
}

/// Commands over the whole image, and over addresses at its edges.
const COMMANDS: &[&str] = &[
    "vertarget",
    "lmv",
    "||",
    "!lmi @$ip",
    "!dh @$ip",
    "x *!*",
    "ln @$ip",
    "u",
    "ub @$ip",
    "uf @$ip",
    ".fnent @$ip",
    ".reload /f",
    "k",
    "r",
];

/// How much is said, of which nothing is kept: what prints it keeps nothing either.
#[derive(Default)]
struct Said(usize);

/// More than a command has to say of a few kilobytes: `uf` may take a section of zeros for instructions.
const MOST_SAID: usize = 2 << 20;

impl Sink for Said {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if let Piece::Block(block) | Piece::Open(block) = piece {
            self.0 += block.lines().map(|line| line.plain().len() + 1).sum::<usize>();
        }
        Ok(())
    }
}

fn open_and_use(bytes: Vec<u8>) -> bool {
    let subject = match Subject::from_bytes("damaged.sys", bytes) {
        Ok(subject) => subject,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return false;
        }
    };
    let mut session = Session::new(Target::of(subject), Settings::default());
    let module = session.target.modules().iter().next().unwrap().clone();
    let mut lines: Vec<String> = COMMANDS.iter().map(|&line| line.to_owned()).collect();
    for rva in [0, 0x400, 0x1000, 0x1ff8, 0x2000, 0x3000, 0x5ff0, 0xffff_ff00] {
        let at = module.base.wrapping_add(rva);
        lines.extend(["db", "dps", "u", ".fnent", "ln"].map(|command| format!("{command} {at:x}")));
    }
    lines.push(format!("s -a {:x} L8000 \"MZ\"", module.base));
    lines.push(format!("dps {:x}", module.end()));
    for line in lines {
        let mut output = Said::default();
        if let Err(failure) = run_line(&line, &mut session, &mut output) {
            assert!(!failure.error.to_string().contains("dumpscope itself failed"), "{line}");
        }
        assert!(output.0 <= MOST_SAID, "{line}: {} bytes", output.0);
    }
    true
}

#[test]
fn damage_never_panics_hangs_or_takes_much_memory() {
    let [refused, opened] = damage(&seeds(), 700, places(), open_and_use);
    assert!(opened > 250 && refused > 25, "{refused} refused, {opened} opened");
}
