//! Objects by the name of their type, and variables.

use super::lack::Lack;
use super::object::Object;
use super::place::Place;
use super::scope::Scope;
use crate::debuggee::FoundType;
use crate::memory::Memory;

impl Scope<'_> {
    /// The object of a type at an address. Nothing is read yet.
    ///
    /// # Errors
    /// As [`Scope::find_type`].
    pub fn object(&self, ty: &str, address: u64) -> Result<Object<'_>, Lack> {
        Ok(self.object_of(self.find_type(ty)?, address))
    }

    /// The object of a type that was found before.
    pub fn object_of(&self, found: FoundType, address: u64) -> Object<'_> {
        self.object_in(found, Place::memory(address))
    }

    /// The object of a type, wherever its bytes lie.
    pub fn object_in(&self, found: FoundType, place: Place) -> Object<'_> {
        Object::new(self, found.source, found.id, place)
    }

    /// A variable, with the type that its symbol has.
    ///
    /// # Errors
    /// No such variable, or its symbols do not tell its type.
    pub fn global(&self, name: &str) -> Result<Object<'_>, Lack> {
        match self.target().variable(name) {
            Some((address, Some(ty))) => Ok(self.object_of(ty, address)),
            Some((_, None)) => Err(Lack::NoName { name: format!("the type of {name}") }),
            None => Err(Lack::NoName { name: name.to_owned() }),
        }
    }

    /// A variable whose type is known beforehand: public symbols tell addresses only, and the debugger data block
    /// answers for some variables where there are no symbols.
    ///
    /// # Errors
    /// No such variable or no such type.
    pub fn global_of(&self, name: &str, ty: &str) -> Result<Object<'_>, Lack> {
        let (address, _) =
            self.target().variable(name).ok_or_else(|| Lack::NoName { name: name.to_owned() })?;
        self.object(ty, address)
    }

    /// The pointer, or the number of 64 bits, that a variable holds.
    ///
    /// # Errors
    /// No such variable; it cannot be read.
    pub fn pointer_of(&self, name: &str) -> Result<u64, Lack> {
        let (address, _) =
            self.target().variable(name).ok_or_else(|| Lack::NoName { name: name.to_owned() })?;
        self.memory().u64(address).map_err(|why| Lack::Unreadable { what: name.to_owned(), why })
    }
}
