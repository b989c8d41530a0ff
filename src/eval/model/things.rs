//! The lists that the dump itself has: processes, threads, modules, handles, frames, devices, arrays, linked structures.

use super::each::{More, Visit, lacking, numbered};
use super::error::ModelError;
use super::machine::Model;
use super::value::{FrameOf, HandleOf, Item, Native, Object, Value};
use crate::debuggee::{FoundType, Lack, Place};
use crate::eval::cxx::{CType, Typed};
use crate::kernel::{DeviceNode, HandleTable, Process, Processor, Thread, known_threads_of, stack};
use crate::session::DEFAULT_FRAMES;
use std::collections::HashSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

/// What stands for the key of an element of a list that has keys, where the dump does not tell it.
fn unknown(why: Lack) -> Result<Item, ModelError> {
    let why = Value::of(Err(why.into()))?;
    Ok(Item { key: Some(why.clone()), value: why })
}

/// A key that is a number.
fn key(number: Result<u64, Lack>) -> Result<Option<Value>, ModelError> {
    Value::of(number.map(Value::number).map_err(ModelError::from)).map(Some)
}

fn thread_item(thread: Result<Thread<'_>, Lack>) -> Result<Item, ModelError> {
    match thread {
        Ok(thread) => Ok(Item {
            key: key(thread.client_id().map(|id| id.thread))?,
            value: Value::Object(Object::Thread(thread.address())),
        }),
        Err(why) => unknown(why),
    }
}

