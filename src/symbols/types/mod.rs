//! The one data model of types, whatever source they come from.

pub mod base;
pub mod format;
pub mod layout;
pub mod table;

use std::fmt;
use std::sync::Arc;

pub use base::{Base, BaseKind};
use table::TypeTable;

use crate::symbols::wildcard::Wildcard;
use crate::util::bits::low;

/// A type of one source. Ids of different sources have nothing to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A type. Cloning is cheap: what is large is shared.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// An integer, a character, `void` ...
    Base(Base),
    /// A pointer or a C++ reference.
    Pointer {
        /// What it points to.
        target: TypeId,
        /// Its size in bytes: 8, or 4 in 32-bit structures.
        size: u8,
        /// Whether it is a C++ reference.
        reference: bool,
    },
    /// An array.
    Array {
        /// The type of an element.
        element: TypeId,
        /// How many elements there are.
        count: u64,
        /// The size of it all in bytes.
        size: u64,
    },
    /// Some bits of an integer.
    Bitfield {
        /// The integer.
        base: TypeId,
        /// The lowest bit.
        position: u8,
        /// How many bits.
        length: u8,
    },
    /// A structure, class or union.
    Udt(Arc<Udt>),
    /// An enumeration.
    Enum(Arc<Enum>),
    /// A function.
    Function(Arc<Function>),
}

/// The kind of a structured type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UdtKind {
    /// `struct`.
    Struct,
    /// `class`.
    Class,
    /// `union`.
    Union,
    /// `__interface`.
    Interface,
}

impl UdtKind {
    /// The C++ keyword.
    pub fn word(self) -> &'static str {
        match self {
            UdtKind::Struct => "struct",
            UdtKind::Class => "class",
            UdtKind::Union => "union",
            UdtKind::Interface => "__interface",
        }
    }
}

/// A structure, class or union.
#[derive(Debug, Clone, PartialEq)]
pub struct Udt {
    /// Which of them.
    pub kind: UdtKind,
    /// Its name; `<unnamed-tag>` or similar where the source has none.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many elements the compiler counted, methods and nested types included.
    pub elements: u32,
    /// False where the source only declares the type: size and members are then unknown.
    pub complete: bool,
    /// Data members in the source's order.
    pub fields: Vec<Field>,
    /// Direct base classes.
    pub bases: Vec<BaseClass>,
    /// Static data members.
    pub statics: Vec<StaticField>,
    /// Methods, an overload each.
    pub methods: Vec<Method>,
}

/// The name that the debugger gives to the pointer to a class's table of virtual functions; its lines are not padded.
pub const TABLE_POINTER: &str = "__VFN_table";

/// A data member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; empty for an anonymous structure or union.
    pub name: String,
    /// Its offset in bytes.
    pub offset: u64,
    /// Its type; a [`Type::Bitfield`] for a bit-field.
    pub ty: TypeId,
}

/// A base class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseClass {
    /// The class.
    pub ty: TypeId,
    /// Its offset in bytes; for a virtual base the offset of the pointer to the table that tells.
    pub offset: u64,
    /// Whether it is a virtual base, of this class or of one of its bases.
    pub is_virtual: bool,
    /// For a virtual base: its entry in that table, which holds four bytes for each.
    pub entry: u64,
}

/// A static data member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticField {
    /// Its name without the class.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its name without the class.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Whether it is virtual.
    pub is_virtual: bool,
    /// Whether it is static.
    pub is_static: bool,
    /// Its offset in bytes in the table of virtual functions, where this class introduces it.
    pub slot: Option<u32>,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// The integer that holds it.
    pub base: TypeId,
    /// Its size in bytes.
    pub size: u8,
    /// False where the source only declares the type.
    pub complete: bool,
    /// Names and values in the source's order.
    pub values: Vec<(String, i64)>,
}

impl Enum {
    /// The name of the enumerator with this value: as many of its bits count as the enumeration has.
    pub fn name_of(&self, raw: u64) -> Option<&str> {
        let bits = u32::from(self.size) * 8;
        let same = |(_, known): &&(String, i64)| low(known.cast_unsigned(), bits) == low(raw, bits);
        self.values.iter().find(same).map(|(name, _)| name.as_str())
    }
}

/// A function's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// What it returns.
    pub result: TypeId,
    /// Its parameters, without `this`.
    pub parameters: Vec<TypeId>,
    /// The class it is a method of.
    pub class: Option<TypeId>,
}

/// How well a source's layouts fit the module in the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exactness {
    /// They are those of this very build.
    Exact,
    /// They are built in, those of this very build, named here.
    BuiltIn(String),
    /// They are built in, those of another build, named here.
    Nearest(String),
}

/// Something that knows types.
pub trait TypeSource: Send + Sync {
    /// The table of a source that keeps all types in one: it answers the three questions below.
    fn type_table(&self) -> Option<&TypeTable> {
        None
    }

    /// The type of that name: structures, unions, enumerations, type definitions. Exact case first, then any case.
    fn find(&self, name: &str) -> Option<TypeId> {
        self.type_table()?.find(name)
    }

    /// The type of that id, forward references resolved. `None` where the id is unknown or its record is damaged.
    fn get(&self, id: TypeId) -> Option<Type> {
        self.type_table()?.get(id)
    }

    /// Names of structures, unions and enumerations that match, in the source's order, each once.
    fn type_names(&self, pattern: &Wildcard) -> Vec<String> {
        self.type_table().map(|table| table.names(pattern)).unwrap_or_default()
    }

    /// The source in words: `private PDB`, `built-in layout of 10.0.19041.1288`.
    fn type_origin(&self) -> String;

    /// Whether the layouts are of the module's own build.
    fn exactness(&self) -> Exactness {
        Exactness::Exact
    }

    /// What has to be said of a type beside where it comes from: members that were moved or left out.
    fn remarks(&self, _id: TypeId) -> Vec<String> {
        Vec::new()
    }

    /// The size in bytes of a type; 0 for functions and `void`.
    fn size_of(&self, id: TypeId) -> Option<u64> {
        Some(match self.get(id)? {
            Type::Base(base) => u64::from(base.size),
            Type::Pointer { size, .. } => u64::from(size),
            Type::Array { size, .. } => size,
            Type::Bitfield { base, .. } => match self.get(base)? {
                Type::Base(base) => u64::from(base.size),
                Type::Enum(e) => u64::from(e.size),
                _ => return None,
            },
            Type::Udt(udt) => udt.complete.then_some(udt.size)?,
            Type::Enum(e) => u64::from(e.size),
            Type::Function(_) => 0,
        })
    }
}

impl fmt::Debug for dyn TypeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeSource({})", self.type_origin())
    }
}
