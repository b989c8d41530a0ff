//! `.formats`: a value in every notation.

use crate::command::line::nothing_more;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Field, Line, Record, Role};
use crate::util::filetime::{self, Zone};
use crate::util::{float, hex};

/// `.formats`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".formats"],
    group: Group::Language,
    arguments: &[Argument::new("EXPRESSION", Expects::Expression)],
    summary: "Shows a value as hexadecimal, decimal, octal and binary number, characters, time and floating-point",
    help: "A value of 32 bits is read as seconds since 1970, a larger one as a FILETIME; the time is shown in the zone \
           that --tz chooses.\n\
           \n\
           kd> .formats 57724231\n\
           Evaluate expression:\n\
           \x20 Hex:     00000000`57724231\n\
           \x20 Decimal: 1467105841\n\
           \x20 Decimal (unsigned) : 1467105841\n\
           \x20 Octal:   0000000000012734441061\n\
           \x20 Binary:  00000000 00000000 00000000 00000000 01010111 01110010 01000010 00110001\n\
           \x20 Chars:   ....WrB1\n\
           \x20 Time:    Tue Jun 28 09:24:01 2016\n\
           \x20 Float:   low 2.66366e+014 high 0\n\
           \x20 Double:  7.24847e-315",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (value, rest) = context.evaluate_prefix(args.text)?;
    let record = record(value, &context.session.settings.zone);
    context.out.emit(record)?;
    nothing_more(rest)
}

fn record(value: u64, zone: &Zone) -> Record {
    let (high, low) = (value >> 32, value & 0xffff_ffff);
    let single = |bits: u64| {
        let bits = u32::try_from(bits).unwrap_or(0);
        float::general(f64::from(f32::from_bits(bits)), 6)
    };
    let bytes = value.to_be_bytes();
    let binary: Vec<String> = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let characters: String = bytes
        .iter()
        .map(|&byte| if (0x20..=0x7e).contains(&byte) { char::from(byte) } else { '.' })
        .collect();
    let text = |text: String| Cell::new(text).role(Role::Value);
    let row = |record: Record, label| record.line(Line::of("  ").label(label));
    let record = Record::new("formats").label("Evaluate expression:");
    let hex = Cell::new(Field::Hex(value)).shown(hex::tick(value));
    let record = row(record, "Hex:     ").cell("value", hex);
    let record = row(record, "Decimal: ").cell("decimal", value.cast_signed());
    let record = row(record, "Decimal (unsigned) : ").cell("unsigned", value);
    let record = row(record, "Octal:   ").cell("octal", text(format!("{value:022o}")));
    let record = row(record, "Binary:  ").cell("binary", text(binary.join(" ")));
    let record = row(record, "Chars:   ").cell("characters", text(characters));
    let record = row(record, "Time:    ").cell("time", text(time(value, zone)));
    let record = row(record, "Float:   ")
        .role(Role::Value, "low ")
        .cell("float_low", text(single(low)))
        .role(Role::Value, " high ")
        .cell("float_high", text(single(high)));
    row(record, "Double:  ").cell("double", text(float::general(f64::from_bits(value), 6)))
}

/// Seconds since 1970 in 32 bits (signed, as the C runtime takes them), a FILETIME in more.
fn time(value: u64, zone: &Zone) -> String {
    // A constant of 32 bits may have had its sign extended.
    if value == 0 {
        return "unavailable".to_owned();
    }
    if value >> 32 == 0 || i32::try_from(value.cast_signed()).is_ok() {
        let seconds = u32::try_from(value).unwrap_or(u32::MAX);
        let time = (seconds >> 31 == 0).then(|| filetime::asctime_unix(seconds, zone));
        return time.flatten().unwrap_or_else(|| "***** Invalid".to_owned());
    }
    filetime::session_time(value, zone).unwrap_or_else(|| "***** Invalid FILETIME".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: u64) -> Vec<String> {
        record(value, &Zone::Utc).lines.iter().map(Line::plain).collect()
    }

    /// The layout of spec/COMMANDS.md section 2; the time there is of another zone.
    #[test]
    fn a_small_value() {
        assert_eq!(
            text(0x5772_4231),
            [
                "Evaluate expression:",
                "  Hex:     00000000`57724231",
                "  Decimal: 1467105841",
                "  Decimal (unsigned) : 1467105841",
                "  Octal:   0000000000012734441061",
                "  Binary:  00000000 00000000 00000000 00000000 01010111 01110010 01000010 00110001",
                "  Chars:   ....WrB1",
                "  Time:    Tue Jun 28 09:24:01 2016",
                "  Float:   low 2.66366e+014 high 0",
                "  Double:  7.24847e-315",
            ]
        );
    }

    #[test]
    fn times() {
        assert_eq!(time(0x8000_0000, &Zone::Utc), "***** Invalid");
        assert_eq!(time(0, &Zone::Utc), "unavailable");
        assert_eq!(time(1, &Zone::Utc), "Thu Jan  1 00:00:01 1970");
        // As the reference engine has them.
        assert_eq!(time(u64::MAX, &Zone::Utc), "***** Invalid");
        assert_eq!(time(1 << 63, &Zone::Utc), "***** Invalid FILETIME");
        assert_eq!(time(0x4142_4344_4546_4748, &Zone::Utc), "Wed Apr 19 17:09:02.728 16502 (UTC + 0:00)");
        assert_eq!(time(0x3ff0_0000_0000_0000, &Zone::Utc), "Fri Aug  1 01:24:40.001 16200 (UTC + 0:00)");
        // 2021-02-21 01:38:22.987 UTC.
        assert_eq!(time(0x01d7_07f3_1d3e_d4b0, &Zone::Utc).get(..4), Some("Sun "));
    }
}
