//! `!errrec`: a record of a hardware error.

use crate::command::line::nothing_more;
use crate::command::show::error_record::error_record;
use crate::command::show::machine_parts::Parts;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::HardwareError;

/// `!errrec`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!errrec"],
    group: Group::Dump,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a record of a hardware error (WHEA_ERROR_RECORD)",
    help: "ADDRESS is the second parameter of bug check 0x124. Shown are the record's header and its sections: processor, \
           machine check bank, memory, PCI Express, NMI, firmware; of others the place. A bank's status is worded after \
           the processor manuals; what a model defines for itself is shown as a number. Where the dump holds the machine's \
           SMBIOS table and the error names its structure, the slot of the memory module is told; where it holds the tree of \
           devices, the drivers of the devices that have the ids of the device of PCI Express.\n\
           \n\
           kd> !errrec ffffe00012345028\n\
           Section 2     : x86/x64 MCA\n\
           Error         : DCACHEL1_DRD_ERR (Proc 4 Bank 0)\n\
           \x20 Status      : 0xbf80000000000135 VAL UC EN MISCV ADDRV PCC S AR",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (address, rest) = context.evaluate_prefix(args.text)?;
    nothing_more(rest)?;
    let scope = context.session.scope();
    let error = HardwareError::at(&scope, address)?;
    error_record(&mut context.out, &error, &Parts::of(&scope))
}
