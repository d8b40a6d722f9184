//! How did a watched life end: because somebody wanted it to, well, for good, or by itself? Pure; signals by their numbers.

use super::crash::{Turn, by_exit_code};

/// Names of signals that matter here, by the numbers that Linux and macOS share.
const NAMES: [(i32, &str); 10] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (6, "SIGABRT"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (15, "SIGTERM"),
];

/// A signal's name where it is one of the common ones, else its number.
#[must_use]
pub fn signal_name(number: i32) -> String {
    let name = NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| format!("signal {number}"))
}

/// What the end of a life was. `asked` is the stop signal (TERM, INT, QUIT, HUP) that reached its supervisor shortly before,
/// if one did. Says why, where it is no crash.
#[must_use]
pub fn how(
    exit_code: Option<i32>,
    signal: Option<i32>,
    asked: Option<i32>,
    hold_on_exit: &[i32],
) -> (Turn, Option<String>) {
    let by_exit = exit_code.map(|code| by_exit_code(code, hold_on_exit));
    // For good: whoever asked it to stop as well, a person has to know.
    if let Some((turn, Some(why))) = by_exit.clone().filter(|_| exit_code != Some(0)) {
        return (turn, Some(why));
    }
    match (asked, signal) {
        // After a HUP a service reads its configuration again; only one that ends by it was stopped by it.
        (Some(1), Some(1)) => return (Turn::Stop, Some("stopped by SIGHUP".to_owned())),
        (Some(1), _) | (None, _) => {}
        (Some(asked), _) => return (Turn::Stop, Some(format!("stopped by {}", signal_name(asked)))),
    }
    match (signal, by_exit) {
        // Nothing sends these by itself: somebody meant the service alone.
        (Some(signal @ (2 | 15)), _) => (Turn::Stop, Some(format!("stopped by {}", signal_name(signal)))),
        (Some(_), _) | (None, None) => (Turn::Crash, None),
        (None, Some(end)) => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_a_clean_exit_a_permanent_one_and_a_crash_are_told_apart() {
        use Turn::{Crash, Stop};
        // Exit code, signal, asked; what it was, and a word of why.
        let table = [
            (Some(0), None, None, Stop, "exit code 0"),
            (Some(1), None, None, Crash, ""),
            (Some(2), None, None, Stop, "hold_on_exit"),
            (Some(2), None, Some(15), Stop, "hold_on_exit"),
            (Some(1), None, Some(15), Stop, "stopped by SIGTERM"),
            (Some(0), None, Some(2), Stop, "stopped by SIGINT"),
            (Some(143), None, Some(15), Stop, "SIGTERM"),
            (Some(143), None, None, Crash, ""),
            (None, Some(15), None, Stop, "SIGTERM"),
            (None, Some(2), None, Stop, "SIGINT"),
            (None, Some(9), None, Crash, ""),
            (None, Some(9), Some(15), Stop, "SIGTERM"),
            (None, Some(11), None, Crash, ""),
            (None, Some(6), Some(3), Stop, "SIGQUIT"),
            (None, Some(3), None, Crash, ""),
            (None, Some(1), Some(1), Stop, "SIGHUP"),
            (Some(1), None, Some(1), Crash, ""),
            (None, Some(1), None, Crash, ""),
            (None, Some(34), None, Crash, ""),
            (None, None, None, Crash, ""),
        ];
        for (code, signal, asked, turn, why) in table {
            let (found, said) = how(code, signal, asked, &[2]);
            let said = said.unwrap_or_default();
            assert!(
                found == turn && said.contains(why) && said.is_empty() == why.is_empty(),
                "{code:?} {signal:?} {asked:?}: {found:?} {said}"
            );
        }
    }
}
