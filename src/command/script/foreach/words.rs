//! Words of a text or a file, one after the other.

use crate::command::CommandError;
use crate::util::lines::{self, Lines};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Words between blanks. Of a file no more is kept than a line.
pub struct Words {
    file: Option<Lines<BufReader<File>>>,
    text: String,
    at: usize,
}

impl Words {
    /// The words of a text.
    pub fn of_text(text: String) -> Words {
        Words { file: None, text, at: 0 }
    }

    /// The words of a file, which may be in any of the encodings of command files.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub fn of_file(name: &str) -> Result<Words, CommandError> {
        let file = lines::of_file("file", Path::new(name)).map_err(argument)?;
        Ok(Words { file: Some(file), text: String::new(), at: 0 })
    }

    fn in_text(&mut self) -> Option<String> {
        let rest = self.text.get(self.at..)?;
        let word = rest.split_whitespace().next()?;
        self.at = self.text.len() - rest.len() + rest.find(word)? + word.len();
        Some(word.to_owned())
    }
}

impl Iterator for Words {
    type Item = Result<String, CommandError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(word) = self.in_text() {
                return Some(Ok(word));
            }
            self.text = match self.file.as_mut()?.next() {
                Ok(line) => line?,
                Err(error) => {
                    self.file = None;
                    return Some(Err(argument(error)));
                }
            };
            self.at = 0;
        }
    }
}

fn argument(error: lines::LineError) -> CommandError {
    CommandError::Argument(error.to_string())
}
