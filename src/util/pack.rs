//! Files that the program brings along, packed into one.
//!
//! A pack is an xz stream. It begins with an index, one line a file: its length in bytes, a tab, its name. A blank line
//! ends the index, and the files follow in that order. What lies before a file is unpacked on the way to it, so that
//! what files have in common is there once, and what is asked for most stands first.

use liblzma::read::XzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// More than a file, or the index, can have; only a damaged build of this program gets there.
const MAX_FILE: u64 = 64 << 20;

/// A pack that is being read, file by file.
pub struct Pack {
    stream: BufReader<XzDecoder<&'static [u8]>>,
    files: std::vec::IntoIter<(u64, String)>,
}

impl Pack {
    /// Reads the index.
    ///
    /// # Errors
    /// It is no pack.
    pub fn open(packed: &'static [u8]) -> io::Result<Pack> {
        let mut stream = BufReader::with_capacity(1 << 16, XzDecoder::new(packed));
        let mut files = Vec::new();
        loop {
            let mut line = String::new();
            stream.by_ref().take(MAX_FILE).read_line(&mut line)?;
            match line.trim_end_matches('\n').split_once('\t') {
                Some((length, name)) => {
                    files.push((length.parse().map_err(io::Error::other)?, name.to_owned()));
                }
                None if line == "\n" => break,
                None => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(Pack { stream, files: files.into_iter() })
    }

    /// The names of the files that are still to come.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.as_slice().iter().map(|(_, name)| name.as_str())
    }

    /// The next file that has one of the names that are `wanted`; `None` at the end.
    ///
    /// # Errors
    /// The pack ends early or is damaged.
    pub fn next_of(&mut self, wanted: impl Fn(&str) -> bool) -> io::Result<Option<(String, Vec<u8>)>> {
        for (length, name) in self.files.by_ref() {
            if !wanted(&name) {
                io::copy(&mut self.stream.by_ref().take(length), &mut io::sink())?;
                continue;
            }
            let mut bytes = Vec::with_capacity(usize::try_from(length.min(MAX_FILE)).unwrap_or(0));
            self.stream.by_ref().take(length.min(MAX_FILE)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(Some((name, bytes)));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(text: &str) -> &'static [u8] {
        let mut packer = liblzma::write::XzEncoder::new(Vec::new(), 0);
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap().leak()
    }

    #[test]
    fn files_are_found_by_name_and_in_order() {
        let bytes = packed("3\tone\n0\tnone\n4\ttwo\n\nabcdefg");
        let mut pack = Pack::open(bytes).unwrap();
        assert_eq!(pack.names().collect::<Vec<_>>(), ["one", "none", "two"]);
        assert_eq!(pack.next_of(|_| true).unwrap(), Some(("one".to_owned(), b"abc".to_vec())));
        assert_eq!(pack.next_of(|name| name == "two").unwrap(), Some(("two".to_owned(), b"defg".to_vec())));
        assert_eq!(pack.next_of(|_| true).unwrap(), None);
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let kind = |error: io::Error| error.kind();
        assert_eq!(Pack::open(packed("no index")).err().map(kind), Some(io::ErrorKind::InvalidData));
        assert!(Pack::open(packed("many\tone\n\nabc")).is_err());
        assert!(Pack::open(b"no pack").is_err());
        let mut short = Pack::open(packed("4\tone\n\nabc")).unwrap();
        assert_eq!(short.next_of(|_| true).err().map(kind), Some(io::ErrorKind::UnexpectedEof));
        let whole = packed("3\tone\n\nabc");
        let cut = Pack::open(&whole[..whole.len() / 2]).and_then(|mut cut| cut.next_of(|_| true));
        assert!(cut.is_err());
    }
}
