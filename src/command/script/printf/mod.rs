//! `.printf`: a text with values in it.

mod format;
mod number;
mod pointed;

use crate::command::line::{Reader, SYNTAX};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};
use crate::output::{Action, Line, Role, Span};
use crate::util::hex;
pub use format::TextKind;
use format::{Conversion, Part, Template, Width};
pub use pointed::pointed;

/// `.printf`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".printf"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("[/D] \"FORMAT\" [, EXPRESSION] ...", Expects::Expression)],
    summary: "Prints a text with values in it",
    help: "The line ends where the format says \\n. Values are expressions (numbers hexadecimal) for\n  \
           %d %i %u %x %X %o  integers of 32 bits (with I64 or ll of 64, with h of 16), %p %N  addresses, %c  a character\n  \
           %f %e %g           floating-point numbers, by their bits\n  \
           %ma %mu            the text at an address, in bytes or UTF-16\n  \
           %msa %msu          that of the counted string (ANSI_STRING, UNICODE_STRING) at an address\n  \
           %y %ly             the symbol, or the source line, of an address\n\
           with -, 0, blank, +, # and a width, as in C; \\n \\t \\\" \\\\ \\xHH are characters. /D takes tags of markup off.\n\
           Example: .printf \"%p %d\\n\", @rsp, 0n255\n\
           ffff850429890ee8 255",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let mut markup = false;
    while reader.takes("/") {
        if !reader.takes("D") {
            return Err(reader.fail(SYNTAX));
        }
        markup = true;
        reader.blanks();
    }
    if !reader.takes("\"") {
        return Err(reader.fail("Quotes required"));
    }
    let before = reader.at() - args.typed.start;
    let template = Template::read(&mut reader).ok_or_else(|| {
        reader.until(|_| false);
        reader.fail("Trailing quote missing")
    })?;
    // The debugger resolves escapes in the line itself, and ends it at the closing quote.
    context.cuts(format!("{}{}", args.typed.text.get(..before).unwrap_or_default(), template.text));
    let mut printed = Printed::default();
    let outcome = template.parts(markup).try_for_each(|part| match part {
        Part::Text(text) => {
            printed.text(Role::Text, &text);
            Ok(())
        }
        Part::Value(conversion, width) => value(conversion, width, &mut reader, &mut printed, context),
    });
    printed.say(context)?;
    context.ends_at(reader.at());
    outcome
}

/// Prints one value.
fn value(
    conversion: Conversion,
    width: Width,
    reader: &mut Reader<'_>,
    printed: &mut Printed,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if conversion == Conversion::Unsupported {
        return Err(reader.fail("Unsupported format type"));
    }
    let width = match width.of_argument {
        true => width.given(argument(reader, context)?),
        false => width,
    };
    let value = argument(reader, context)?;
    let (role, text, link) = match conversion {
        Conversion::Integer { letter, size } => {
            (Role::Value, number::integer(value, letter, size, &width), None)
        }
        Conversion::Float(letter) => {
            (Role::Value, number::float(f64::from_bits(value), letter, &width), None)
        }
        Conversion::Pointer { upper } => {
            let link = Action::is_address(value).then_some(Action::Memory(value));
            let digits = 2 * context.session.target.pointer_size();
            (Role::Address, number::pointer(value, upper, digits, &width), link)
        }
        Conversion::Character => {
            let c = char::from_u32(value as u32 & 0xffff).unwrap_or('.');
            (Role::Value, width.pad(c.to_string()), None)
        }
        Conversion::Text(kind) => (Role::Value, width.pad(pointed::shown(value, kind, context)), None),
        Conversion::Symbol => {
            let text = match context.symbol_text(value) {
                Some(name) => format!("{name} ({})", hex::tick(value)),
                None => hex::tick(value),
            };
            (Role::Symbol, width.pad(text), Some(Action::Code(value)).filter(|_| Action::is_address(value)))
        }
        Conversion::Source => (Role::Text, width.pad(pointed::source(value, context)), None),
        Conversion::Unknown | Conversion::Unsupported => {
            return Err(reader.fail("Unknown format control character"));
        }
    };
    match link {
        Some(link) => printed.line = std::mem::take(&mut printed.line).link(role, text, link),
        None => printed.text(role, &text),
    }
    Ok(())
}

/// The value of the next argument.
fn argument(reader: &mut Reader<'_>, context: &Context<'_>) -> Result<u64, CommandError> {
    reader.blanks();
    if !reader.takes(",") {
        return Err(reader.fail("Comma expected"));
    }
    reader.value(context)
}

/// What is printed: whole lines, and the beginning of the next.
#[derive(Default)]
struct Printed {
    whole: Vec<Line>,
    line: Line,
}

impl Printed {
    fn text(&mut self, role: Role, text: &str) {
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n') {
            self.append(role, line);
            self.whole.push(std::mem::take(&mut self.line));
            rest = after;
        }
        self.append(role, rest);
    }

    fn append(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            let mut span = Span::typed(text);
            span.role = role;
            self.line = std::mem::take(&mut self.line).span(span);
        }
    }

    fn say(self, context: &mut Context<'_>) -> Result<(), CommandError> {
        self.whole.into_iter().try_for_each(|line| context.out.emit(line))?;
        let unended = &mut context.session.interpreter.unended;
        *unended = std::mem::take(unended).append(self.line);
        Ok(())
    }
}
