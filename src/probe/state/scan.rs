//! Is this JSON, and does it have what its template has? One pass over the bytes, from a reader or from memory, that keeps no
//! value: keys, types, depth and duplicates are told as they go by.

use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher, RandomState};

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::de::Read;

use crate::model::state::{MOST_TROUBLES, Problem, StateFile, Trouble, Version};

/// What is looked for on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules<'a> {
    /// Each of its keys has to be there, with a value of the same type.
    pub(super) template: Option<&'a Value>,
    /// Keys that have to be at the top.
    pub(super) require: &'a [String],
    /// Where the version is said.
    pub(super) version: Option<&'a Version>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(file: &'a StateFile) -> Self {
        Self { template: file.template.as_ref(), require: &file.require, version: file.version.as_ref() }
    }
}

/// Reads one document, and that nothing follows it.
///
/// # Errors
/// It is no JSON; what was seen on the way says nothing then.
pub(super) fn scan<'de, R: Read<'de>>(
    reader: &mut serde_json::Deserializer<R>,
    rules: Rules<'_>,
) -> Result<Vec<Trouble>, serde_json::Error> {
    let mut scan =
        Scan { rules, frames: Vec::new(), depth: 0, troubles: Vec::new(), more: 0, hasher: RandomState::new() };
    Node { scan: &mut scan, want: rules.template }.deserialize(&mut *reader)?;
    reader.end()?;
    Ok(scan.told())
}

/// Where we are: a key or the number of an element. Their texts are used again and again.
#[derive(Default)]
struct Frame {
    key: String,
    index: Option<usize>,
}

struct Scan<'a> {
    rules: Rules<'a>,
    frames: Vec<Frame>,
    depth: usize,
    troubles: Vec<Trouble>,
    more: usize,
    hasher: RandomState,
}

impl Scan<'_> {
    fn told(mut self) -> Vec<Trouble> {
        if self.troubles.iter().any(|trouble| trouble.problem == Problem::NewerVersion) {
            // What it should look like is not known here.
            self.troubles.retain(|trouble| trouble.problem == Problem::NewerVersion);
            return self.troubles;
        }
        if let (Some(last), more @ 1..) = (self.troubles.last_mut(), self.more) {
            let _ = write!(last.message, "; and {more} more");
        }
        self.troubles
    }

    fn add(&mut self, trouble: Trouble) {
        // Something critical must not be lost behind twenty warnings.
        let worse = |other: &Trouble| other.severity < trouble.severity;
        if self.troubles.len() < MOST_TROUBLES {
            self.troubles.push(trouble);
        } else {
            self.more += 1;
            if let Some(mild) = self.troubles.iter_mut().rev().find(|other| worse(other)) {
                *mild = trouble;
            }
        }
    }

    /// The path of what is being read, as jq writes it.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.frames[..self.depth] {
            match frame.index {
                Some(index) => _ = write!(path, "[{index}]"),
                None => path.push_str(&step(&frame.key)),
            }
        }
        if path.is_empty() { ".".to_owned() } else { path }
    }

    fn enter(&mut self) -> &mut Frame {
        self.depth += 1;
        if self.frames.len() < self.depth {
            self.frames.push(Frame::default());
        }
        &mut self.frames[self.depth - 1]
    }

    /// A value of this type stands where the template has another.
    fn compare(&mut self, want: Option<&Value>, is: &'static str) {
        let wanted = match want {
            None | Some(Value::Null) => return,
            Some(want) => kind(want),
        };
        if wanted == is {
            return;
        }
        let top = self.depth == 0;
        let (problem, what) =
            if top { (Problem::WrongTopLevel, "the document is") } else { (Problem::WrongType, "its value is") };
        let trouble = Trouble::new(problem, format!("{what} {is} where the template has {wanted}")).at(self.path());
        self.add(trouble);
    }

    /// The top is no object, and has to be one.
    fn no_object(&mut self, is: &'static str) {
        let keys = !self.rules.require.is_empty() || self.rules.version.is_some();
        if self.depth == 0 && keys && !matches!(self.rules.template, Some(want) if kind(want) != is) {
            self.add(
                Trouble::new(Problem::WrongTopLevel, format!("the document is {is}, and has to be an object")).at("."),
            );
        }
    }

    fn is_version(&self) -> bool {
        self.depth == 1 && self.rules.version.is_some_and(|version| version.key == self.frames[0].key)
    }

    fn version(&mut self, says: Option<u64>, text: &str) {
        let Some(version) = self.rules.version.filter(|_| self.is_version()) else { return };
        let newest = version.newest;
        let trouble = match says {
            Some(says) if says <= newest => return,
            Some(_) => {
                Trouble::new(Problem::NewerVersion, format!("it is of version {text}; the newest known is {newest}"))
            }
            None => Trouble::new(Problem::WrongType, format!("its version is {text}, and no whole number")),
        };
        let path = self.path();
        self.add(trouble.at(path));
    }
}

