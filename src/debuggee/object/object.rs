//! A value of a type at an address.

use super::lack::Lack;
use super::paths::{Member, scalar_of};
use super::place::{Place, Store};
use super::scope::Scope;
use crate::memory::{Memory, ReadError};
use crate::symbols::types::{Base, BaseKind, Type, TypeId, TypeSource};
use crate::util::bits::bits_of;
use crate::util::bounded;
use crate::util::hex::tick;
use std::rc::Rc;
use std::sync::Arc;

/// The longest text that is read from memory, in bytes.
const MAX_TEXT: usize = 0x1_0000;
/// Bits of an EX_FAST_REF that count references (`_EX_FAST_REF.RefCnt`, four bits on x64).
const FAST_REF_BITS: u64 = 0xf;

/// Something of the target's: it knows its type, where it lies and whose memory that is. Making one reads nothing.
#[derive(Clone)]
pub struct Object<'s> {
    scope: &'s Scope<'s>,
    source: Arc<dyn TypeSource>,
    id: TypeId,
    place: Place,
    bits: Option<(u8, u8)>,
    /// The object that this is a member of, so that errors can say which member of what it is.
    owner: Option<(TypeId, u64, Rc<Member>)>,
}

impl<'s> Object<'s> {
    pub(super) fn new(
        scope: &'s Scope<'_>,
        source: Arc<dyn TypeSource>,
        id: TypeId,
        place: Place,
    ) -> Object<'s> {
        Object { scope, source, id, place, bits: None, owner: None }
    }

    /// The scope that it is read in.
    pub fn scope(&self) -> &'s Scope<'s> {
        self.scope
    }

    /// Where it lies; of a bit-field, where the integer lies that holds it. What is not in memory has a place only.
    pub fn address(&self) -> u64 {
        self.place.at
    }

    /// What holds its bytes, and where there.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Of a bit-field, where it begins in the integer and how many bits it has.
    pub fn bits(&self) -> Option<(u8, u8)> {
        self.bits
    }

    /// Its type: of a bit-field, that of the integer.
    pub fn ty(&self) -> Option<Type> {
        self.source.get(self.id)
    }

    /// The types that its own is one of.
    pub fn types(&self) -> &Arc<dyn TypeSource> {
        &self.source
    }

    /// Its type's id there.
    pub fn type_id(&self) -> TypeId {
        self.id
    }

    /// Its type's name.
    pub fn type_name(&self) -> String {
        name_of(&*self.source, self.id)
    }

    /// Its size in bytes, where the source knows it.
    pub fn size(&self) -> Option<u64> {
        self.source.size_of(self.id)
    }

    /// What it is, for messages: `_EPROCESS.Peb of ffff8000'00000000`.
    pub fn what(&self) -> String {
        match &self.owner {
            Some((ty, address, member)) => {
                format!("{}.{} of {}", name_of(&*self.source, *ty), member.path, tick(*address))
            }
            None => match self.place.store {
                Store::Memory => format!("{} at {}", self.type_name(), tick(self.place.at)),
                Store::Physical => format!("{} at physical {:#x}", self.type_name(), self.place.at),
                Store::Held(_) => self.type_name(),
            },
        }
    }

    fn at(&self, id: TypeId, place: Place) -> Object<'s> {
        Object { id, place, bits: None, owner: None, ..self.clone() }
    }

    /// The same type at another address in memory.
    pub fn moved_to(&self, address: u64) -> Object<'s> {
        Object { place: Place::memory(address), owner: None, ..self.clone() }
    }

    fn unreadable(&self, why: ReadError) -> Lack {
        Lack::Unreadable { what: self.what(), why }
    }

    fn shape(&self, wanted: &'static str) -> Lack {
        Lack::Shape { what: self.what(), wanted }
    }

    fn member(&self, path: &str) -> Option<Object<'s>> {
        let member = self.scope.paths.member(&self.source, self.id, path)?;
        Some(Object {
            scope: self.scope,
            source: Arc::clone(&self.source),
            id: member.at.ty,
            place: self.place.plus(member.at.offset),
            bits: member.at.bits,
            owner: Some((self.id, self.place.at, member)),
        })
    }

    /// The member at a dotted path: `Pcb.Header.Type`, `DpcData[0].DpcQueueDepth`. Pointers are not followed.
    ///
    /// # Errors
    /// [`Lack::NoMember`].
    pub fn field(&self, path: &str) -> Result<Object<'s>, Lack> {
        self.first_of(&[path])
    }

    /// The first of these members that the type has: Windows renames members; the newest name stands first.
    ///
    /// # Errors
    /// [`Lack::NoMember`] with all that were tried.
    pub fn first_of(&self, paths: &[&str]) -> Result<Object<'s>, Lack> {
        paths.iter().find_map(|path| self.member(path)).ok_or_else(|| Lack::NoMember {
            ty: self.type_name(),
            tried: paths.iter().map(|&path| path.to_owned()).collect(),
        })
    }

    /// Whether its type has a member.
    pub fn has(&self, path: &str) -> bool {
        self.member(path).is_some()
    }

    /// Its bytes, `cap` at most.
    ///
    /// # Errors
    /// [`Lack::Unreadable`]; [`Lack::Shape`] where its size is not known.
    pub fn bytes(&self, cap: usize) -> Result<Vec<u8>, Lack> {
        let size = self.size().and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| self.shape("type of a known size"))?;
        let mut bytes = vec![0; size.min(cap)];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    /// Itself, if all its bytes can be read; those of something very large are not tried.
    ///
    /// # Errors
    /// As [`Object::bytes`].
    pub fn readable(self) -> Result<Object<'s>, Lack> {
        if self.size().is_none_or(|size| size == 0 || size > MAX_TEXT as u64) {
            return Err(self.shape("type of a size that is read"));
        }
        self.bytes(MAX_TEXT)?;
        Ok(self)
    }

    /// Fills the buffer with its bytes and what lies behind them.
    fn read(&self, buffer: &mut [u8]) -> Result<(), Lack> {
        let read = self.place.read(self.scope.memory(), self.scope.target().physical(), buffer);
        read.map_err(|why| self.unreadable(why))
    }

    /// The integer that it is read as.
    fn scalar(&self) -> Result<Base, Lack> {
        let known = match &self.owner {
            Some((_, _, member)) => member.scalar,
            None => scalar_of(&*self.source, self.id),
        };
        known.ok_or_else(|| self.shape("number"))
    }

    /// The value of an integer, a pointer, an enumeration or a bit-field, zero extended. A structure of 1, 2, 4 or 8
    /// bytes reads as one integer.
    ///
    /// # Errors
    /// [`Lack::Unreadable`], [`Lack::Shape`].
    pub fn u64(&self) -> Result<u64, Lack> {
        let raw = self.raw(self.scalar()?.size)?;
        Ok(self.bits.map_or(raw, |(position, length)| bits_of(raw, position, length)))
    }

    fn raw(&self, size: u8) -> Result<u64, Lack> {
        let raw = self.place.uint(self.scope.memory(), self.scope.target().physical(), usize::from(size));
        raw.map_err(|why| self.unreadable(why))
    }

    /// The same with the sign that its type has.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn i64(&self) -> Result<i64, Lack> {
        let base = self.scalar()?;
        Ok(base.number(self.raw(base.size)?, self.bits).cast_signed())
    }

    /// The value of a floating-point number.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn f64(&self) -> Result<f64, Lack> {
        match self.ty() {
            Some(Type::Base(Base { kind: BaseKind::Float, size: 8 })) => Ok(f64::from_bits(self.raw(8)?)),
            Some(Type::Base(Base { kind: BaseKind::Float, size: 4 })) => {
                let low = self.raw(4)? & u64::from(u32::MAX);
                Ok(f64::from(f32::from_bits(u32::try_from(low).unwrap_or_default())))
            }
            _ => Err(self.shape("floating-point number")),
        }
    }

    /// Whether it is anything but zero.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn is_set(&self) -> Result<bool, Lack> {
        Ok(self.u64()? != 0)
    }

    /// The name of its enumerator; `None` for a value that has none.
    ///
    /// # Errors
    /// As [`Object::u64`]; [`Lack::Shape`] where it is no enumeration.
    pub fn enum_name(&self) -> Result<Option<String>, Lack> {
        let Some(Type::Enum(found)) = self.ty() else {
            return Err(self.shape("enumeration"));
        };
        Ok(found.name_of(self.u64()?).map(str::to_owned))
    }

    /// Its value, and the enumerators that are single bits of it; bits without one as a number.
    ///
    /// # Errors
    /// As [`Object::u64`]. What is no enumeration has no names.
    pub fn flag_names(&self) -> Result<(u64, Vec<String>), Lack> {
        let value = self.u64()?;
        let Some(Type::Enum(found)) = self.ty() else { return Ok((value, Vec::new())) };
        let (mut names, mut rest) = (Vec::new(), value);
        for bit in (0..u64::BITS).map(|bit| 1u64 << bit).filter(|bit| value & bit != 0) {
            if let Some(name) = found.name_of(bit) {
                names.push(name.to_owned());
                rest &= !bit;
            }
        }
        if rest != 0 {
            names.push(format!("{rest:#x}"));
        }
        Ok((value, names))
    }

    /// What it points to.
    ///
    /// # Errors
    /// [`Lack::Null`], [`Lack::Shape`] where it is no pointer, [`Lack::Unreadable`].
    pub fn pointee(&self) -> Result<Object<'s>, Lack> {
        let Some(Type::Pointer { target, .. }) = self.ty() else {
            return Err(self.shape("pointer"));
        };
        Ok(self.at(target, Place::memory(self.target_address()?)))
    }

    /// What it points to, as an object of another type: pointers to void, and layouts that know pointers only by size.
    ///
    /// # Errors
    /// As [`Object::pointee`]; the type is not known.
    pub fn pointee_as(&self, ty: &str) -> Result<Object<'s>, Lack> {
        self.scope.object(ty, self.target_address()?)
    }

    fn target_address(&self) -> Result<u64, Lack> {
        match self.u64()? {
            0 => Err(Lack::Null { what: self.what() }),
            address => Ok(address),
        }
    }

    /// The object that an EX_FAST_REF refers to, without the references counted in its low bits.
    ///
    /// # Errors
    /// As [`Object::pointee_as`].
    pub fn fast_ref(&self, ty: &str) -> Result<Object<'s>, Lack> {
        match self.u64()? & !FAST_REF_BITS {
            0 => Err(Lack::Null { what: self.what() }),
            address => self.scope.object(ty, address),
        }
    }

    /// Element `index` of an array; of a pointer, the element that follows what it points to by as many.
    ///
    /// # Errors
    /// [`Lack::Shape`] where it is neither, or the array is shorter.
    pub fn index(&self, index: u64) -> Result<Object<'s>, Lack> {
        let (element, start) = match self.ty() {
            Some(Type::Array { element, count, .. }) if index < count => (element, self.place.clone()),
            Some(Type::Array { .. }) => return Err(self.shape("array of so many elements")),
            Some(Type::Pointer { target, .. }) => (target, Place::memory(self.target_address()?)),
            _ => return Err(self.shape("array")),
        };
        let size = self.source.size_of(element).filter(|&size| size > 0);
        let size = size.ok_or_else(|| self.shape("array of elements of a known size"))?;
        Ok(self.at(element, start.plus(index.wrapping_mul(size))))
    }

    /// The structure of type `ty` of which the thing at this address is the member `path` (CONTAINING_RECORD).
    ///
    /// # Errors
    /// No such type or member.
    pub fn container(&self, ty: &str, path: &str) -> Result<Object<'s>, Lack> {
        let outer = self.scope.object(ty, 0)?;
        let offset = outer.field(path)?.address();
        Ok(Object { place: self.place.plus(offset.wrapping_neg()), ..outer })
    }

    /// Text: an array of characters up to its terminator, or what a pointer to characters points to. What is no text
    /// in its encoding shows as replacement characters.
    ///
    /// # Errors
    /// [`Lack::Shape`] where it is no text, [`Lack::Null`], [`Lack::Unreadable`].
    pub fn text(&self) -> Result<String, Lack> {
        let (element, place, most) = match self.ty() {
            Some(Type::Array { element, size, .. }) => {
                (element, self.place.clone(), usize::try_from(size).unwrap_or(MAX_TEXT).min(MAX_TEXT))
            }
            Some(Type::Pointer { target, .. }) => (target, Place::memory(self.target_address()?), MAX_TEXT),
            Some(Type::Udt(_)) if self.has("Buffer") && self.has("Length") => return self.counted_text(),
            _ => return Err(self.shape("text")),
        };
        let wide = match self.source.get(element) {
            Some(Type::Base(base)) if base.kind == BaseKind::Wchar => true,
            Some(Type::Base(base)) if base.size == 1 => false,
            _ => return Err(self.shape("text")),
        };
        let mut bytes = vec![0; most];
        let (read, why) = match place.address() {
            Some(address) => self.scope.memory().read_partial(address, &mut bytes),
            None => {
                let read = place.read(self.scope.memory(), self.scope.target().physical(), &mut bytes);
                (if read.is_ok() { most } else { 0 }, read.err())
            }
        };
        bytes.truncate(read);
        let unit = if wide { 2 } else { 1 };
        let end = bytes.chunks_exact(unit).position(|unit| unit.iter().all(|&byte| byte == 0));
        if let (None, Some(why)) = (end, why) {
            return Err(self.unreadable(why));
        }
        bytes.truncate(end.map_or(bytes.len(), |end| end * unit));
        Ok(decoded(&bytes, wide))
    }

    /// The text of a UNICODE_STRING or STRING.
    fn counted_text(&self) -> Result<String, Lack> {
        let length = usize::try_from(self.field("Length")?.u64()?).unwrap_or(0);
        let buffer = self.field("Buffer")?;
        if length == 0 {
            return Ok(String::new());
        }
        let address = buffer.target_address()?;
        let bytes = self.scope.memory().read_vec(address, length, MAX_TEXT);
        let bytes = bytes.map_err(|why| buffer.unreadable(why))?;
        let narrow = match buffer.ty() {
            Some(Type::Pointer { target, .. }) => self.source.size_of(target) == Some(1),
            _ => false,
        };
        Ok(decoded(&bytes, !narrow))
    }
}

fn decoded(bytes: &[u8], wide: bool) -> String {
    if wide { bounded::utf16_lossy(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
}

fn name_of(source: &dyn TypeSource, id: TypeId) -> String {
    match source.get(id) {
        Some(Type::Udt(udt)) => udt.name.clone(),
        Some(Type::Enum(found)) => found.name.clone(),
        Some(Type::Base(base)) => base.c_name().to_owned(),
        Some(Type::Pointer { target, .. }) => format!("{}*", name_of_target(source, target)),
        Some(Type::Array { .. }) => "array".to_owned(),
        _ => "value".to_owned(),
    }
}

/// Pointers to pointers may go round in a damaged file: one level is enough for a message.
fn name_of_target(source: &dyn TypeSource, id: TypeId) -> String {
    match source.get(id) {
        Some(Type::Pointer { .. }) | None => String::new(),
        _ => name_of(source, id),
    }
}
