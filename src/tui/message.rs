//! What the screen asks of the engine, and what the engine answers.

use crate::command::{Choices, Names};
use crate::output::{Line, Piece};
use crate::session::{Focus, Opener, Selection, Session};
use crate::util::hex;
use crate::words::{Language, Message};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Something to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Errand {
    /// Tells the replies to this request from others.
    pub(super) id: u64,
    /// The command line, to be told while it runs.
    pub(super) line: String,
    /// Whether a pane asks: its commands leave the session as it was.
    pub(super) for_pane: bool,
    /// How wide the console is that shows what is said; a pane's lines are laid out where they are shown.
    pub(super) columns: Option<usize>,
    /// What is done.
    pub(super) task: Task,
}

/// What a request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// Runs its line.
    Line,
    /// Selects the frame that the verdict looked at.
    Verdict,
    /// Selects what was selected before.
    Select(Selection),
}

/// What the engine says.
#[derive(Debug)]
pub(super) enum Reply {
    /// More output of a request.
    Output {
        /// The request.
        id: u64,
        /// Its next pieces.
        pieces: Vec<Piece>,
    },
    /// How far a request is.
    Progress {
        /// The request.
        id: u64,
        /// How far.
        how_far: Message,
    },
    /// What is being fetched.
    Fetching(Fetching),
    /// What is told of symbols that panes have loaded (`!sym noisy`).
    Log {
        /// The lines.
        lines: Vec<Line>,
    },
    /// What may stand at the prompt's cursor.
    Choices {
        /// What stood before it when that was asked.
        typed: String,
        /// The choices.
        choices: Choices,
    },
    /// A module's symbols are here, or could not be had.
    Settled {
        /// How many modules are still being fetched.
        left: usize,
    },
    /// A request has ended.
    Done {
        /// The request.
        id: u64,
        /// How it ended.
        end: End,
        /// What is selected now.
        state: State,
    },
}

/// What is being fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetching {
    /// The file.
    pub(super) what: Message,
    /// How many more are.
    pub(super) more: usize,
}

impl Fetching {
    /// In a few words.
    pub(super) fn in_language(&self, language: Language) -> String {
        let what = self.what.in_language(language);
        match self.more {
            0 => what.into_owned(),
            more => {
                let message = Message::new("explorer.status.more").with("what", what).with("count", more);
                message.in_language(language).into_owned()
            }
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// All its commands ran.
    Finished,
    /// `q` was among its commands.
    Quit,
    /// The rest of the line is another dump's, which is to be shown.
    System {
        /// Its number.
        number: usize,
        /// What has not run.
        rest: String,
    },
    /// The user stopped it.
    Cancelled,
    /// A command failed.
    Failed {
        /// The command and why.
        why: String,
        /// What helps.
        hints: Vec<Message>,
    },
}

/// What helps, as a line.
pub(super) fn hint_line(hint: &Message, language: Language) -> Line {
    let message = Message::new("hint.label").with("text", hint.in_language(language));
    Line::of(message.in_language(language))
}

/// What is selected in the session, as far as the screen shows or depends on it.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// `2: kd> `
    pub(super) prompt: String,
    /// The selected frame; 0 where none was selected.
    pub(super) frame: u32,
    /// The current processor, and where the code of what is selected stands; `None` where that is not known.
    pub(super) processor: Option<u32>,
    /// See `processor`.
    pub(super) code: Option<u64>,
    /// The thread and the process that are looked at, where they are known.
    pub(super) thread: Option<u64>,
    /// See `thread`.
    pub(super) process: Option<u64>,
    /// What was selected besides the processor, in a few words: `frame 3`, `thread ffff...`.
    pub(super) selected: Vec<Message>,
    /// The language of explanations.
    pub(super) language: Language,
    /// What is selected, to be selected again; `None` before the session has told.
    pub(super) selection: Option<Selection>,
    /// Changes whenever something else is selected.
    pub(super) chosen: u64,
    /// Changes whenever anything changes on which a pane's command depends.
    pub(super) fingerprint: u64,
    /// Changes whenever a setting does.
    pub(super) settings: u64,
    /// Changes whenever symbols are loaded or forgotten.
    pub(super) symbols: u64,
    /// What completion knows.
    pub(super) names: Names,
    /// What opens the dumps beside this one, as the session would; `None` where there are none.
    pub(super) opener: Option<Arc<Opener>>,
}

impl State {
    /// The session's state.
    pub(super) fn of(session: &Session) -> State {
        let hashed = |text: String| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        };
        let chosen =
            hashed(format!("{} {:?} {:?}", session.systems.number(), session.focus, session.process()));
        let settings = hashed(format!("{:?}", session.settings));
        let mut symbols = DefaultHasher::new();
        session.target.symbols().generation().hash(&mut symbols);
        for module in session.target.modules().iter() {
            session.target.symbols().status(module).word().hash(&mut symbols);
        }
        State {
            prompt: session.prompt(),
            frame: session.focus.frame.as_ref().map_or(0, |selected| selected.frame.number),
            processor: session.processor().map(|processor| processor.number),
            code: session.code_address().ok(),
            thread: session.thread(),
            process: session.process(),
            selected: selection(&session.focus),
            language: session.settings.language,
            selection: Some(session.selection()),
            chosen,
            fingerprint: hashed(format!("{chosen} {settings}")),
            settings,
            symbols: symbols.finish(),
            names: Names::of(&session.target),
            opener: session.systems.are_several().then(|| Arc::new(session.opener())),
        }
    }
}

/// What was selected in place of the processor's own, in a few words.
fn selection(focus: &Focus) -> Vec<Message> {
    let mut words = Vec::new();
    if let Some(thread) = focus.thread {
        words.push(Message::new("explorer.selected.thread").with("address", hex::tick(thread)));
    }
    // As the command that selected it: whoever sees it knows how to come back.
    match (focus.trap_frame, focus.context_record) {
        (Some(address), _) => words.push(context_at(".trap", address)),
        (None, Some(address)) => words.push(context_at(".cxr", address)),
        (None, None) if focus.context.is_some() && focus.thread.is_none() => {
            words.push(Message::new("explorer.selected.context"));
        }
        (None, None) => {}
    }
    if let Some(selected) = &focus.frame {
        let number = format!("{:02x}", selected.frame.number);
        words.push(Message::new("explorer.selected.frame").with("number", number));
    }
    words
}

fn context_at(command: &str, address: u64) -> Message {
    Message::new("explorer.selected.context_at").with("command", command).with("address", hex::tick(address))
}
