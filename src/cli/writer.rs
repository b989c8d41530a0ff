//! Where script output goes: standard output and, if asked for, a log.

use super::{ColorChoice, Options};
use crate::output::{Block, Document, OutputClosed, Sink, ansi, json, plain};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

/// Writes what commands say.
pub struct Writer {
    out: BufWriter<io::Stdout>,
    log: Option<BufWriter<File>>,
    form: Form,
}

enum Form {
    Text { color: bool },
    Json { command: String, document: Document },
}

impl Writer {
    /// A writer as the flags ask for.
    ///
    /// # Errors
    /// The log file cannot be created.
    pub fn new(options: &Options) -> Result<Writer, String> {
        let log = match &options.log_file {
            None => None,
            Some(path) => {
                let file =
                    File::create(path).map_err(|error| format!("log file {}: {error}", path.display()))?;
                Some(BufWriter::new(file))
            }
        };
        let color = match options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        let form = if options.json {
            Form::Json { command: String::new(), document: Document::default() }
        } else {
            Form::Text { color }
        };
        Ok(Writer { out: BufWriter::new(io::stdout()), log, form })
    }

    /// Writes text as it is, such as a prompt.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody reads any more.
    pub fn raw(&mut self, text: &str) -> Result<(), OutputClosed> {
        self.write(text, text)?;
        self.flush()
    }

    fn write(&mut self, shown: &str, logged: &str) -> Result<(), OutputClosed> {
        if let Some(log) = &mut self.log {
            // A full disk must not end the session; the log is simply shorter.
            let _ = log.write_all(logged.as_bytes());
        }
        self.out.write_all(shown.as_bytes()).map_err(|_| OutputClosed)
    }

    fn flush(&mut self) -> Result<(), OutputClosed> {
        if let Some(log) = &mut self.log {
            let _ = log.flush();
        }
        self.out.flush().map_err(|_| OutputClosed)
    }
}

impl Sink for Writer {
    fn block(&mut self, block: Block) -> Result<(), OutputClosed> {
        match &mut self.form {
            Form::Json { document, .. } => {
                document.blocks.push(block);
                Ok(())
            }
            Form::Text { color: false } => {
                let text = plain(&block);
                self.write(&text, &text)
            }
            Form::Text { color: true } => self.write(&ansi(&block), &plain(&block)),
        }
    }

    fn begin(&mut self, typed: &str) {
        if let Form::Json { command, document } = &mut self.form {
            *command = typed.to_owned();
            document.blocks.clear();
        }
    }

    fn end(&mut self, error: Option<&str>) -> Result<(), OutputClosed> {
        if let Form::Json { command, document } = &mut self.form {
            let text = format!("{}\n", json(command, document, error));
            document.blocks.clear();
            self.write(&text, &text)?;
        }
        self.flush()
    }
}
