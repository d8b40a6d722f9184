//! Which option of which program takes a secret? Only of these programs: `-p8080` is a port to most others.

/// Beginnings of programs' names, the option, and whether its value may also be the next word.
const OPTIONS: [(&str, &str, bool); 8] = [
    ("mysql", "-p", false),
    ("mariadb", "-p", false),
    ("sshpass", "-p", true),
    ("redis-cli", "-a", true),
    ("mongo", "-p", true),
    ("ldap", "-w", true),
    ("curl", "-u", true),
    ("curl", "--user", true),
];

/// What ends a command in a line of several.
const ENDS: [&str; 4] = ["|", "||", "&&", ";"];

/// The program that the words are of, as far as they went.
#[derive(Debug, Default)]
pub(super) struct Program {
    name: String,
    /// The last word was an option whose value comes next.
    open: bool,
}

/// What a word is to its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing that is known.
    Nothing,
    /// The value of an option that takes a secret.
    Secret,
    /// This option, and its secret in the same word.
    Option(&'static str),
}

impl Program {
    /// Takes the next word.
    pub(super) fn says(&mut self, word: &str) -> Said {
        if std::mem::take(&mut self.open) && !word.starts_with('-') {
            return Said::Secret;
        }
        if ENDS.contains(&word) {
            self.name.clear();
        }
        let bare = word.rsplit('/').next().unwrap_or(word).trim_matches(['"', '\'', '`', '(', '$']);
        if OPTIONS.iter().any(|(program, ..)| is_of(bare, program)) {
            bare.clone_into(&mut self.name);
            return Said::Nothing;
        }
        for (_, option, apart) in OPTIONS.iter().filter(|(program, ..)| is_of(&self.name, program)) {
            if *apart && (word == *option || is_group(word, option)) {
                self.open = true;
                return Said::Nothing;
            }
            let long = option.starts_with("--");
            if word.strip_prefix(option).is_some_and(|value| !value.is_empty() && (!long || value.starts_with('='))) {
                return Said::Option(option);
            }
        }
        Said::Nothing
    }
}

/// Is this the program, or one of its family: `mysqldump`, `mariadb-admin`?
fn is_of(name: &str, program: &str) -> bool {
    let family = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.strip_prefix(program).is_some_and(family)
}

/// `-sSu` ends with `-u`.
fn is_group(word: &str, option: &str) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| letters.bytes().all(|byte| byte.is_ascii_alphabetic()));
    letters.is_some_and(|letters| option.len() == 2 && letters.ends_with(&option[1..]))
}

/// Is this name and password in base64, as HTTP sends them (RFC 7617), or does it look like something as secret?
pub(super) fn is_credentials(text: &str) -> bool {
    let said = decoded(text);
    let pair = said.contains(&b':') && said.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte >= 0x80);
    let any = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    let mixed = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase) && any(u8::is_ascii_digit);
    pair || mixed && text.len() >= 8
}

/// What base64 says, as far as it is base64.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes().map_while(value) {
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap_or(0));
        }
        bits &= 0xffff;
    }
    bytes
}
