//! Two laws, of documents and damages that nobody chose: what a repair made is right, so that a second one finds nothing to do; and
//! to take it back leaves, byte for byte, what was there.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};

use super::state_random::Dice;
use super::support::Project;

const CONFIG: &str = r#"[project]
name = "test"

[service.app]
match = { executable = "no-such-program" }

[state.book]
path     = "state/book.json"
kind     = "json"
template = { cash = 0, positions = [], risk = { limit = 2.5 } }
repair   = ["merge", "salvage"]
"#;

impl Dice {
    /// What fits the template, or lacks some of it, and has more.
    fn document(&mut self) -> Value {
        let mut document = json!({});
        let mut put = |key: &str, value: Value, there: bool| {
            if there {
                document[key] = value;
            }
        };
        put("cash", json!(self.roll(1_000_000)), self.roll(4) > 0);
        let positions: Vec<Value> = (0..self.roll(5)).map(|id| json!({"id": id, "name": "né\"😀"})).collect();
        put("positions", positions.into(), self.roll(5) > 0);
        put("risk", json!({"limit": 0.5, "own": [1, null]}), self.roll(3) > 0);
        put("risk", json!({}), self.roll(6) == 0);
        put("mine", json!("text"), self.roll(2) == 0);
        document
    }

    fn spoil(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let at = self.roll(bytes.len());
        match self.roll(6) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << self.roll(8),
            2 => bytes[at..].fill(0),
            3 => bytes.extend_from_within(at..),
            4 => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
            _ => {}
        }
        bytes
    }
}

#[test]
fn to_repair_twice_is_to_repair_once_and_undo_brings_back_what_was_there() {
    let worlds = if std::env::var_os("HEAL_LONG").is_some() { 500 } else { 24 };
    let (mut repaired, mut left) = (0, 0);
    for seed in 1..=worlds {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let project = Project::new(CONFIG);
        let document = dice.document();
        let pretty = dice.roll(2) == 0;
        let written = if pretty { serde_json::to_vec_pretty(&document) } else { serde_json::to_vec(&document) };
        let bytes = dice.spoil(written.expect("JSON"));
        let path = project.path("state/book.json");
        fs::create_dir_all(project.path("state")).expect("made");
        fs::write(&path, &bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode([0o600, 0o640, 0o664][dice.roll(3)])).expect("set");
        let stands = || (fs::read(&path).expect("there"), fs::metadata(&path).expect("there").permissions().mode());
        let was = stands();
        let repair = || project.heal(&["validate-state", "--repair", "--json"]).json();
        let told = repair();
        if told["repairs"][0]["outcome"] != "repaired" {
            left += 1;
            assert_eq!(stands(), was, "seed {seed}: left alone, and changed: {told}");
            continue;
        }
        repaired += 1;
        let (now, inode) = (stands(), fs::metadata(&path).expect("there").ino());
        assert_ne!(now.0, was.0, "seed {seed}: {told}");
        let again = repair();
        assert_eq!(again["repairs"], json!([]), "seed {seed}: {told}");
        assert_eq!((stands(), fs::metadata(&path).expect("there").ino()), (now, inode), "seed {seed}");
        project.heal(&["undo"]).exits(0);
        assert_eq!(stands(), was, "seed {seed}: {told}");
    }
    assert!(repaired > worlds / 4 && left > 0, "{repaired} repaired, {left} left: the dice are loaded");
    println!("{repaired} repaired and taken back, {left} left alone");
}
