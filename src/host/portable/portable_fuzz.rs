//! What holds of any bytes as the output of `ps` and `lsof`? No row reaches into another one; and a row that these programs write
//! about a made-up process is read as that process.

use std::os::unix::ffi::OsStrExt;

use chrono::DateTime;

use super::{lsof, ps};
use crate::model::choices::Choices;
use crate::model::lock::{FileId, Grip};

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn ps_and_lsof(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut bytes = Vec::new();
    let rows = ps::rows(&text, &mut bytes);
    let mut last = 0;
    for (_, row) in &rows {
        assert!(row.start >= last && row.start < row.end && bytes[row.end - 1] == 0, "{rows:?}");
        last = row.end;
    }
    assert!(last <= bytes.len() && bytes.len() <= text.len() + 1);
    for line in text.lines() {
        let first = line.split_ascii_whitespace().next().and_then(|word| word.parse().ok());
        assert!(ps::line(line, first.unwrap_or(-1)).is_none_or(|found| Some(found.pid) == first));
        let _ = (ps::kin(line), ps::elapsed(line));
    }
    for entry in lsof::entries(&text) {
        assert!(entry.pid > 0 && !entry.fd.is_empty());
        assert!(entry.path().is_none_or(|path| path.is_absolute()));
        assert!(entry.listener().is_none_or(|one| one.pid == Some(entry.pid)));
        let _ = (entry.grip(), entry.is_hidden());
    }
    let mut choices = Choices::new(data);
    made_up_row(&mut choices);
    made_up_file(&mut choices);
}

fn made_up_row(choices: &mut Choices<'_>) {
    let (pid, parent) = (1 + choices.number() % 4_000_000, choices.number() % 4_000_000);
    let (uid, start) = (u32::try_from(choices.number() % 70_000).unwrap_or_default(), choices.number() % 4_000_000_000);
    let state = ["S", "Ss+", "R", "D", "Z", "T<"][choices.below(6)];
    let (days, hours, minutes, seconds) =
        (choices.number() % 10_000, choices.below(24), choices.below(60), choices.below(60));
    let words: Vec<String> = choices.text(32).split_ascii_whitespace().map(str::to_owned).collect();
    let command = words.join(if choices.byte().is_multiple_of(2) { " " } else { "  " });
    let at = DateTime::from_timestamp(i64::try_from(start).unwrap_or_default(), 0).unwrap_or_default();
    let began = at.format("%a %b %e %H:%M:%S %Y").to_string();
    let elapsed = match (days, hours) {
        (0, 0) => format!("{minutes:02}:{seconds:02}"),
        (0, _) => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}-{hours:02}:{minutes:02}:{seconds:02}"),
    };
    let row = format!("{pid:>7} {parent:>7} {uid:>5} {state:<4} {began} {elapsed:>12} {command}\n");
    let number = |number: u64| i32::try_from(number).unwrap_or_default();
    let Some(line) = ps::line(&row, number(pid)) else { panic!("a row of `ps` is not understood: {row}") };
    let age = ((i64::try_from(days).unwrap_or_default() * 24 + i64::try_from(hours).unwrap_or_default()) * 60
        + i64::try_from(minutes).unwrap_or_default())
        * 60
        + i64::try_from(seconds).unwrap_or_default();
    assert_eq!((line.pid, line.parent, line.uid), (number(pid), number(parent), uid), "{row}");
    assert_eq!((line.start, line.age_ms), (start, age * 1_000), "{row}");
    assert!(state.starts_with(line.state) && line.args == words, "{line:?} of {row}");
    let kin = format!(" {pid} {parent} {began}");
    assert_eq!(ps::kin(&kin), Some((number(pid), number(parent), start)), "{kin}");
}

fn made_up_file(choices: &mut Choices<'_>) {
    let (pid, fd) = (1 + choices.number() % 4_000_000, choices.below(100));
    let file = FileId { device: choices.number(), inode: choices.number() };
    // A backslash of its own cannot be told from an escape.
    let name: Vec<u8> = choices.bytes(24).iter().copied().filter(|byte| !matches!(byte, 0 | b'\\')).collect();
    let path = [b"/srv/", &name[..]].concat();
    let escaped: String = path.iter().map(|byte| escape(*byte)).collect();
    let unseen = escaped.ends_with(" (deleted)") || escaped.contains(" (readlink: ");
    if unseen || escaped.ends_with("Permission denied)") {
        return;
    }
    let deleted = if choices.byte().is_multiple_of(2) { " (deleted)" } else { "" };
    let (device, inode) = (file.device, file.inode);
    let text = format!("p{pid}\0\nf{fd}\0aw\0tREG\0D0x{device:x}\0i{inode}\0n{escaped}{deleted}\0\n");
    let entries = lsof::entries(&text);
    let [entry] = &entries[..] else { panic!("{entries:?} of {text:?}") };
    assert_eq!((u64::try_from(entry.pid), entry.fd.parse(), entry.access.as_str()), (Ok(pid), Ok(fd), "w"), "{text:?}");
    assert_eq!(entry.grip(), Some((file, Grip::Open)), "{text:?}");
    let found = entry.path();
    assert_eq!(found.as_ref().map(|path| path.as_os_str().as_bytes()), Some(&path[..]), "{text:?}");
}

/// As `lsof` writes what cannot be printed.
fn escape(byte: u8) -> String {
    match byte {
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\r' => "\\r".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}
