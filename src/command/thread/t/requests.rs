//! The requests of a thread, with the file and the driver of each.

use super::section::section;
use crate::command::CommandError;
use crate::command::line::Out;
use crate::command::show::irp::{driver, irp_word};
use crate::debuggee::Lack;
use crate::kernel::{FileObject, Irp, Thread};
use crate::output::{Action, Cell, Column, Field, Role, Table};

/// Says them; nothing where there is none.
///
/// # Errors
/// As [`Out::emit`].
pub(super) fn requests(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let table = Table::new(
        "irp",
        &[
            Column::left("irp", "IRP", 16),
            Column::left("file", "File", 4),
            Column::left("driver", "Driver", 6),
            Column::left("state", "State", 5),
        ],
    );
    let scope = thread.object().scope();
    let mut rows = Vec::new();
    let mut broken = None;
    match Irp::of_thread(thread) {
        Err(why) => broken = Some(why),
        Ok(irps) => {
            for irp in irps {
                out.check()?;
                match irp {
                    Ok(irp) => {
                        let file = irp.file().and_then(|file| match file {
                            0 => Ok(None),
                            file => FileObject::at(scope, file)?.file_name().map(Some),
                        });
                        // Completed requests have no driver and no file any more.
                        let file = file.or_else(|why| match why {
                            Lack::Shape { .. } => Ok(None),
                            why => Err(why),
                        });
                        let name = irp
                            .driver_name()
                            .map(|name| name.rsplit('\\').next().unwrap_or_default().to_owned());
                        let name = name.or_else(|why| match why {
                            Lack::Shape { .. } => Ok(String::new()),
                            why => Err(why),
                        });
                        let at = Cell::new(Field::Address(irp.address())).digits(16);
                        rows.push(vec![
                            at.link(Action::Irp(irp.address())),
                            Cell::new(file).mark("????").role(Role::Text),
                            driver(&irp, name).mark("????"),
                            Cell::new(irp.state().map(irp_word)).mark("????"),
                        ]);
                    }
                    Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                    Err(why) => broken = Some(why),
                }
            }
        }
    }
    section("Irp List:", &table, rows, out)?;
    out.warn(broken.map(|why| format!("not all requests are known: {why}")))
}
