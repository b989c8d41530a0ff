//! OBJECT_TYPE, and the table by which a header names its own.

use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// A type of objects: `Process`, `File`.
#[derive(Clone)]
pub struct ObjectType<'s>(Object<'s>);

impl<'s> ObjectType<'s> {
    /// The type whose OBJECT_TYPE lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_OBJECT_TYPE` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<ObjectType<'s>, Lack> {
        scope.object("nt!_OBJECT_TYPE", address).map(ObjectType)
    }

    /// Address of the OBJECT_TYPE.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its name.
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("Name")?.text()
    }

    /// Its place in the table of types.
    pub fn index(&self) -> Result<u64, Lack> {
        self.0.field("Index")?.u64()
    }

    /// The pool tag of its objects, as a number.
    pub fn pool_tag(&self) -> Result<u64, Lack> {
        self.0.field("Key")?.u64()
    }

    /// Address of the head of the list of those who are asked when a handle to such an object is made.
    pub fn callback_list(&self) -> Result<u64, Lack> {
        Ok(self.0.field("CallbackList")?.address())
    }
}

/// The table of types, and how headers refer to it.
#[derive(Clone)]
pub struct ObjectTypes<'s> {
    scope: &'s Scope<'s>,
    /// Address of the array of pointers.
    table: u64,
    key: Key,
}

/// How a header's type index is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// As it is: before Windows 10.
    Plain,
    /// Exclusive-or with this byte and the second byte of the header's address (nt!ObHeaderCookie).
    Cookie(u64),
}

/// The first slot of the table that holds a type: that of types themselves.
const FIRST: u64 = 2;
/// More types than any Windows has.
const MOST: u64 = 256;

impl<'s> ObjectTypes<'s> {
    /// The table of the target's kernel.
    ///
    /// The type of types (nt!ObpTypeObjectType) has a header like all others, and says its own index: so the key follows
    /// from it, and the next type tells which form the index has. Without symbols the table is found as the place in the
    /// kernel's data where that type and the next stand in their slots.
    ///
    /// # Errors
    /// The type of types is not known, or the two contradict each other.
    pub fn of(scope: &'s Scope<'s>) -> Result<ObjectTypes<'s>, Lack> {
        let name = "nt!ObpTypeObjectType";
        let lack = || Lack::NoName { name: name.to_owned() };
        let (variable, _) = scope.target().variable(name).ok_or_else(lack)?;
        let read = |at: u64| {
            let what = || format!("the pointer at {at:x}");
            scope.memory().u64(at).map_err(|why| Lack::Unreadable { what: what(), why })
        };
        let first = ObjectType::at(scope, read(variable)?)?;
        let table = match scope.target().variable("nt!ObTypeIndexTable") {
            Some((table, _)) => table,
            None => search(scope, &first)?,
        };
        let second = ObjectType::at(scope, read(table.wrapping_add((FIRST + 1) * 8))?)?;
        let stored = |ty: &ObjectType<'s>| {
            let header = ObjectHeader::of_body(scope, ty.address())?;
            Ok::<_, Lack>((header.address() >> 8 & 0xff, header.stored_type_index()?))
        };
        let (address, index) = stored(&first)?;
        let (other_address, other_index) = stored(&second)?;
        // Both are types, so both headers hold the index of the type of types.
        let wanted = first.index()?;
        let cookie = address ^ index ^ wanted;
        let key = match () {
            () if other_address ^ other_index ^ wanted == cookie
                && (index, other_index) != (wanted, wanted) =>
            {
                Key::Cookie(cookie)
            }
            () if (index, other_index) == (wanted, wanted) => Key::Plain,
            () => {
                return Err(Lack::Shape {
                    what: "the header of the type of types".to_owned(),
                    wanted: "header",
                });
            }
        };
        Ok(ObjectTypes { scope, table, key })
    }

    /// All types; what could not be read comes last.
    pub fn all(&self) -> impl Iterator<Item = Result<ObjectType<'s>, Lack>> + use<'s> {
        let (scope, table) = (self.scope, self.table);
        let mut lost = false;
        (FIRST..MOST).map_while(move |index| {
            if lost {
                return None;
            }
            let what = || format!("slot {index:#x} of the table of object types");
            match scope.memory().u64(table.wrapping_add(index * 8)) {
                Ok(0) => None,
                Ok(address) => Some(ObjectType::at(scope, address)),
                Err(why) => {
                    lost = true;
                    Some(Err(Lack::Unreadable { what: what(), why }))
                }
            }
        })
    }

    /// The type of an object.
    ///
    /// # Errors
    /// The header cannot be read, or no type has its index: it is no object.
    pub fn of_object(&self, header: &ObjectHeader<'s>) -> Result<ObjectType<'s>, Lack> {
        let stored = header.stored_type_index()?;
        let index = match self.key {
            Key::Plain => stored,
            Key::Cookie(cookie) => stored ^ cookie ^ (header.address() >> 8 & 0xff),
        };
        let shape = || Lack::Shape {
            what: format!("type index {index:#x} of the header at {:016x}", header.address()),
            wanted: "object type",
        };
        if !(FIRST..MOST).contains(&index) {
            return Err(shape());
        }
        let slot = self.table.wrapping_add(index * 8);
        let what = || format!("slot {index:#x} of the table of object types");
        let address = self.scope.memory().u64(slot).map_err(|why| Lack::Unreadable { what: what(), why })?;
        let ty = ObjectType::at(self.scope, address)?;
        if address == 0 || ty.index()? != index {
            return Err(shape());
        }
        Ok(ty)
    }
}

/// Where in the kernel's data the table lies: the type of types stands in its slot there, and the slot after it points to
/// a type that says that it belongs there.
fn search(scope: &Scope<'_>, first: &ObjectType<'_>) -> Result<u64, Lack> {
    let unknown = || Lack::NoName { name: "nt!ObTypeIndexTable".to_owned() };
    let kernel = scope.target().modules().named("nt").ok_or_else(unknown)?;
    let wanted = first.address().to_le_bytes();
    let end = kernel.base.saturating_add(kernel.size);
    let mut page = vec![0u8; PAGE];
    for at in (kernel.base..end).step_by(PAGE) {
        scope.check()?;
        // A page that is not in the dump holds nothing to find.
        if scope.memory().read(at, &mut page).is_err() {
            continue;
        }
        let slots = page.chunks_exact(8).zip((at..).step_by(8)).filter(|(slot, _)| *slot == wanted);
        for (_, slot) in slots {
            let next =
                scope.memory().u64(slot.wrapping_add(8)).ok().and_then(|at| ObjectType::at(scope, at).ok());
            if next.and_then(|ty| ty.index().ok()) == Some(FIRST + 1) {
                return Ok(slot.wrapping_sub(FIRST * 8));
            }
        }
    }
    Err(unknown())
}

const PAGE: usize = 0x1000;
