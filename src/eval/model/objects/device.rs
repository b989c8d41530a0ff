//! A node of the tree of devices.

use super::Member;
use crate::debuggee::Lack;
use crate::eval::EvalError;
use crate::eval::cxx::operate;
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{Native, Source, Value};
use crate::kernel::DeviceNode;

pub(super) const MEMBERS: &[&str] =
    &["DeviceNodeObject", "InstancePath", "ServiceName", "PhysicalDeviceObject", "State", "Children"];

impl Model<'_> {
    fn device<T>(
        &self,
        address: u64,
        ask: impl FnOnce(DeviceNode<'_>) -> Result<T, Lack>,
    ) -> Result<T, ModelError> {
        Ok(DeviceNode::at(&self.session.scope(), address).and_then(ask)?)
    }

    pub(super) fn device_member(&self, address: u64, name: &str) -> Member {
        let node = || self.object("nt!_DEVICE_NODE", address, None);
        Some(match name {
            "DeviceNodeObject" => node(),
            "InstancePath" => self.device(address, |node| node.instance_path()).map(Value::text),
            "ServiceName" => self.device(address, |node| node.service()).map(Value::text),
            "PhysicalDeviceObject" | "State" => node().and_then(|node| self.native_field(node, name)),
            "Children" => Value::list(Source::DevicesBelow(address)),
            _ => return None,
        })
    }

    fn native_field(&self, of: Value, name: &str) -> Result<Value, ModelError> {
        let of = self.native(of, name)?;
        let typed = operate::member(&of.typed, name, false, &*self.eyes(of.of));
        let typed = typed.map_err(|fault| EvalError::new(fault, name))?;
        Ok(Value::Native(Native { typed, of: of.of }))
    }

    pub(super) fn device_title(&self, address: u64) -> Result<String, ModelError> {
        self.device(address, |node| {
            let path = node.instance_path()?;
            Ok(match node.service() {
                Ok(service) if !service.is_empty() => format!("{path} ({service})"),
                _ => path,
            })
        })
    }
}
