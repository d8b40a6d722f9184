use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn of(text: &str) -> String {
    match salvage(Format::Json, text.as_bytes()) {
        Ok(Salvaged { bytes, loss }) => format!("{} ({loss})", String::from_utf8(bytes).expect("UTF-8").trim_end()),
        Err(why) => why.to_owned(),
    }
}

#[test]
fn what_is_whole_stays_and_the_element_at_the_cut_goes() {
    let all = [
        r#"{"a":1,"positions":[{"id":1},{"id":2},{"id":3"#,
        r#"{"a":1,"positions":[{"id":1,"fills":[1,2]},{"id":2,"fills":[1,"#,
        r#"{"a":1,"b":{"c":2,"d"#,
        r#"{"a":1,"b":2"#,
        r#"{"a":1,"b":tru"#,
        r#"{"a":1,"map":{"x":{"q":1},"y":{"q":2,"r""#,
        "[1, 2, 33",
        "[[1,2],[3,4",
        "[\"a\\ud83d\\ude00\", \"b\\ud83d\"]",
        "[1,2,\0\0\0\0",
        "[1,2,3\0\0\0",
        "[1,2,,3]",
        "{\"a\":1}\0\0\0",
        "\u{feff}{\"a\":1}",
        r#"{"a":1},"b":2}"#,
        r#"{"a":1}{"a":2}"#,
        r#"{"a":1}{"a":"#,
        "{\"a\":1,\n<<<<<<< ours\n\"b\":1\n=======\n\"b\":2\n>>>>>>> theirs\n}",
        "12",
        "",
        "{",
        r#"{"a"#,
        r#"{"a":1,"positions":[{"id""#,
        r#"{"a":1,"b":"say "yes" to","c":2}"#,
        r#"["a", "b" "c"]"#,
        "[120, 12 4, 5]",
        "[[1], [2] [3]]",
        "{\"a\":1,\"b\":\"two\"\0\0\0",
    ];
    expect_test::expect![[r#"
        {\"a\":1,\"positions\":[{\"id\":1},{\"id\":2},{\"id\":3 -> {"a":1,"positions":[{"id":1},{"id":2}]} (lossy: 2 whole elements kept, all from byte 44 on lost)
        {\"a\":1,\"positions\":[{\"id\":1,\"fills\":[1,2]},{\"id\":2,\"fills\":[1, -> {"a":1,"positions":[{"id":1,"fills":[1,2]}]} (lossy: 1 whole element kept, all from byte 62 on lost)
        {\"a\":1,\"b\":{\"c\":2,\"d -> {"a":1} (lossy: 1 whole element kept, all from byte 18 on lost)
        {\"a\":1,\"b\":2 -> {"a":1} (lossy: 1 whole element kept, all from byte 11 on lost)
        {\"a\":1,\"b\":tru -> {"a":1} (lossy: 1 whole element kept, all from byte 11 on lost)
        {\"a\":1,\"map\":{\"x\":{\"q\":1},\"y\":{\"q\":2,\"r\" -> {"a":1,"map":{"x":{"q":1}}} (lossy: 1 whole element kept, all from byte 40 on lost)
        [1, 2, 33 -> [1, 2] (lossy: 2 whole elements kept, all from byte 7 on lost)
        [[1,2],[3,4 -> [[1,2]] (lossy: 1 whole element kept, all from byte 10 on lost)
        [\"a\\ud83d\\ude00\", \"b\\ud83d\"] -> ["a\ud83d\ude00"] (lossy: 1 whole element kept, all from byte 18 on lost)
        [1,2,\0\0\0\0 -> [1,2] (lossy: 2 whole elements kept, all from byte 5 on lost)
        [1,2,3\0\0\0 -> [1,2] (lossy: 2 whole elements kept, all from byte 5 on lost)
        [1,2,,3] -> [1,2] (lossy: 2 whole elements kept, all from byte 5 on lost)
        {\"a\":1}\0\0\0 -> {"a":1} (lossless)
        \u{feff}{\"a\":1} -> {"a":1} (lossless)
        {\"a\":1},\"b\":2} -> {"a":1} (lossy: the document is whole, 7 bytes behind it dropped)
        {\"a\":1}{\"a\":2} -> it holds two whole documents: which one counts cannot be told from the bytes
        {\"a\":1}{\"a\": -> {"a":1} (lossy: the document is whole, 5 bytes behind it dropped)
        {\"a\":1,\n<<<<<<< ours\n\"b\":1\n=======\n\"b\":2\n>>>>>>> theirs\n} -> it holds two versions that git could not merge: a person has to choose
        12 -> it begins with no object and no list
         -> it begins with no object and no list
        { -> not one whole element is in it
        {\"a -> not one whole element is in it
        {\"a\":1,\"positions\":[{\"id\" -> not one whole element is in it
        {\"a\":1,\"b\":\"say \"yes\" to\",\"c\":2} -> {"a":1} (lossy: 1 whole element kept, all from byte 17 on lost)
        [\"a\", \"b\" \"c\"] -> ["a"] (lossy: 1 whole element kept, all from byte 10 on lost)
        [120, 12 4, 5] -> [120] (lossy: 1 whole element kept, all from byte 9 on lost)
        [[1], [2] [3]] -> [[1], [2]] (lossy: 2 whole elements kept, all from byte 10 on lost)
        {\"a\":1,\"b\":\"two\"\0\0\0 -> {"a":1,"b":"two"} (lossy: 2 whole elements kept, all from byte 16 on lost)
    "#]]
        .assert_eq(&all.map(|text| format!("{} -> {}\n", text.escape_debug(), of(text))).concat());
}

#[test]
fn lines_stand_for_themselves() {
    let of = |text: &str| match salvage(Format::Jsonl, text.as_bytes()) {
        Ok(Salvaged { bytes, loss }) => {
            format!("{} ({loss})", String::from_utf8(bytes).expect("UTF-8").replace('\n', "|"))
        }
        Err(why) => why.to_owned(),
    };
    assert_eq!(of("{\"a\":1}\n{\"a\":2}\n{\"a\":"), "{\"a\":1}|{\"a\":2}| (lossy: 1 of 3 elements)");
    assert_eq!(of("{\"a\":1}\n5}\n7\n{\"a\":2}"), "{\"a\":1}|{\"a\":2}| (lossy: 2 of 4 elements)");
    assert_eq!(of("1\n2\n3"), "1|2| (lossy: 1 of 3 elements)");
    assert_eq!(of("\u{feff}{\"a\":1}\n"), "{\"a\":1}| (lossless)");
    assert_eq!(of("{\"a\""), "not one whole line is in it");
}

/// A small generator, so that a failure can be repeated by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).expect("small")
    }

    fn value(&mut self, depth: usize) -> Value {
        let text = |dice: &mut Self| {
            "aé\"\\ \u{1}😀,]}:{[".chars().cycle().skip(dice.roll(13)).take(dice.roll(9)).collect::<String>()
        };
        match self.roll(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => Value::Bool(self.roll(2) == 0),
            2 => Value::from(self.roll(100_000)),
            3 => Value::from(self.roll(1_000) as f64 / 7.0),
            4 | 5 => Value::from(text(self)),
            6 | 7 => (0..self.roll(6)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(
                (0..self.roll(6)).map(|at| (format!("{at}{}", text(self)), self.value(depth - 1))).collect(),
            ),
        }
    }
}

/// Every leaf of a document with its path, by serde_json, which is not what salvages.
fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{path}.{key:?}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}[{at}]"), found))
        }
        leaf => drop(found.insert(format!("{path}={leaf}"))),
    }
}

/// Damages it, so that nothing before the place is changed. Answers where.
fn damage(dice: &mut Dice, text: &[u8], other: &[u8]) -> (Vec<u8>, usize) {
    let at = dice.roll(text.len());
    let damaged = match dice.roll(5) {
        0 => text[..at].to_vec(),
        1 => {
            let at = dice.roll(text.len() + 1);
            [&text[..at], &vec![0; text.len() - at + 1]].concat()
        }
        2 => {
            let mut damaged = text.to_vec();
            damaged[at] ^= 1 << dice.roll(8);
            damaged
        }
        3 => [text, &text[at..]].concat(),
        _ => [&text[..at], &other[dice.roll(other.len())..]].concat(),
    };
    let at = damaged.iter().zip(text).position(|(one, other)| one != other).unwrap_or(damaged.len().min(text.len()));
    (damaged, at)
}

#[test]
fn nothing_is_made_up_whatever_the_damage() {
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 200_000 } else { 10_000 };
    let (mut salvaged, mut lossless) = (0, 0);
    for seed in 1..=rounds {
        let seed: u64 = seed;
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let write = |value: &Value, pretty| {
            if pretty { serde_json::to_vec_pretty(value) } else { serde_json::to_vec(value) }.expect("written")
        };
        let pretty = dice.roll(2) == 0;
        let [original, other] = [(); 2].map(|()| Value::from(vec![dice.value(3), dice.value(3)]));
        let (text, other) = (write(&original, pretty), write(&other, pretty));
        let (damaged, at) = damage(&mut dice, &text, &other);
        let Ok(Salvaged { bytes, loss }) = salvage(Format::Json, &damaged) else { continue };
        salvaged += 1;
        let read: Value = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        // The bytes say it: a beginning of what was there, and brackets.
        let same = bytes.iter().zip(&damaged).take_while(|(one, other)| one == other).count();
        assert!(bytes[same..].iter().all(|byte| matches!(byte, b']' | b'}' | b'\n')), "seed {seed}");
        // And the values do, by another parser: what was taken from before the damage stood in the original, at that path.
        // The byte behind a number is what says that it is whole.
        if same < at || same == at && !matches!(loss, Loss::Cut { .. }) {
            let (mut was, mut is) = (BTreeSet::new(), BTreeSet::new());
            leaves(&original, "", &mut was);
            leaves(&read, "", &mut is);
            assert!(is.is_subset(&was), "seed {seed}: {:?}", is.difference(&was).collect::<Vec<_>>());
            lossless += usize::from(loss.is_none());
            assert!(!loss.is_none() || read == original, "seed {seed}: said to be lossless");
        }
    }
    assert!(salvaged > 2_000 && lossless > 0, "{salvaged} {lossless}");
}

#[test]
fn keys_that_a_copy_does_not_have_are_counted() {
    let keys = |damaged: &str| later_keys(Format::Json, damaged.as_bytes(), br#"{"a":1,"b":{"c":2}}"#);
    assert_eq!(keys(r#"{"a":1,"b":{"c":2},"x":"#), Some(0));
    assert_eq!(keys(r#"{"a":9,"b":{"c":2,"d":3},"x":1,"y"#), Some(3));
    assert_eq!(keys("\0\0\0"), None);
}
