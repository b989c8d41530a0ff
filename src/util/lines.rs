//! Command lines from a file or standard input, one at a time: bounded in memory whatever comes.
//!
//! A file is UTF-8 (with or without a byte order mark), UTF-16 with one, or GB18030, which is how Chinese Windows saves
//! text. A file on disk is read through once before its first line runs, so that a line that cannot be read is refused
//! before anything has happened, and so that the whole file decides whether it is UTF-8 or GB18030.

use super::files::open_input;
use encoding_rs::GB18030;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::Path;
use thiserror::Error;

/// A line longer than this is not typed by anyone, in bytes.
const MAX_LINE: usize = 1 << 20;

/// Why there is no further line.
#[derive(Debug, Error)]
pub enum LineError {
    /// The system refused.
    #[error("{name}: {error}")]
    Io {
        /// What was read.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// A line cannot be run.
    #[error("{name}, line {line}: {why}")]
    Line {
        /// What was read.
        name: String,
        /// The line, counted from 1.
        line: u64,
        /// Why.
        why: &'static str,
    },
}

const TOO_LONG: &str = "the line is longer than 1 MiB, so this is no list of commands";
const NO_TEXT: &str = "the line is neither UTF-8 nor GB18030. Save the file as UTF-8";
const BAD_UTF16: &str = "the line is damaged UTF-16: half a character. Save the file as UTF-8";
const HAS_NUL: &str =
    "the line holds a zero byte: UTF-16 without a byte order mark, or no text. Save the file as UTF-8";

/// How the bytes of a line become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8; what is not UTF-8 but GB18030 makes the rest GB18030.
    Utf8OrGb18030,
    Gb18030,
    Utf16Le,
    Utf16Be,
}

/// Lines of commands.
pub struct Lines<R> {
    name: String,
    input: R,
    encoding: Encoding,
    /// The line that was read last, counted from 1.
    line: u64,
}

/// The lines of a file, which messages call `what`.
///
/// # Errors
/// It cannot be read, or a line of it is no text or too long.
pub fn of_file(what: &str, path: &Path) -> Result<Lines<BufReader<File>>, LineError> {
    let name = format!("{what} {}", path.display());
    let failed = |error| LineError::Io { name: name.clone(), error };
    let mut file = open_input(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut encoding = Encoding::Utf8OrGb18030;
    if about.is_file() {
        let mut trial = Lines::of(&name, BufReader::new(&file));
        while trial.next()?.is_some() {}
        encoding = trial.encoding;
        file.rewind().map_err(failed)?;
        if encoding == Encoding::Gb18030 {
            // Lines before the first that is not UTF-8 are read again as what the file is.
            let mut trial = Lines { encoding, ..Lines::of(&name, BufReader::new(&file)) };
            while trial.next()?.is_some() {}
            file.rewind().map_err(failed)?;
        }
    }
    Ok(Lines { encoding, ..Lines::of(&name, BufReader::new(file)) })
}

impl<R: BufRead> Lines<R> {
    /// The lines of `input`, which messages call `name`.
    pub fn of(name: &str, input: R) -> Lines<R> {
        Lines { name: name.to_owned(), input, encoding: Encoding::Utf8OrGb18030, line: 0 }
    }

    /// The next line without its end; `None` after the last. After a line that was refused, the line after it follows.
    ///
    /// # Errors
    /// It cannot be read, is too long or is no text.
    #[allow(clippy::should_implement_trait, reason = "it borrows nothing and fails by itself")]
    pub fn next(&mut self) -> Result<Option<String>, LineError> {
        let mut bytes = Vec::new();
        let whole =
            self.take(&mut bytes).map_err(|error| LineError::Io { name: self.name.clone(), error })?;
        let Some(whole) = whole else {
            return Ok(None);
        };
        self.line += 1;
        let text = if whole { self.decode(&bytes) } else { Err(TOO_LONG) };
        match text {
            Ok(text) if text.contains('\0') => Err(self.refuse(HAS_NUL)),
            Ok(mut text) => {
                if text.ends_with('\r') {
                    text.pop();
                }
                Ok(Some(text))
            }
            Err(why) => Err(self.refuse(why)),
        }
    }

    /// Refuses the line that was read last.
    pub fn refuse(&self, why: &'static str) -> LineError {
        LineError::Line { name: self.name.clone(), line: self.line, why }
    }

    /// Reads the bytes of a line without its end: `None` where the input ends, false if the line was too long and only its
    /// end is there.
    fn take(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<bool>> {
        if self.line == 0 {
            self.skip_mark(bytes)?;
        }
        let (mut some, mut whole) = (!bytes.is_empty(), true);
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(some.then_some(whole));
            }
            some = true;
            let end = memchr::memchr(b'\n', chunk);
            let count = end.map_or(chunk.len(), |end| end + 1);
            bytes.extend(chunk.iter().take(count));
            self.input.consume(count);
            // In UTF-16, 0A may be half of another character.
            if end.is_some() && self.cut_end(bytes)? {
                return Ok(Some(whole && bytes.len() <= MAX_LINE));
            }
            if bytes.len() > MAX_LINE || !whole {
                whole = false;
                // What is left tells where a character of two bytes begins.
                bytes.drain(..bytes.len() & !1);
            }
        }
    }

    /// What comes next; empty where the input ends.
    fn chunk(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.input.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.input.fill_buf()
    }

    /// Whether what was read ends a line; its end is taken off.
    fn cut_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let (ends, length) = match self.encoding {
            Encoding::Utf8OrGb18030 | Encoding::Gb18030 => (true, 1),
            Encoding::Utf16Be => (bytes.len().is_multiple_of(2) && bytes.ends_with(b"\0\n"), 2),
            Encoding::Utf16Le if bytes.len().is_multiple_of(2) => (false, 0),
            // Without the other half of the unit the last character is broken, which decoding says.
            Encoding::Utf16Le => match self.chunk()?.first().copied() {
                None => (false, 0),
                Some(next) => {
                    self.input.consume(1);
                    bytes.push(next);
                    (next == 0, 2)
                }
            },
        };
        if ends {
            bytes.truncate(bytes.len().saturating_sub(length));
        }
        Ok(ends)
    }

    /// Passes over a byte order mark at the beginning of the input, reading no byte more than it takes to see that there is
    /// none: those go to `bytes`.
    fn skip_mark(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        const MARKS: [(&[u8], Encoding); 3] = [
            (b"\xef\xbb\xbf", Encoding::Utf8OrGb18030),
            (b"\xff\xfe", Encoding::Utf16Le),
            (b"\xfe\xff", Encoding::Utf16Be),
        ];
        while let Some(&next) = self.chunk()?.first() {
            let read = [bytes.as_slice(), &[next]].concat();
            let Some((mark, encoding)) = MARKS.iter().find(|(mark, _)| mark.starts_with(&read)) else {
                return Ok(());
            };
            self.input.consume(1);
            bytes.push(next);
            if bytes.len() == mark.len() {
                bytes.clear();
                self.encoding = *encoding;
                return Ok(());
            }
        }
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<String, &'static str> {
        match self.encoding {
            Encoding::Utf8OrGb18030 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => {
                    let text = gb18030(bytes)?;
                    self.encoding = Encoding::Gb18030;
                    Ok(text)
                }
            },
            Encoding::Gb18030 => gb18030(bytes),
            Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes),
        }
    }
}

