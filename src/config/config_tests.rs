use super::*;

fn read(text: &str, set: &[&str]) -> Result<Config> {
    let set: Vec<Override> = set.iter().map(|one| Override::flag(one).expect("a --set")).collect();
    parse(Path::new("/srv/bot/heal.toml"), Path::new("/srv/bot"), text, &set).map(|(config, _)| config)
}

/// The messages of all faults, and where they are.
fn faults(text: &str, set: &[&str]) -> Vec<String> {
    let error = read(text, set).expect_err("it is wrong");
    error.faults.iter().map(|fault| format!("{} {}", fault.place, fault.message)).collect()
}

const SERVICE: &str = "[project]\nname = \"x\"\n[service.bot]\nmatch = { executable = \"bot\" }\nstart = [\"./bot\"]\n";

#[test]
fn paths_begin_at_the_file_and_defaults_are_filled_in() {
    let config = read(SERVICE, &["service.bot.cwd=sub"]).expect("right");
    assert_eq!((config.root.as_path(), config.data_dir.as_path()), (Path::new("/srv/bot"), Path::new("/srv/bot/data")));
    let launch = config.services[0].service.launch.as_ref().expect("a start");
    assert_eq!(launch.cwd, Path::new("/srv/bot/sub"));
    assert_eq!(launch.log, Path::new("/srv/bot/data/output/bot.log"), "below the data directory");
    let config = read(SERVICE, &["project.data_dir=/var/lib/bot", "service.bot.log=/var/log/bot.log"]).expect("right");
    let launch = config.services[0].service.launch.as_ref().expect("a start");
    assert_eq!(
        (config.data_dir.as_path(), launch.log.as_path()),
        (Path::new("/var/lib/bot"), Path::new("/var/log/bot.log"))
    );
}

#[test]
fn the_process_probe_is_implied_once_and_stands_first() {
    let names = |text: &str| -> Vec<(String, u32)> {
        let config = read(text, &[]).expect("right");
        config.services[0].probes.iter().map(|probe| (probe.name.clone(), probe.common.fail_after.bad)).collect()
    };
    assert_eq!(names(SERVICE), [("process".to_owned(), 1)]);
    let disk = "[service.bot.probes]\ndisk = { kind = \"disk\", path = \".\", warn_below = \"1GB\" }\n";
    let own = "alive = { kind = \"process\", fail_after = 3 }\n";
    assert_eq!(names(&format!("{SERVICE}{disk}{own}")), [("alive".to_owned(), 3), ("disk".to_owned(), 1)]);
}

#[test]
fn what_belongs_to_one_owner_is_allowed_alone() {
    for rest in [
        "unit = \"systemd:a.service\"",
        "match = { pidfile = \"a.pid\" }",
        "unit = \"launchd:a.b\"\nmatch = { executable = \"a\" }",
    ] {
        read(&format!("[project]\nname = \"x\"\n[service.bot]\n{rest}\n"), &[]).expect(rest);
    }
}

#[test]
fn one_key_that_is_wrong_does_not_hide_the_others() {
    let rest = "stable_for = 5\nladder = [\"pray\"]\nverify_within = \"1h\"\nfoo = 1\n";
    assert_eq!(
        faults(&format!("{SERVICE}{rest}").replace("{ executable = \"bot\" }", "\"bot\""), &[]),
        [
            "heal.toml:4:9 `match` is a string, not a table",
            "heal.toml:6:14 `stable_for` is an integer, not a duration in quotes, such as \"90s\" or \"5m\"",
            "heal.toml:7:10 unknown rung `pray`",
            "heal.toml:8:17 `verify_within` is 1h",
            "heal.toml:9:1 unknown key `foo`",
        ]
    );
}

#[test]
fn places_count_characters_not_bytes() {
    assert_eq!(faults("[project]\nname = { \"ü日\" = 1, x = 2 }\n", &[])[0].split(' ').next(), Some("heal.toml:2:8"));
    assert_eq!(faults("[project] # ü日\n\n[prüject]\n", &[])[0].split(' ').next(), Some("heal.toml:3:4"));
}

#[test]
fn faults_of_set_name_their_key() {
    assert_eq!(
        faults(SERVICE, &["service.bot.fo=1", "service.bot.match={ exe = 1 }", "service.new.x.y=[1]"]),
        [
            "--set service.bot.fo unknown key `fo`",
            "--set service.bot.match unknown key `exe`",
            "--set service.new.x.y unknown key `x`",
            "--set service.new.x.y [service.new] has neither `unit` nor `match`: heal could not tell which process it is",
        ]
    );
}

#[test]
fn nothing_that_is_typed_makes_it_panic_or_pass_as_a_bug() {
    // A whole file with one place after another broken: cut off, doubled, or replaced by what breaks parsers.
    let whole = "[project]\nname = \"ü\"\n[service.bot]\nmatch = { executable = \"bot\", max_matches = 2 }\n\
        start = [\"./bot\", \"--token\", \"日本\"]\nenabled = { env = \"X\", default = true }\n[service.bot.probes]\n\
        log = { kind = \"fresh\", path = \"a\", within = \"5m\" }\nweb = { kind = \"http\", url = \"http://u:p@h?q\" }\n\
        [alert.me]\nkind = \"file\"\npath = \"\"\"\nx\"\"\"\npassword = '''\ny\n";
    let places = (0..=whole.len()).filter(|at| whole.is_char_boundary(*at));
    for at in places {
        let (before, after) = whole.split_at(at);
        for between in ["\n", "\"", "'''", "]", "{", "=", "\u{0}", "\u{feff}", "\u{202e}", "ü", "\r", "-", "9"] {
            for text in [format!("{before}{between}{after}"), format!("{before}{between}")] {
                if let Err(error) = read(&text, &[]) {
                    assert_eq!(error.kind, Kind::Config, "{text}\n{error:?}");
                    assert!(!error.faults.is_empty(), "{text}");
                }
            }
        }
    }
}
