//! A thread that looks names up for completion, so that neither the screen nor a running command waits for it.

use super::TuiError;
use super::message::Reply;
use super::terminal::take_panic;
use crate::command::{Completion, Names};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What is to be completed.
pub(super) struct Question {
    /// What stands before the cursor.
    pub(super) typed: String,
    /// What may stand there.
    pub(super) completion: Completion,
    /// What is known.
    pub(super) names: Names,
}

/// Starts the thread; it ends when nobody asks any more.
///
/// # Errors
/// The system has no thread to give.
pub(super) fn start(outbox: Sender<Reply>) -> Result<Sender<Question>, TuiError> {
    let (questions, inbox) = unbounded();
    thread::Builder::new()
        .name("completer".to_owned())
        .spawn(move || serve(&inbox, &outbox))
        .map_err(|source| TuiError::Thread { what: "completer", source })?;
    Ok(questions)
}

fn serve(inbox: &Receiver<Question>, outbox: &Sender<Reply>) {
    for question in inbox {
        // Only the last question still stands at the prompt.
        let question = inbox.try_iter().last().unwrap_or(question);
        let answer = catch_unwind(AssertUnwindSafe(|| question.completion.answer(&question.names)));
        if answer.is_err() {
            take_panic();
        }
        let choices = answer.unwrap_or_default();
        if outbox.send(Reply::Choices { typed: question.typed, choices }).is_err() {
            return;
        }
    }
}
