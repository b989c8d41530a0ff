//! What commands say, quoted in a report.

use crate::command::{CommandError, Context};
use crate::output::paper::Said;
use crate::session::View;
use crate::words::{Message, text};

/// The commands that a report quotes, each once.
pub struct Quotes {
    /// What is looked at when each of them begins: the crash.
    crash: View,
    quoted: Vec<String>,
}

impl Quotes {
    /// Lets `inside` quote commands; afterwards the session looks at what it looked at before, and what a quoted command
    /// could not show is told in the report alone.
    ///
    /// # Errors
    /// What `inside` fails with.
    pub fn around<T>(
        context: &mut Context<'_>,
        inside: impl FnOnce(&mut Quotes, &mut Context<'_>) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let view = context.session.view();
        let lacks = std::mem::take(&mut context.session.lacks);
        context.session.select_processor(context.session.target.crashed_processor());
        // What cannot be seen is said by the commands that need it.
        drop(context.session.follow_thread());
        let mut quotes = Quotes { crash: context.session.view(), quoted: Vec::new() };
        let outcome = inside(&mut quotes, context);
        context.session.restore(view);
        context.session.lacks = lacks;
        outcome
    }

    /// A command with what it says, of a long output what stands around `about`; where it was quoted before, that it was.
    ///
    /// # Errors
    /// The command was stopped. Any other failure is part of what is quoted.
    pub fn quote(
        &mut self,
        command: &str,
        about: Option<&str>,
        context: &mut Context<'_>,
    ) -> Result<Said, CommandError> {
        let language = context.session.settings.language;
        if self.quoted.iter().any(|known| known == command) {
            return Ok(Said::without(command, text("report.quoted_above", language)));
        }
        self.quoted.push(command.to_owned());
        let (document, outcome) = context.kept(|context| context.run_line(command));
        context.session.restore(self.crash.clone());
        let left_out = |count: usize| {
            Message::new("report.left_out").with("count", count).in_language(language).into_owned()
        };
        match outcome {
            Ok(()) => Ok(Said::of(command, document, about, left_out)),
            Err(error) if error.ends_all() => Err(error),
            Err(error) => Ok(Said::without(command, error.to_string())),
        }
    }
}