/// `.key`, or `["a key"]`.
pub(super) fn step(key: &str) -> String {
    let plain = key.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let short: String = key.chars().take(64).collect();
    if plain && key.len() <= 64 { format!(".{key}") } else { format!("[{}]", Value::String(short)) }
}

const OBJECT: &str = "an object";
const LIST: &str = "a list";
const TEXT: &str = "text";
const NUMBER: &str = "a number";
const BOOLEAN: &str = "true or false";
const NULL: &str = "null";

/// What sort of value it is, for a person.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => OBJECT,
        Value::Array(_) => LIST,
        Value::String(_) => TEXT,
        Value::Number(_) => NUMBER,
        Value::Bool(_) => BOOLEAN,
        Value::Null => NULL,
    }
}

/// One value.
struct Node<'s, 'a> {
    scan: &'s mut Scan<'a>,
    want: Option<&'a Value>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Node<'_, '_> {
    fn plain<E>(self, is: &'static str, version: Option<u64>, text: impl FnOnce() -> String) -> Result<(), E> {
        self.scan.compare(self.want, is);
        if self.scan.depth < 2 {
            self.scan.no_object(is);
            if self.scan.depth == 1 && self.scan.is_version() {
                self.scan.version(version, &text());
            }
        }
        Ok(())
    }
}

impl<'de, 'a> Visitor<'de> for Node<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.plain(BOOLEAN, None, || BOOLEAN.to_owned())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.plain(NUMBER, u64::try_from(number).ok(), || number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.plain(NUMBER, Some(number), || number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.plain(NUMBER, None, || number.to_string())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let version = text.parse().ok();
        self.plain(TEXT, version, || format!("{:?}", text.chars().take(40).collect::<String>()))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.plain(NULL, None, || NULL.to_owned())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { scan, want } = self;
        scan.compare(want, LIST);
        scan.no_object(LIST);
        let mut index = 0;
        scan.enter().index = Some(0);
        while seq.next_element_seed(Node { scan: &mut *scan, want: None })?.is_some() {
            index += 1;
            scan.frames[scan.depth - 1].index = Some(index);
        }
        scan.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { scan, want } = self;
        scan.compare(want, OBJECT);
        let wanted = want.and_then(Value::as_object);
        let mut seen = Seen::default();
        scan.enter().index = None;
        while let Some(hash) = map.next_key_seed(Key { scan: &mut *scan })? {
            if !seen.insert(hash) {
                let path = scan.path();
                let message = "the same key twice: which value holds depends on who reads it";
                scan.add(Trouble::new(Problem::DuplicateKey, message).at(path).warning());
            }
            let want = wanted.and_then(|wanted| wanted.get(&scan.frames[scan.depth - 1].key));
            map.next_value_seed(Node { scan: &mut *scan, want })?;
        }
        scan.depth -= 1;
        let require = if scan.depth == 0 { scan.rules.require } else { &[] };
        let template = wanted.into_iter().flat_map(serde_json::Map::keys);
        for key in template.chain(require.iter().filter(|key| wanted.is_none_or(|all| !all.contains_key(*key)))) {
            if !seen.contains(scan.hasher.hash_one(key.as_str())) {
                let above = scan.path();
                let path = format!("{}{}", if above == "." { "" } else { &above }, step(key));
                scan.add(Trouble::new(Problem::MissingKey, "the key is missing").at(path));
            }
        }
        Ok(())
    }
}

/// A key: kept as the path, and answered as its hash.
struct Key<'s, 'a> {
    scan: &'s mut Scan<'a>,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = u64;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<u64, E> {
        let frame = &mut self.scan.frames[self.scan.depth - 1];
        frame.key.clear();
        frame.key.push_str(key);
        Ok(self.scan.hasher.hash_one(key))
    }
}

/// The keys of one object, as 64 bits each of a keyed hash: two that fall together are one chance in 10¹⁹, for a warning.
#[derive(Default)]
struct Seen {
    few: Vec<u64>,
    many: HashSet<u64>,
}

impl Seen {
    /// Above so many they are looked up in a table.
    const FEW: usize = 24;

    fn insert(&mut self, hash: u64) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(hash);
        }
        let new = !self.few.contains(&hash);
        self.few.push(hash);
        if self.few.len() > Self::FEW {
            self.many.extend(self.few.drain(..));
        }
        new
    }

    fn contains(&self, hash: u64) -> bool {
        self.few.contains(&hash) || self.many.contains(&hash)
    }
}
