//! Is a damaged document ever called valid, or a valid one damaged? Ten thousand that were made and damaged at random, held against
//! the parsers of Python, which share nothing with ours.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use heal::model::StateFile;
use heal::model::state::{Format, Problem};
use heal::probe::state::{json_text, judge_bytes, judge_in_pieces};

/// Answers of each document, a length and its bytes, whether it is one.
const ORACLE: &str = r#"import json, struct, sys, tomllib
def strict(text):
    def refuse(word):
        raise ValueError(word)
    json.loads(text, parse_constant=refuse)
def jsonl(data):
    for line in data.split(b"\n"):
        line = line.strip(b" \t\r\n")
        if line:
            strict(line.decode("utf-8"))
sys.set_int_max_str_digits(0)
kinds = {"json": lambda data: strict(data.decode("utf-8")), "jsonl": jsonl,
    "toml": lambda data: tomllib.loads(data.decode("utf-8").removeprefix("\ufeff"))}
right = kinds[sys.argv[1]]
data = sys.stdin.buffer.read()
at, answers = 0, []
while at < len(data):
    (size,) = struct.unpack_from(">I", data, at)
    try:
        right(data[at + 4:at + 4 + size])
        answers.append("1")
    except (ValueError, RecursionError):
        answers.append("0")
    at += 4 + size
print("".join(answers))
"#;

pub fn oracle(kind: &str, documents: &[Vec<u8>]) -> Vec<bool> {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", ORACLE, kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut input = child.stdin.take().expect("piped");
    for document in documents {
        input.write_all(&u32::try_from(document.len()).expect("short").to_be_bytes()).expect("written");
        input.write_all(document).expect("written");
    }
    drop(input);
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success());
    output.stdout.trim_ascii().iter().map(|answer| *answer == b'1').collect()
}

/// xorshift64*: the same documents in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).expect("31 bits") % below.max(1)
    }

    fn value(&mut self, deep: usize) -> serde_json::Value {
        match self.roll(if deep > 4 { 6 } else { 10 }) {
            0 => serde_json::Value::Null,
            1 => (self.roll(2) == 0).into(),
            2 => self.roll(1 << 30).into(),
            3 => (0.5 - f64::from(u32::try_from(self.roll(1 << 20)).expect("small")) / 7.0).into(),
            4 | 5 => self.text().into(),
            6 | 7 => (0..self.roll(6)).map(|_| self.value(deep + 1)).collect(),
            _ => (0..self.roll(6)).map(|n| (format!("{}{n}", self.text()), self.value(deep + 1))).collect(),
        }
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 12] = ["a", "price", " ", "\"", "\\", "é", "😀", "\n", "{", "]", "<<<<<<< ", "\u{1}"];
        (0..self.roll(5)).map(|_| PIECES[self.roll(PIECES.len())]).collect()
    }

    /// What crashes, editors, merges and other writers make of a file; sometimes nothing.
    fn damage(&mut self, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
        let at = self.roll(bytes.len());
        match self.roll(11) {
            0 => bytes.truncate(at),
            1 => {
                for _ in 0..=self.roll(3) {
                    let at = self.roll(bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.roll(8);
                    }
                }
            }
            2 => bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = 0),
            3 => bytes.extend_from_within(at..),
            4 => {
                let mixed = bytes.chunks(7).zip(other.chunks(7)).flat_map(|(a, b)| [a, b].concat());
                bytes = mixed.collect();
            }
            5 => {
                // A shorter document over a longer one, which nobody cut.
                let (short, long) = if other.len() < bytes.len() { (other, &bytes[..]) } else { (&bytes[..], other) };
                bytes = [short, &long[short.len()..]].concat();
            }
            6 => bytes.extend_from_slice(other),
            7 => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
            8 => drop(bytes.splice(at..at, [b"\n<<<<<<< x\n"[..].to_vec(), other.to_vec()].concat())),
            9 => bytes.resize(bytes.len() + self.roll(3), b' '),
            _ => {}
        }
        bytes
    }
}

fn file(format: Format) -> StateFile {
    StateFile::plain("x", PathBuf::from("/nowhere/x"), format)
}

