//! Do the two parsers and the list of subcommands agree with each other?

use super::*;

#[test]
fn clap_finds_no_contradiction_and_every_subcommand_is_in_one_group() {
    command().debug_assert();
    let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let mut all: Vec<String> = command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    grouped.sort_unstable();
    all.sort();
    assert_eq!(grouped, all);
}

#[test]
fn the_short_parser_reads_what_the_whole_one_reads_and_nothing_else() {
    let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
    let whole = |argv: &[OsString]| {
        let matches = command().try_get_matches_from(argv).ok()?;
        Cli::from_arg_matches(&matches).ok()
    };
    for line in [
        "heal heal",
        "heal --config /x/heal.toml heal --quiet",
        "heal check --only a --only host --explain --json",
        "heal --format nagios --exit-map 1=0,2=1 check",
        "heal --set a.b=c status bot --acts 5 --set d=e",
        "heal beat bot",
    ] {
        let argv = words(line);
        let (short, whole) = (format!("{:?}", frequent(&argv)), format!("{:?}", whole(&argv)));
        assert_eq!(short, whole, "{line}");
    }
    let others =
        ["heal", "heal --version", "heal check --help", "heal chek", "heal check --onyl a", "heal config check"];
    for line in others.into_iter().chain([
        "heal check extra",
        "heal man",
        "heal --config check heal",
        "heal heal check",
        "heal help check",
    ]) {
        assert!(frequent(&words(line)).is_none(), "{line}");
    }
    let (asked, told) = (words("heal --version"), command().render_version());
    assert!(matches!(parse(&asked), Err(Stop::Shown(text)) if text == told));
}

#[test]
fn the_usual_line_is_read_as_clap_reads_it_and_all_else_is_left_to_it() {
    let parts: &[&[&str]] = &[
        &[],
        &["heal"],
        &["check"],
        &["--quiet"],
        &["-q"],
        &["--json"],
        &["--config", "/x/heal.toml"],
        &["--config", ""],
        &["--config", "-x"],
        &["--config"],
        &["--config=x"],
        &["--dry-run"],
        &["--"],
        &["status"],
    ];
    let mut read = 0;
    for (one, two, three) in
        parts.iter().flat_map(|one| parts.iter().flat_map(move |two| parts.iter().map(move |three| (one, two, three))))
    {
        let argv: Vec<OsString> =
            ["heal"].iter().chain(*one).chain(*two).chain(*three).map(|word| OsString::from(*word)).collect();
        let Some(usual) = usual(&argv) else { continue };
        read += 1;
        let matches = command().try_get_matches_from(&argv).unwrap_or_else(|error| panic!("{argv:?}: {error}"));
        let whole = Cli::from_arg_matches(&matches).expect("the same types");
        assert_eq!(format!("{usual:?}"), format!("{whole:?}"), "{argv:?}");
    }
    // Two words to begin with, three places, and four flags or nothing beside them.
    assert!(read > 100, "{read}");
    let line = ["heal", "--config", "/x/heal.toml", "heal", "--quiet"].map(OsString::from);
    assert!(usual(&line).is_some());
}

#[test]
fn every_subcommand_says_what_it_does() {
    for sub in command().get_subcommands() {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.contains("commands::"), "{}: {about}", sub.get_name());
    }
}
