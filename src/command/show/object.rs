//! What is said of any object of the object manager: its type, header, counts and name.

use crate::debuggee::{Lack, Scope};
use crate::kernel::{FileObject, ObjectHeader, ObjectType, ObjectTypes, RegistryKey};
use crate::output::{Action, Cell, Field, Record};

/// What an object is.
pub struct Described<'s> {
    /// Its header.
    pub header: ObjectHeader<'s>,
    /// Its type.
    pub ty: Result<ObjectType<'s>, Lack>,
    /// The name of that.
    pub type_name: Result<String, Lack>,
}

impl<'s> Described<'s> {
    /// Looks at an object.
    ///
    /// # Errors
    /// Where no layout of the headers is at hand.
    pub fn new(
        scope: &'s Scope<'s>,
        types: &Result<ObjectTypes<'s>, Lack>,
        body: u64,
    ) -> Result<Described<'s>, Lack> {
        let header = ObjectHeader::of_body(scope, body)?;
        let ty = types.as_ref().map_err(Clone::clone).and_then(|types| types.of_object(&header));
        let type_name = ty.clone().and_then(|ty| ty.name());
        Ok(Described { header, ty, type_name })
    }

    /// Whether it is of a type, as far as that is known.
    pub fn is(&self, name: &str) -> bool {
        self.type_name.as_ref().is_ok_and(|known| known == name)
    }

    /// `Object: ffff...  Type: (ffff...) Process`, and the line of its header.
    pub fn heading(&self, body: u64) -> Record {
        let of_type = self.ty.as_ref().map(|ty| Field::Address(ty.address())).map_err(Clone::clone);
        let type_link = |at: u64| Action::object("nt!_OBJECT_TYPE", at);
        Record::new("object")
            .text("Object: ")
            .cell("address", Cell::new(Field::Address(body)).digits(16).link(self.link(body)))
            .text("  Type: (")
            .cell("type_address", Cell::new(of_type).digits(16).follow(type_link))
            .text(") ")
            .cell("type", Cell::new(self.type_name.clone()))
            .line("    ObjectHeader: ")
            .cell("header", header(self.header.address()))
            .text(" (new version)")
    }

    /// The line of its counts, indented as `!object` or as `!handle` does it, and that of its name if it has one.
    pub fn counts(&self, record: Record, indent: usize) -> Record {
        let record = record
            .line(" ".repeat(indent))
            .text("HandleCount: ")
            .cell("handle_count", self.header.handle_count())
            .text("  PointerCount: ")
            .cell("pointer_count", self.header.pointer_count());
        self.named(record, indent)
    }

    fn named(&self, record: Record, indent: usize) -> Record {
        let line = |record: Record, directory: Cell, name: Cell| {
            let record =
                record.line(" ".repeat(indent)).text("Directory Object: ").cell("directory", directory);
            record.text("  Name: ").cell("name", name)
        };
        match self.header.name_info() {
            Ok(info) => {
                let directory = self.header.directory().map(Field::Address);
                let follow = |at| Action::object("nt!_OBJECT_DIRECTORY", at);
                let name = info.field("Name").and_then(|name| name.text());
                line(record, Cell::new(directory).digits(8).follow(follow), Cell::new(name))
            }
            Err(Lack::Null { .. }) => match self.file_name().or_else(|| self.key_path()) {
                Some(name) => line(record, Cell::new(Field::Address(0)).digits(8), name),
                None => record,
            },
            Err(why) => line(record, Cell::new(Field::Address(0)).digits(8), Cell::new(Field::from(why))),
        }
    }

    /// A file's path and its device: `\Windows\bootstat.dat {HarddiskVolume4}`.
    fn file_name(&self) -> Option<Cell> {
        if !self.is("File") {
            return None;
        }
        let scope = self.header.object().scope();
        let file = self.header.body().and_then(|body| FileObject::at(scope, body));
        let name = file.clone().and_then(|file| file.file_name());
        let device = file.and_then(|file| file.device_name()).unwrap_or_default();
        if device.is_empty() && name.as_ref().is_ok_and(String::is_empty) {
            return None;
        }
        let spelled = name.as_ref().map_or(String::new(), |name| match device.as_str() {
            "" => name.clone(),
            device => format!("{name} {{{device}}}"),
        });
        Some(Cell::new(name.map(|_| spelled)))
    }

    /// A registry key's path.
    fn key_path(&self) -> Option<Cell> {
        let scope = self.header.object().scope();
        let path = || RegistryKey::at(scope, self.header.body()?)?.path();
        self.is("Key").then(|| Cell::new(path()))
    }

    /// What shows it best.
    pub fn link(&self, body: u64) -> Action {
        match &self.type_name {
            Ok(name) => Action::of_object(name, body),
            Err(_) => Action::Pointers(body),
        }
    }
}

/// The address of a header, which leads to its members.
fn header(at: u64) -> Cell {
    Cell::new(Field::Address(at)).digits(16).link(Action::object("nt!_OBJECT_HEADER", at))
}