impl Model<'_> {
    pub(super) fn processes(&self, visit: Visit<'_>) -> More {
        let scope = self.session.scope();
        let all = match Process::all(&scope) {
            Ok(all) => all,
            Err(why) => return visit(unknown(why)?),
        };
        let idle = Processor::all(&scope)
            .find_map(|(_, processor)| processor.ok()?.idle_thread().ok()?.process().ok())
            .and_then(|address| Process::at(&scope, address).ok())
            .filter(|process| process.id() == Ok(0));
        for process in idle.map(Ok).into_iter().chain(all) {
            let item = match process {
                Ok(process) => {
                    Item { key: key(process.id())?, value: Value::Object(Object::Process(process.address())) }
                }
                Err(why) => unknown(why)?,
            };
            if visit(item)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn threads(&self, process: u64, visit: Visit<'_>) -> More {
        let scope = self.session.scope();
        let threads = match Process::at(&scope, process).and_then(|process| known_threads_of(&process)) {
            Ok(threads) => threads,
            Err(why) => return visit(unknown(why)?),
        };
        let mut seen = HashSet::new();
        for thread in threads {
            if let Ok(thread) = &thread {
                seen.insert(thread.address());
            }
            if visit(thread_item(thread)?)?.is_break() {
                return Ok(Break(()));
            }
        }
        // The threads that processors run when there is nothing to do stand in no list.
        for (_, processor) in Processor::all(&scope) {
            let idle = processor.and_then(|processor| processor.idle_thread());
            let own = idle.ok().filter(|idle| idle.process() == Ok(process) && seen.insert(idle.address()));
            if let Some(idle) = own
                && visit(thread_item(Ok(idle))?)?.is_break()
            {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn modules(&self, process: u64, visit: Visit<'_>) -> More {
        let eyes = self.eyes(Some(process));
        let modules = eyes.scope().modules().iter().cloned();
        for (number, module) in (0..).zip(modules.collect::<Vec<_>>()) {
            if visit(numbered(number, Value::Object(Object::Module(Arc::new(module)))))?.is_break() {
                return Ok(Break(()));
            }
        }
        // Of a process that cannot be looked at the kernel's modules are not all.
        if eyes.scope().process() != Some(process) && !self.session.target.sees(process) {
            let scope = self.session.scope();
            if let Err(why) = scope.of_process(process).map(drop) {
                return visit(unknown(why)?);
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn handles(&self, process: u64, visit: Visit<'_>) -> More {
        let scope = self.session.scope();
        let entries = match Process::at(&scope, process).and_then(|process| process.handle_table()) {
            Ok(0) => return Ok(Continue(())),
            Ok(table) => HandleTable::at(&scope, table).and_then(|table| table.entries()),
            Err(why) => Err(why),
        };
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => return visit(unknown(why)?),
        };
        for entry in entries {
            let item = match entry {
                Ok(entry) if !entry.is_used() => continue,
                Ok(entry) => {
                    let handle = HandleOf { process, handle: entry.handle() };
                    numbered(entry.handle(), Value::Object(Object::Handle(handle)))
                }
                Err(why) => unknown(why)?,
            };
            if visit(item)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn frames(&self, thread: Option<u64>, visit: Visit<'_>) -> More {
        let current = self.session.thread();
        let is_current = thread.is_none() || thread == current;
        let frames = match thread.filter(|_| !is_current) {
            None => {
                let stack = self.session.stack(DEFAULT_FRAMES);
                stack.map(|stack| stack.frames).map_err(|why| Lack::NoRegisters { why })
            }
            Some(thread) => {
                let scope = self.session.scope();
                let stack =
                    Thread::at(&scope, thread).and_then(|thread| stack::walk_thread(&thread, DEFAULT_FRAMES));
                stack.map(|stack| stack.frames)
            }
        };
        let frames = match frames {
            Ok(frames) => frames,
            Err(why) => return visit(unknown(why)?),
        };
        for frame in frames {
            let number = frame.number.into();
            let frame = FrameOf { thread: thread.or(current), current: is_current, frame };
            if visit(numbered(number, Value::Object(Object::Frame(Arc::new(frame)))))?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn devices(&self, node: u64, visit: Visit<'_>) -> More {
        let scope = self.session.scope();
        let children = match DeviceNode::at(&scope, node).and_then(|node| node.children()) {
            Ok(children) => children,
            Err(why) => return visit(lacking(None, why)?),
        };
        for child in children {
            let item = match child {
                Ok(child) => Item { key: None, value: Value::Object(Object::Device(child.address())) },
                Err(why) => lacking(None, why)?,
            };
            if visit(item)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn array(&self, array: &Native, visit: Visit<'_>) -> More {
        let (CType::Array(element, count), Some(place)) = (&array.typed.ty, array.typed.place()) else {
            return Ok(Continue(()));
        };
        let size = element.size().unwrap_or(0);
        for index in 0..*count {
            let typed = Typed::at((**element).clone(), place.plus(index.wrapping_mul(size)));
            let item = numbered(index, Value::Native(Native { typed, of: array.of }));
            if self.deeper(|| visit(item))?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn device_root(&self, visit: Visit<'_>) -> More {
        let scope = self.session.scope();
        visit(match DeviceNode::root(&scope) {
            Ok(root) => Item { key: None, value: Value::Object(Object::Device(root.address())) },
            Err(why) => lacking(None, why)?,
        })
    }

    pub(super) fn linked_from(
        &self,
        head: u64,
        of: Option<u64>,
        ty: &FoundType,
        member: &str,
        visit: Visit<'_>,
    ) -> More {
        let name = CType::of(ty).name();
        let name = format!("{}!{}", ty.module, name.rsplit(' ').next().unwrap_or_default());
        let eyes = self.eyes(of);
        let head = eyes.scope().object("nt!_LIST_ENTRY", head);
        let elements = match head.and_then(|head| head.list(&name, member)) {
            Ok(elements) => elements,
            Err(why) => return visit(lacking(None, why)?),
        };
        for element in elements {
            let item = match element {
                Ok(object) => {
                    let typed = Typed::at(CType::of(ty), Place::memory(object.address()));
                    Item { key: None, value: Value::Native(Native { typed, of }) }
                }
                Err(why) => lacking(None, why)?,
            };
            if visit(item)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }
}