/// How many were right and how many were not, by both.
fn held_against(format: Format, documents: &[Vec<u8>]) -> (usize, usize) {
    let file = file(format);
    let (mut right, mut wrong) = (0, 0);
    for (bytes, is_one) in documents.iter().zip(oracle(format.word(), documents)) {
        let troubles = judge_bytes(&file, bytes, &|_| None);
        let shown = String::from_utf8_lossy(bytes);
        // What is right by the letter and not for every reader is never said to be broken.
        let broken = troubles.iter().any(|one| one.problem.is_of_bytes() && one.problem != Problem::Unportable)
            || (format == Format::Toml && troubles.iter().any(|one| one.problem == Problem::DuplicateKey));
        assert_eq!(broken, !is_one, "{troubles:?} of {shown:?}");
        // And what others are given to ask about is a document.
        let text = json_text(format, bytes);
        assert!(text.is_none() || is_one, "{shown:?}");
        if let Some(text) = text {
            serde_json::from_str::<serde_json::Value>(&text).expect("a document");
        }
        *(if is_one { &mut right } else { &mut wrong }) += 1;
    }
    (right, wrong)
}

#[test]
fn ten_thousand_of_json() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut made = |pretty: bool| {
        let value = dice.value(0);
        let bytes = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        (bytes.expect("JSON"), dice.value(1).to_string().into_bytes())
    };
    let made: Vec<(Vec<u8>, Vec<u8>)> = (0..10_000).map(|n| made(n % 2 == 0)).collect();
    let mut dice = Dice(42);
    let damaged: Vec<Vec<u8>> = made.into_iter().map(|(bytes, other)| dice.damage(bytes, &other)).collect();
    let (right, wrong) = held_against(Format::Json, &damaged);
    assert!(right > 1_000 && wrong > 3_000, "{right} and {wrong}: the dice are loaded");
}

#[test]
fn lines_of_json() {
    let mut dice = Dice(7);
    let mut made = || {
        let lines: Vec<String> = (0..=dice.roll(5)).map(|_| dice.value(2).to_string()).collect();
        let text = format!("{}\n", lines.join("\n"));
        let other = format!("{}\n", dice.value(2));
        dice.damage(text.into_bytes(), other.as_bytes())
    };
    let damaged: Vec<Vec<u8>> = (0..3_000).map(|_| made()).collect();
    let (right, wrong) = held_against(Format::Jsonl, &damaged);
    assert!(right > 300 && wrong > 900, "{right} and {wrong}: the dice are loaded");
}

#[test]
fn toml() {
    let mut dice = Dice(11);
    let mut made = || {
        let mut table = || {
            let number = dice.roll(1 << 20);
            let name = dice.text().replace('\u{1}', "");
            format!("name = {name:?}\nn = {number}\n[deep]\nlist = [1, 2,\n  3]\nf = 1.5\nat = 2026-11-26\n")
        };
        let (text, other) = (table(), table());
        dice.damage(text.into_bytes(), other.as_bytes())
    };
    let damaged: Vec<Vec<u8>> = (0..3_000).map(|_| made()).collect();
    let (right, wrong) = held_against(Format::Toml, &damaged);
    assert!(right > 300 && wrong > 900, "{right} and {wrong}: the dice are loaded");
}

#[test]
fn a_stream_says_what_memory_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut dice = Dice(3);
    for _ in 0..1_000 {
        let (bytes, other) = (dice.value(0).to_string(), dice.value(1).to_string());
        let bytes = dice.damage(bytes.into_bytes(), other.as_bytes());
        let file = StateFile { path: dir.path().join("x"), ..file(Format::Json) };
        std::fs::write(&file.path, &bytes).expect("written");
        for short in [0, u64::MAX] {
            let judged = judge_in_pieces(&file, &|_| None, short);
            assert_eq!(judged.troubles, judge_bytes(&file, &bytes, &|_| None), "{:?}", String::from_utf8_lossy(&bytes));
            assert_eq!(judged.mark.map(|mark| mark.size), Some(bytes.len() as u64));
        }
    }
}
