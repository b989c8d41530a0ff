//! What a `svchost.exe` hosts, by its command line.

/// What a `svchost.exe` was started for: its one service, else its group.
pub fn hosted_service(command_line: &str) -> Option<&str> {
    let mut words = command_line.split_whitespace();
    let mut group = None;
    while let Some(word) = words.next() {
        match word {
            "-s" => return words.next(),
            "-k" => group = words.next(),
            _ => {}
        }
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_host_is_named_by_its_service_or_its_group() {
        assert_eq!(
            hosted_service("C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule"),
            Some("Schedule")
        );
        assert_eq!(hosted_service("svchost.exe -k UnistackSvcGroup"), Some("UnistackSvcGroup"));
        assert_eq!(hosted_service("svchost.exe -k DcomLaunch -p"), Some("DcomLaunch"));
        assert_eq!((hosted_service("svchost.exe"), hosted_service("svchost.exe -k")), (None, None));
    }
}
