//! `dt` without a name: the objects that the bug check's arguments are, and the variables of the selected frame.

use super::show;
use super::wanted::Wanted;
use crate::analysis::Argument;
use crate::command::analysis::analyze::{argument, arguments, follow};
use crate::command::show::typed::note_layout;
use crate::command::stack::dv;
use crate::command::{CommandError, Context};
use crate::debuggee::FoundType;
use crate::output::{Action, Branch, Cell, Field, Record, Role};
use crate::words::{Message, text};

/// An object that the crash names.
struct Told {
    /// Which argument it is, from 1.
    number: usize,
    argument: Argument,
    /// Its type, as it is written.
    name: String,
    found: FoundType,
}

/// Shows them. `wanted` says how, but not what. Where variables are known the objects are folded away before them.
///
/// # Errors
/// No argument is such an object, and the frame has no variables; something was asked for that needs a name.
pub(super) fn all(wanted: &Wanted, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Wanted {
        list: None,
        size: None,
        types_only: false,
        physical: false,
        elements: None,
        each: false,
        ..
    } = wanted
    else {
        return Err(CommandError::Syntax("dt".to_owned()));
    };
    let objects = objects(context);
    let variables = context.session.locals();
    let mut is_open = !variables.as_ref().is_ok_and(|variables| !variables.is_empty());
    for object in &objects {
        let head = head(object, context);
        let wanted =
            Wanted { name: object.name.clone(), address: Some(object.argument.value), ..wanted.clone() };
        match std::mem::take(&mut is_open) {
            true => {
                context.out.emit(head)?;
                laid_out(&wanted, object, context)?;
            }
            false => context.within(Branch { folded: true, ..Branch::new(head) }, |context| {
                laid_out(&wanted, object, context)
            })?,
        }
    }
    match variables {
        Ok(_) => dv::of_frame(!wanted.options.no_offset, context),
        Err(why) if objects.is_empty() => Err(why.into()),
        Err(why) => {
            let lacks = text("dt.told.no_variables", context.session.settings.language);
            let record = Record::new("no_variables").role(Role::Dim, lacks);
            context.out.emit(record.cell("why", Cell::new(why.to_string()).role(Role::Dim)))
        }
    }
}

fn laid_out(wanted: &Wanted, object: &Told, context: &mut Context<'_>) -> Result<(), CommandError> {
    show(wanted, &object.found, context)?;
    note_layout(&object.found, context)
}

/// Each once, in the order of the arguments.
fn objects(context: &Context<'_>) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for (index, argument) in arguments(context).into_iter().flatten().enumerate() {
        let Some(name) = follow::structure(&argument, context) else { continue };
        let Some(found) = context.session.target.find_type(&name) else { continue };
        let is_known = |it: &Told| (it.argument.value, &it.name) == (argument.value, &name);
        if !told.iter().any(is_known) {
            told.push(Told { number: index + 1, argument, name, found });
        }
    }
    told
}

/// `nt!_DEVICE_OBJECT ffffd68fe35b8050`, and below it `argument 2 of the bug check: physical device object`.
fn head(object: &Told, context: &Context<'_>) -> Record {
    let language = context.session.settings.language;
    let ty = Cell::new(object.name.as_str()).role(Role::Heading);
    let address = object.argument.value;
    let shows = follow::action(&object.argument, context).ok().flatten();
    let shows = shows.unwrap_or_else(|| Action::object(object.name.clone(), address));
    let said = match argument::meaning(&object.argument, language) {
        Some(meaning) => Message::new("dt.told.meant").with("number", object.number).with("meaning", meaning),
        None => Message::new("dt.told.argument").with("number", object.number),
    };
    Record::new("told_object")
        .field("argument", object.number as u64)
        .cell("type", ty)
        .text(" ")
        .cell("address", Cell::new(Field::Address(address)).link(shows))
        // Beside the address it would be cut in a narrow pane.
        .line("  ")
        .cell("said", Cell::new(said.in_language(language).into_owned()).role(Role::Dim))
}