fn gb18030(bytes: &[u8]) -> Result<String, &'static str> {
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or(NO_TEXT)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, &'static str> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(units.iter().map(|&pair| unit(pair))).collect();
    text.ok().filter(|_| rest.is_empty()).ok_or(BAD_UTF16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines, or the number of a line that was refused. A small buffer splits characters.
    fn read(bytes: &[u8]) -> Vec<Result<String, u64>> {
        let mut lines = Lines::of("test", BufReader::with_capacity(3, bytes));
        let mut found = Vec::new();
        loop {
            match lines.next() {
                Ok(None) => return found,
                Ok(Some(line)) => found.push(Ok(line)),
                Err(LineError::Line { line, .. }) => found.push(Err(line)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn lines(texts: &[&str]) -> Vec<Result<String, u64>> {
        texts.iter().map(|&text| Ok(text.to_owned())).collect()
    }

    fn utf16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_lines() {
        // U+0A0A and U+0A41 hold the byte of a line's end in either half.
        let text = "r rip\r\n* 驱动 \u{a0a}\u{a41} 😀\n\nlast";
        let expected = lines(&["r rip", "* 驱动 \u{a0a}\u{a41} 😀", "", "last"]);
        assert_eq!(read(text.as_bytes()), expected);
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(read(&utf16_bytes(text, u16::to_le_bytes)), expected);
        assert_eq!(read(&utf16_bytes(text, u16::to_be_bytes)), expected);
        // GB 2312: 驱 is C7 FD, 动 is B6 AF.
        assert_eq!(read(b"r\n* \xc7\xfd\xb6\xaf\r\nk\n"), lines(&["r", "* 驱动", "k"]));
        assert_eq!(read(b""), []);
    }

    #[test]
    fn what_is_no_text_is_refused_by_its_line() {
        assert_eq!(read(b"r\n* caf\xe9\nk\n"), [Ok("r".to_owned()), Err(2), Ok("k".to_owned())]);
        assert_eq!(read(b"r\nk\0\n"), [Ok("r".to_owned()), Err(2)]);
        // Half a pair, and half a unit at the end.
        assert_eq!(read(b"\xff\xfe\x00\xd8\n\0r\0"), [Err(1), Ok("r".to_owned())]);
        assert_eq!(read(b"\xff\xfer\0\n\0k"), [Ok("r".to_owned()), Err(2)]);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        for (before, end) in [(&b""[..], &b"\n"[..]), (b"\xff\xfe", b"\n\0"), (b"\xfe\xff", b"\0\n")] {
            let body = [before, &b"A\0".repeat(MAX_LINE), end].concat();
            let body =
                if before == b"\xfe\xff" { [before, &b"\0A".repeat(MAX_LINE), end].concat() } else { body };
            assert!(read(&body) == [Err(1)], "{before:x?}");
        }
        let body = ["r\n".repeat(3).into_bytes(), vec![b'A'; MAX_LINE + 1], b"\nk\n".to_vec()].concat();
        assert!(read(&body)[3..] == [Err(4), Ok("k".to_owned())], "another line was refused, or none");
    }

    #[test]
    fn a_whole_file_decides_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("steps.txt");
        // The first line is UTF-8 as well (U+00F7 U+00F7 would be C3 B7 C3 B7): in GB18030 it is 梅 梅.
        std::fs::write(&file, b"* \xc3\xb7\xc3\xb7\n* \xc7\xfd\n").unwrap();
        let mut found = of_file("command file", &file).unwrap();
        assert_eq!(found.next().unwrap().as_deref(), Some("* 梅梅"));
        std::fs::write(&file, b"r\nk\ncaf\xe9\n").unwrap();
        let refused = of_file("command file", &file).err().unwrap().to_string();
        assert!(refused.contains("line 3") && refused.contains("UTF-8"), "{refused}");
    }
}
