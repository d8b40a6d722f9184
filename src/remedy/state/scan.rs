//! How far do these bytes go as a JSON document? One pass without recursion, by the grammar of RFC 8259 and nothing more lenient:
//! what is whole here is whole for every parser. Nothing is guessed, and nothing is repaired.

/// How deep it looks; deeper is no damage, only more than heal looks through.
const DEPTH: usize = crate::model::state::MAX_DEPTH;

/// A container that is open at the place that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// A list, not an object.
    pub(super) list: bool,
    /// Behind its last whole child, or behind its bracket.
    pub(super) end: usize,
    /// How many whole children it has.
    pub(super) children: usize,
    /// Where the last one is a string, a number or a word: what `end` was before it.
    last: Option<usize>,
}

impl Open {
    /// Behind its last child stands what cannot. Of a string nobody knows then whether its quote is the one that ended it
    /// (`"say "yes" to"`), nor of a number whether the blank behind it was a digit: it is not provably whole.
    fn doubt(&mut self) {
        if let Some(end) = self.last.take() {
            self.end = end;
            self.children -= 1;
        }
    }
}

/// How far it went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// A whole document; it ends here.
    Whole(usize),
    /// It breaks off, or something stands there that cannot: at this byte, within these containers, the outermost first.
    Broken(usize, Vec<Open>),
    /// It is deeper than is looked.
    Deep,
}

/// Reads one document from byte `from` on.
pub(super) fn document(text: &[u8], from: usize) -> Reached {
    let mut at = from;
    let mut open: Vec<Open> = Vec::new();
    // A value may stand here; else, a comma or the end of the container.
    let mut value = true;
    loop {
        at = space(text, at);
        let here = text.get(at).copied();
        let inside = open.last().map(|open| (open.list, open.children));
        let ends = match (inside, here) {
            (Some((true, children)), Some(b']')) => !value || children == 0 && !after_comma(text, at),
            (Some((false, children)), Some(b'}')) => !value || children == 0 && !after_comma(text, at),
            _ => false,
        };
        let mut container = false;
        if ends {
            at += 1;
            open.pop();
            container = true;
        } else if !value {
            if here != Some(b',') {
                // Cut off, or filled up with NUL: what was written before that is as it was.
                if let Some(parent) = open.last_mut().filter(|_| here.is_some_and(|byte| byte != 0)) {
                    parent.doubt();
                }
                return Reached::Broken(at, open);
            }
            at += 1;
            value = true;
            continue;
        } else {
            if let Some((false, _)) = inside {
                let Ok(behind) = string(text, at) else { return Reached::Broken(at, open) };
                let colon = space(text, behind);
                if text.get(colon) != Some(&b':') {
                    return Reached::Broken(colon, open);
                }
                at = space(text, colon + 1);
            }
            match text.get(at) {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() == DEPTH {
                        return Reached::Deep;
                    }
                    at += 1;
                    open.push(Open { list: *bracket == b'[', end: at, children: 0, last: None });
                    continue;
                }
                _ => match scalar(text, at) {
                    // Of a number at the end nobody knows whether it is all of it.
                    Ok(behind) if is_closed(text, at, behind, open.is_empty()) => at = behind,
                    _ => return Reached::Broken(at, open),
                },
            }
        }
        match open.last_mut() {
            None => return Reached::Whole(at),
            Some(parent) => {
                parent.last = (!container).then_some(parent.end);
                parent.end = at;
                parent.children += 1;
            }
        }
        value = false;
    }
}

/// Behind white space.
pub(super) fn space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

fn after_comma(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) == Some(&b',')
}

/// Does the token end where it seems to?
fn is_closed(text: &[u8], from: usize, behind: usize, alone: bool) -> bool {
    match text.get(behind) {
        _ if text[from] == b'"' => true,
        Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}') => true,
        // A document that is a number, and nothing behind it: it may be cut, and is taken for whole by every parser.
        None => alone,
        Some(_) => false,
    }
}

/// Behind a string, a number or a word.
fn scalar(text: &[u8], at: usize) -> Result<usize, ()> {
    match text.get(at) {
        Some(b'"') => string(text, at),
        Some(b'-' | b'0'..=b'9') => number(text, at),
        _ => {
            let word = ["true", "false", "null"].into_iter().find(|word| text[at..].starts_with(word.as_bytes()));
            word.map(|word| at + word.len()).ok_or(())
        }
    }
}

fn number(text: &[u8], mut at: usize) -> Result<usize, ()> {
    let digits = |mut at: usize| {
        let from = at;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at > from { Ok(at) } else { Err(()) }
    };
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if text.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(text.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        at = digits(at)?;
    }
    Ok(at)
}

/// Behind a string that begins here: UTF-8, no control characters, escapes that mean something.
pub(super) fn string(text: &[u8], from: usize) -> Result<usize, ()> {
    if text.get(from) != Some(&b'"') {
        return Err(());
    }
    let mut at = from + 1;
    loop {
        match text.get(at) {
            Some(b'"') => break,
            Some(b'\\') => match text.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                Some(b'u') => {
                    let unit = unit(text, at)?;
                    at += 6;
                    // Half of a pair is no character.
                    if (0xD800..0xDC00).contains(&unit) {
                        if !(0xDC00..0xE000).contains(&self::unit(text, at)?) {
                            return Err(());
                        }
                        at += 6;
                    } else if (0xDC00..0xE000).contains(&unit) {
                        return Err(());
                    }
                }
                _ => return Err(()),
            },
            Some(0x20..) => at += 1,
            _ => return Err(()),
        }
    }
    std::str::from_utf8(&text[from..at]).map(|_| at + 1).map_err(|_| ())
}

/// `\u` and four digits.
fn unit(text: &[u8], at: usize) -> Result<u32, ()> {
    let digits = text.get(at..at + 6).and_then(|escape| escape.strip_prefix(b"\\u")).ok_or(())?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(());
    }
    let digits = std::str::from_utf8(digits).map_err(|_| ())?;
    u32::from_str_radix(digits, 16).map_err(|_| ())
}
