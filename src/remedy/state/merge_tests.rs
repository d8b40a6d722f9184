use serde_json::json;

use super::*;

#[test]
fn what_is_lacking_is_added_in_the_style_of_the_file_and_nothing_else_changes() {
    let template = json!({"a": 0, "risk": {"limit": 2.5, "stop": null}, "list": []});
    let all = [
        r#"{"a":18446744073709551617,"risk":{"limit":0.10000000000000001,"x":1e-9}}"#,
        "{\n  \"z\": 1.0,\n  \"risk\": {\n    \"stop\": -0\n  },\n  \"a\": \"text\"\n}\n",
        "{ \"risk\" : 7 , \"a\" : 1 }",
        "{}",
        "{\n}",
        "  {\"a\": 1}  ",
        r#"{"\u0061":1,"risk":{},"list":[]}"#,
        "{\t\"a\":1,\r\n\t\"risk\":{\"limit\":1,\"stop\":2}}",
    ];
    let of = |text: &str| merge(text, &template).map(|merged| format!("{}\n{}", merged.text, merged.added.join(" ")));
    expect_test::expect![[r#"
        {"a":18446744073709551617,"risk":{"limit":0.10000000000000001,"x":1e-9,"stop":null},"list":[]}
        .risk.stop .list
        {
          "z": 1.0,
          "risk": {
            "stop": -0,
            "limit": 2.5
          },
          "a": "text",
          "list": []
        }

        .risk.limit .list
        { "risk" : 7 , "a" : 1, "list": [] }
        .list
        {"a": 0, "risk": {"limit":2.5,"stop":null}, "list": []}
        .a .risk .list
        {"a": 0, "risk": {"limit":2.5,"stop":null}, "list": []
        }
        .a .risk .list
          {"a": 1, "risk": {"limit":2.5,"stop":null}, "list": []}  
        .risk .list
        {"\u0061":1,"risk":{"limit": 2.5, "stop": null},"list":[]}
        .risk.limit .risk.stop
        {	"a":1,␍
        	"risk":{"limit":1,"stop":2},"list":[]}
        .list
    "#]]
    .assert_eq(&all.map(|text| format!("{}\n", of(text).unwrap_or_default())).concat().replace('\r', "␍"));
    for (text, why) in [
        (r#"{"a":1,"risk":{"limit":1,"stop":1},"list":1}"#, "it lacks nothing"),
        ("[1]", "no object"),
        ("{\"a\":1", "not whole"),
        ("{\"a\":1} x", "something behind it"),
        ("{\"a\":1}{}", "two documents"),
    ] {
        assert_eq!(merge(text, &template), None, "{why}");
    }
}

/// Without what was added, byte for byte what was there.
#[test]
fn every_byte_that_was_there_is_there_in_its_order() {
    let pieces = [
        "1",
        "-0.0",
        "18446744073709551616",
        "0.12345678901234567",
        "\"a\\\"}{,\"",
        "[1,{\"a\":[]}]",
        "{\"x\":{}}",
        "null",
        "1E400",
    ];
    let keys = ["a", "b", "c", "x", "d d", "\\u0065"];
    let template = json!({"a": 1, "b": {"x": {"deep": [1, 2]}}, "x": {"x": 1}, "e": "é\n", "new": true});
    let mut merged_ones = 0;
    for seed in 0..4_000_usize {
        let mut text = String::from(if seed % 3 == 0 { "{\n  " } else { "{" });
        let count = seed % 5;
        for at in 0..count {
            let (key, value) = (keys[(seed / 5 + at) % keys.len()], pieces[(seed / 7 + at * 3) % pieces.len()]);
            let comma = if at + 1 == count {
                ""
            } else if seed % 3 == 0 {
                ",\n  "
            } else {
                ","
            };
            text.push_str(&format!("\"{key}\":{}{value}{comma}", if seed % 2 == 0 { " " } else { "" }));
        }
        text.push_str(if seed % 3 == 0 { "\n}\n" } else { "}" });
        let Some(merged) = merge(&text, &template) else { continue };
        merged_ones += 1;
        let mut rest = merged.text.as_str();
        // What was there is a subsequence made of few, long runs: the text between two places of insertion.
        let mut was = text.as_str();
        let mut runs = 0;
        while !was.is_empty() {
            let same = was.char_indices().zip(rest.chars()).take_while(|((_, one), other)| one == other).count();
            let same: usize = was.chars().take(same).map(char::len_utf8).sum();
            was = &was[same..];
            rest = &rest[same..];
            runs += 1;
            if !was.is_empty() {
                let next = (1..=rest.len()).find(|at| rest.is_char_boundary(*at) && rest[*at..].starts_with(was));
                let cut = next.or_else(|| {
                    (1..rest.len()).find(|at| {
                        rest.is_char_boundary(*at) && rest[*at..].starts_with(was.chars().next().expect("one"))
                    })
                });
                rest = &rest[cut.unwrap_or_else(|| panic!("{text} -> {}", merged.text))..];
            }
            assert!(runs < 40, "{text} -> {}", merged.text);
        }
        // It is JSON, as long as it was (1E400 is no number to serde_json), and lacks nothing any more.
        if !text.contains("1E400") {
            let read: Value =
                serde_json::from_str(&merged.text).unwrap_or_else(|error| panic!("{error}: {}", merged.text));
            let was: Value = serde_json::from_str(&text).expect("JSON");
            for (key, value) in was.as_object().expect("an object") {
                assert!(read[key] == *value || value.is_object(), "{text} -> {}", merged.text);
            }
        }
        assert_eq!(merge(&merged.text, &template), None, "a second time changes nothing: {}", merged.text);
    }
    assert!(merged_ones > 3_000, "{merged_ones}");
}
