//! OBJECT_DIRECTORY: the names of the object manager.

use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Link, Object, Scope};
use crate::memory::Memory;
use crate::util::links::Broken;

/// A directory of named objects.
#[derive(Clone)]
pub struct ObjectDirectory<'s>(Object<'s>);

/// An object's place in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The hash bucket.
    pub bucket: u64,
    /// Address of the object's body.
    pub object: u64,
}

/// More buckets than the 37 that every Windows has had, in case one day there are.
const MOST_BUCKETS: u64 = 1024;

impl<'s> ObjectDirectory<'s> {
    /// The directory at an address.
    ///
    /// # Errors
    /// Where no layout of `_OBJECT_DIRECTORY` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<ObjectDirectory<'s>, Lack> {
        scope.object("nt!_OBJECT_DIRECTORY", address).map(ObjectDirectory)
    }

    /// The directory `\`.
    ///
    /// # Errors
    /// nt!ObpRootDirectoryObject is not known, or cannot be read.
    pub fn root(scope: &'s Scope<'s>) -> Result<ObjectDirectory<'s>, Lack> {
        let name = "nt!ObpRootDirectoryObject";
        let (at, _) = scope.target().variable(name).ok_or_else(|| Lack::NoName { name: name.to_owned() })?;
        let root = scope.memory().u64(at).map_err(|why| Lack::Unreadable { what: name.to_owned(), why })?;
        ObjectDirectory::at(scope, root)
    }

    /// Address of the directory object.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The objects in it, bucket by bucket; what is wrong with a bucket comes in its place.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn entries(&self) -> Result<impl Iterator<Item = Result<DirectoryEntry, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let buckets = self.0.field("HashBuckets")?;
        let entry = scope.object("nt!_OBJECT_DIRECTORY_ENTRY", 0)?;
        let (chain, object) = (entry.field("ChainLink")?.address(), entry.field("Object")?.address());
        let what = buckets.what();
        let of_bucket = move |(bucket, first): (u64, u64)| {
            let what = what.clone();
            let links = scope.chain(first, Link { offset: chain, size: 8, inner: 0 });
            links.map(move |link| match link {
                Ok(at) => match scope.memory().u64(at.wrapping_add(object)) {
                    Ok(object) => Ok(DirectoryEntry { bucket, object }),
                    Err(why) => Err(Lack::Unreadable { what: format!("bucket {bucket} of {what}"), why }),
                },
                Err(Broken::Stopped) => Err(Lack::Stopped),
                Err(why) => Err(Lack::List { what: format!("bucket {bucket} of {what}"), why }),
            })
        };
        let firsts: Result<Vec<(u64, u64)>, Lack> = (0..MOST_BUCKETS)
            .map_while(|bucket| Some((bucket, buckets.index(bucket).ok()?)))
            .map(|(bucket, slot)| Ok((bucket, slot.u64()?)))
            .collect();
        Ok(firsts?.into_iter().flat_map(of_bucket))
    }

    /// The object in it that has a name; letters match in either case.
    ///
    /// # Errors
    /// [`Lack::NoName`] where there is none and the whole directory could be read; else what could not be read.
    pub fn child(&self, name: &str) -> Result<u64, Lack> {
        let scope = self.0.scope();
        let mut unread = None;
        for entry in self.entries()? {
            let found = entry.and_then(|entry| {
                let header = ObjectHeader::of_body(scope, entry.object)?;
                Ok((entry.object, header.name()?))
            });
            match found {
                Ok((object, known)) if known.eq_ignore_ascii_case(name) => return Ok(object),
                Ok(_) => {}
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(why) => unread = Some(why),
            }
        }
        Err(unread.unwrap_or_else(|| Lack::NoName { name: format!("the object '{name}'") }))
    }

    /// The object at a path from `\`.
    ///
    /// # Errors
    /// As [`ObjectDirectory::child`], for the first part that is not found.
    pub fn find(scope: &'s Scope<'s>, path: &str) -> Result<u64, Lack> {
        let root = ObjectDirectory::root(scope)?;
        path.split('\\')
            .filter(|part| !part.is_empty())
            .try_fold(root.address(), |at, part| ObjectDirectory::at(scope, at)?.child(part))
    }
}
