//! NET_BUFFER_LIST and NET_BUFFER: the packets of network drivers.
//!
//! Both are public structures (nbl.h, nb.h of the driver kit), whose places on 64-bit Windows have not changed since NDIS 6.0:
//! where no symbols tell them they are read by those.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// Where members lie: name, offset, bytes.
type Places = [(&'static str, u64, u8)];

const LIST: &Places = &[
    ("Next", 0, 8),
    ("FirstNetBuffer", 8, 8),
    ("Context", 0x10, 8),
    ("ParentNetBufferList", 0x18, 8),
    ("NdisPoolHandle", 0x20, 8),
    ("SourceHandle", 0x78, 8),
    ("NblFlags", 0x80, 4),
    ("ChildRefCount", 0x84, 4),
    ("Flags", 0x88, 4),
    ("Status", 0x8c, 4),
];
const BUFFER: &Places = &[
    ("Next", 0, 8),
    ("CurrentMdl", 8, 8),
    ("CurrentMdlOffset", 0x10, 4),
    ("DataLength", 0x14, 4),
    ("MdlChain", 0x18, 8),
    ("DataOffset", 0x20, 4),
    ("NdisPoolHandle", 0x28, 8),
];

/// Modules whose symbols may describe them: NDIS itself, and drivers that were compiled with its headers.
const MODULES: [&str; 4] = ["ndis", "nwifi", "NETIO", "tcpip"];

/// A structure that is read by symbols, or by the public headers.
#[derive(Clone)]
struct Known<'s> {
    scope: &'s Scope<'s>,
    address: u64,
    object: Option<Object<'s>>,
    ty: &'static str,
    places: &'static Places,
}

impl<'s> Known<'s> {
    fn at(scope: &'s Scope<'s>, ty: &'static str, places: &'static Places, address: u64) -> Known<'s> {
        let object = MODULES.iter().find_map(|module| scope.object(&format!("{module}!{ty}"), address).ok());
        Known { scope, address, object, ty, places }
    }

    fn number(&self, member: &str) -> Result<u64, Lack> {
        if let Some(object) = self.object.as_ref().filter(|object| object.has(member)) {
            return object.field(member)?.u64();
        }
        let place = self.places.iter().find(|(name, ..)| *name == member);
        let lack = || Lack::NoMember { ty: self.ty.to_owned(), tried: vec![member.to_owned()] };
        let (_, offset, size) = place.ok_or_else(lack)?;
        let at = self.address.wrapping_add(*offset);
        let read = match size {
            4 => self.scope.memory().u32(at).map(u64::from),
            _ => self.scope.memory().u64(at),
        };
        let what = || format!("{}.{member} of {:016x}", self.ty, self.address);
        read.map_err(|why| Lack::Unreadable { what: what(), why })
    }
}

/// A list of packets' buffers. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct NetBufferList<'s>(Known<'s>);

/// A packet's buffer.
#[derive(Clone)]
pub struct NetBuffer<'s>(Known<'s>);

impl<'s> NetBufferList<'s> {
    /// The list at an address.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> NetBufferList<'s> {
        NetBufferList(Known::at(scope, "_NET_BUFFER_LIST", LIST, address))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address
    }

    /// Whether symbols tell its members; else the public headers do.
    pub fn is_typed(&self) -> bool {
        self.0.object.is_some()
    }

    /// A pointer or a number of its own: `SourceHandle`, `NblFlags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.number(member)
    }

    /// Its buffers; what is wrong with the chain comes last.
    ///
    /// # Errors
    /// The head of the chain cannot be read.
    pub fn buffers(&self) -> Result<impl Iterator<Item = Result<NetBuffer<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope;
        let next = move |at: u64| NetBuffer::at(scope, at).number("Next");
        let steps = scope.steps(self.number("FirstNetBuffer")?, "the net buffers", next);
        Ok(steps.map(move |at| at.map(|at| NetBuffer::at(scope, at))))
    }

    /// The lists behind it in its chain, by address; what is wrong with the chain comes last.
    ///
    /// # Errors
    /// Its link cannot be read.
    pub fn chain(&self) -> Result<impl Iterator<Item = Result<u64, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope;
        let next = move |at: u64| NetBufferList::at(scope, at).number("Next");
        Ok(scope.steps(self.number("Next")?, "the chain of net buffer lists", next))
    }
}

impl<'s> NetBuffer<'s> {
    /// The buffer at an address.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> NetBuffer<'s> {
        NetBuffer(Known::at(scope, "_NET_BUFFER", BUFFER, address))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address
    }

    /// A pointer or a number of its own: `DataLength`, `CurrentMdl` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.number(member)
    }

    /// The memory descriptor lists of its data: MDLs; what is wrong with the chain comes last.
    ///
    /// # Errors
    /// The head of the chain cannot be read.
    pub fn mdls(&self) -> Result<impl Iterator<Item = Result<Object<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope;
        let next = move |at: u64| scope.object("nt!_MDL", at)?.field("Next")?.u64();
        let steps = scope.steps(self.number("MdlChain")?, "the MDLs of the net buffer", next);
        Ok(steps.map(move |at| scope.object("nt!_MDL", at?)))
    }
}

/// NDIS_NBL_FLAGS_... of ndis.h and nblflags.h, without that beginning.
pub const NBL_FLAGS: &[(u64, &str)] = &[
    (0x1, "SEND_READ_ONLY"),
    (0x2, "RECV_READ_ONLY"),
    (0x100, "HD_SPLIT"),
    (0x200, "IS_IPV4"),
    (0x400, "IS_IPV6"),
    (0x800, "IS_TCP"),
    (0x1000, "IS_UDP"),
    (0x2000, "SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER"),
    (0x4000, "SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD"),
    (0x8000, "IS_LOOPBACK_PACKET"),
];
