//! Floating-point numbers as the debugger prints them: C's `%g` with three exponent digits.

/// `value` with up to `precision` significant digits: `12.1414`, `2.6615e-028`, `-1.#IND`.
///
/// The names of what is no number are those of the Microsoft C runtime that the classic debugger used.
pub fn general(value: f64, precision: usize) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return if sign.is_empty() { "1.#QNAN" } else { "-1.#IND" }.to_owned();
    }
    if value.is_infinite() {
        return format!("{sign}1.#INF");
    }
    let digits = precision.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let limit = i32::try_from(digits).unwrap_or(i32::MAX);
    if (-4..limit).contains(&exponent) {
        let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
        return without_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{exponent_sign}{:03}", without_zeros(mantissa), exponent.unsigned_abs())
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of reference transcripts: (bits, text).
    #[test]
    fn singles() {
        for (bits, text) in [
            (0x4142_4344, "12.1414"),
            (0x11a8_b158, "2.6615e-028"),
            (0xffff_f803, "-1.#IND"),
            (0x5772_4231, "2.66366e+014"),
            (0, "0"),
            (0x7f80_0000, "1.#INF"),
            (0x7fc0_0000, "1.#QNAN"),
        ] {
            assert_eq!(general(f64::from(f32::from_bits(bits)), 6), text, "{bits:#x}");
        }
    }

    #[test]
    fn doubles() {
        for (bits, text) in [
            (0x4142_4344u64, "5.40934e-315"),
            (0x5772_4231, "7.24847e-315"),
            (0x4059_0000_0000_0000, "100"),
            (0x412e_8480_0000_0000, "1e+006"),
            (0x3f1a_36e2_eb1c_432d, "0.0001"),
            (0x8000_0000_0000_0000, "-0"),
        ] {
            assert_eq!(general(f64::from_bits(bits), 6), text, "{bits:#x}");
        }
    }
}
