//! What `dx` keeps under names.

use super::error::ModelError;
use super::value::Value;
use crate::session::Session;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What `dx` keeps under names. The session holds it without knowing what values are.
#[derive(Debug, Clone, Default)]
pub struct Variables(BTreeMap<Arc<str>, Value>);

/// The variable that is the last result.
pub const LAST_RESULT: &str = "_";
/// So many variables are kept.
const MAX_VARIABLES: usize = 4096;

impl Variables {
    /// Those of a session.
    pub fn of(session: &Session) -> Variables {
        let kept = session.interpreter.variables.as_ref();
        kept.and_then(|kept| kept.downcast_ref::<Variables>()).cloned().unwrap_or_default()
    }

    /// Keeps them in a session.
    pub fn keep(self, session: &mut Session) {
        session.interpreter.variables = Some(Arc::new(self) as Arc<dyn Any + Send + Sync>);
    }

    /// The variable of that name, without its mark.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Names and values, by name, without the last result.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.0.iter().filter(|(name, _)| ***name != *LAST_RESULT)
    }

    /// Sets one.
    ///
    /// # Errors
    /// There are too many.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), ModelError> {
        if self.0.len() >= MAX_VARIABLES && !self.0.contains_key(name) {
            return Err(ModelError::TooMuch { what: "variables", limit: MAX_VARIABLES });
        }
        self.0.insert(name.into(), value);
        Ok(())
    }

    /// Forgets one; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }
}
