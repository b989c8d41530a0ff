//! Whoever stops a walk along threads waits no longer.

use crate::forge::{demo, root};
use crate::golden::{run, session};
use dumpscope::command::run_line;
use dumpscope::output::{OutputClosed, Piece, Sink};
use dumpscope::util::cancel::CancelToken;
use dumpscope::words::{Language, Message};

#[test]
fn work_that_is_stopped_ends() {
    let mut session = session(&demo("readonly"));
    session.cancel.cancel();
    let stop = session.cancel.begin();
    for command in ["!us -a", "!lt -a", "!stacks", "!findstack x"] {
        let mut output = Stopping { stop: session.cancel.clone(), pieces: 0 };
        let failure = run_line(command, &mut session, &mut output);
        // Either it was done before the first thing was said, or it ended right there.
        assert!(failure.is_err() || output.pieces <= 1, "{command}: {} pieces", output.pieces);
    }
    assert!(stop.is_cancelled());
}

/// Stops everything at the first thing that is said.
struct Stopping {
    stop: CancelToken,
    pieces: usize,
}

impl Sink for Stopping {
    fn take(&mut self, _: Piece) -> Result<(), OutputClosed> {
        self.pieces += 1;
        self.stop.cancel();
        Ok(())
    }
}

/// Counts the steps that a command tells of, and stops everything at one of them.
struct StoppingAt {
    stop: CancelToken,
    step: usize,
    steps: usize,
    pieces_after: usize,
}

impl Sink for StoppingAt {
    fn take(&mut self, _: Piece) -> Result<(), OutputClosed> {
        self.pieces_after += usize::from(self.steps >= self.step);
        Ok(())
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.steps += 1;
        let told = how_far().in_language(Language::English).into_owned();
        assert!(told.starts_with(&format!("{} ", self.steps)), "{told}");
        if self.steps == self.step {
            self.stop.cancel();
        }
    }
}

/// Walking is told thread by thread, and no stack more is walked, and nothing said, once it is stopped.
#[test]
fn walks_end_at_the_step_at_which_they_are_stopped() {
    let threads = {
        let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
        let lines = run(&mut session, "!stacks").unwrap();
        let last = lines.iter().rev().find_map(|line| line.strip_prefix("Threads Processed: ")).unwrap();
        last.parse::<usize>().unwrap()
    };
    for command in ["!us -a", "!stacks", "!findstack nothing", "!lt -a -wf", "!lt -a -m nothing"] {
        for step in [1, 7, threads] {
            let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
            let mut sink = StoppingAt { stop: session.cancel.clone(), step, steps: 0, pieces_after: 0 };
            let failure = run_line(command, &mut session, &mut sink);
            let failure =
                failure.expect_err(&format!("{command} at {step} of {threads}: {} steps", sink.steps));
            assert_eq!(failure.error.to_string(), "cancelled", "{command}");
            // Tables that are open are closed.
            assert!(sink.pieces_after <= 2, "{command} at {step}: {} pieces", sink.pieces_after);
            assert_eq!(sink.steps, step, "{command}");
        }
    }
}
