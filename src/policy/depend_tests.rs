use super::*;

fn service(name: &str, needs: &[&str], wants: &[&str]) -> Service {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Service { needs: owned(needs), wants: owned(wants), ..Service::named(name) }
}

/// `db:unhealthy web:unhealthy>db app:healthy>web,db?cache` and so on: `>` needs, `?` wants, `!` failing below its threshold.
fn said(text: &str) -> String {
    let parts: Vec<(Service, Standing, bool)> = text
        .split(' ')
        .map(|part| {
            let (rest, wants) = part.split_once('?').unwrap_or((part, ""));
            let (rest, needs) = rest.split_once('>').unwrap_or((rest, ""));
            let (name, level) = rest.split_once(':').expect("name:level");
            let names = |text: &'_ str| -> Vec<String> {
                text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
            };
            let level = match level.trim_end_matches(['!', '~']) {
                "healthy" => Level::Healthy,
                "unhealthy" => Level::Unhealthy,
                "degraded" => Level::Degraded,
                "starting" => Level::Starting,
                "unknown" => Level::Unknown,
                "disabled" => Level::Disabled,
                other => panic!("{other}"),
            };
            let class = if rest.contains("unhealthy~") { Class::Resource } else { Class::Dead };
            let standing = Standing { level, class: Some(class), summary: "as seen".to_owned() };
            let service = Service { needs: names(needs), wants: names(wants), ..service(name, &[], &[]) };
            (service, standing, rest.ends_with('!'))
        })
        .collect();
    let nodes: Vec<Node<'_>> =
        parts.iter().map(|(service, standing, failing)| Node { service, standing, failing: *failing }).collect();
    let word = |tie: &Option<Tie>| match tie {
        None => "-".to_owned(),
        Some(Tie::Behind(root)) => format!("behind {root}"),
        Some(Tie::Without(name)) => format!("without {name}"),
        Some(Tie::Despite(name)) => format!("despite {name}"),
    };
    ties(&nodes).iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn trouble_is_that_of_whoever_is_down_first() {
    let table = [
        ("db:unhealthy web:unhealthy>db", "-, behind db"),
        ("web:unhealthy>db db:unhealthy", "behind db, -"),
        ("db:unhealthy web:unhealthy>db app:unhealthy>web", "-, behind db, behind db"),
        // Below its threshold it is not acted upon yet, and explains the others' trouble all the same.
        ("db:degraded! web:unhealthy>db", "-, behind db"),
        ("db:starting! web:degraded!>db", "-, behind db"),
        // A warning explains nothing; nor does what nobody can see, nor what is switched off.
        ("db:degraded web:unhealthy>db", "-, -"),
        ("db:unknown web:unhealthy>db", "-, -"),
        ("db:disabled web:unhealthy>db", "-, -"),
        // It serves, and its disk is full: nobody has to wait for that.
        ("db:unhealthy~ web:unhealthy>db", "-, -"),
        // What it needs is well: the trouble is its own, whatever is wrong further below.
        ("db:unhealthy web:healthy>db app:unhealthy>web", "-, despite db, -"),
        ("llm:unhealthy app:healthy?llm", "-, without llm"),
        ("llm:unhealthy app:unhealthy?llm", "-, -"),
        ("llm:unhealthy app:starting?llm", "-, -"),
        ("a:healthy b:healthy>a", "-, -"),
    ];
    for (text, expected) in table {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn who_is_dead_for_a_reason_of_another_class_is_down() {
    // Found by the simulation: a stranger held the port of `db`, which was dead, and whoever needs it was stopped for that.
    let table = [
        ("db:unhealthy~! web:unhealthy>db", "-, behind db"),
        ("db:unhealthy~! web:healthy>db", "-, despite db"),
        ("db:unhealthy~ web:unhealthy>db", "-, -"),
    ];
    for (text, expected) in table {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn who_is_freed_of_the_root_waits_for_whoever_is_between_them() {
    // Found by the simulation: `db` was cured, `web` could not be, and `app`, which needs `web`, was started all the same.
    let standing = |level, class| Standing { level, class: Some(class), summary: "as seen".to_owned() };
    let (dead, hung) = (standing(Level::Unhealthy, Class::Dead), standing(Level::Unhealthy, Class::Hung));
    let table = [
        (dead.clone(), true, None, Level::Unhealthy, None),
        (dead.clone(), false, None, Level::Starting, Some("db")),
        (hung, true, None, Level::Starting, Some("db")),
        (dead, true, Some("web"), Level::Blocked, Some("web")),
        (standing(Level::Healthy, Class::Dead), false, Some("web"), Level::Healthy, None),
    ];
    for (standing, healed, still, level, behind) in table {
        let (after, by) = behind_no_more(standing.clone(), "db", healed, still);
        assert_eq!((after.level, by.as_deref()), (level, behind), "{standing:?} {healed} {still:?}");
    }
}

#[test]
fn what_is_needed_comes_first() {
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);
    let table: &[(&[Row<'_>], &str)] = &[
        (&[("a", &[], &[]), ("b", &[], &[])], "a b"),
        (&[("a", &["b"], &[]), ("b", &[], &[])], "b a"),
        (&[("a", &["b"], &[]), ("b", &["c"], &[]), ("c", &[], &[])], "c b a"),
        (&[("a", &[], &["b"]), ("b", &[], &[])], "b a"),
        // Each wants the other: the file decides. A need is stronger than a wish.
        (&[("a", &[], &["b"]), ("b", &[], &["a"])], "b a"),
        (&[("a", &[], &["b"]), ("b", &["a"], &[])], "a b"),
        (&[("a", &[], &["c"]), ("b", &["a"], &[]), ("c", &["b"], &[])], "a b c"),
        (&[("a", &["gone"], &[])], "a"),
    ];
    for (rows, expected) in table {
        let services: Vec<Service> = rows.iter().map(|(name, needs, wants)| service(name, needs, wants)).collect();
        let all: Vec<&Service> = services.iter().collect();
        let names: Vec<&str> = order(&all).into_iter().map(|place| all[place].name.as_str()).collect();
        assert_eq!(names.join(" "), *expected, "{rows:?}");
    }
}

#[test]
fn who_is_behind_is_blocked_and_who_is_without_is_degraded() {
    let standing = Standing { level: Level::Unhealthy, class: Some(Class::Hung), summary: "http: 502".to_owned() };
    let behind = tied(standing.clone(), &Tie::Behind("db".to_owned()));
    assert_eq!((behind.level, behind.class), (Level::Blocked, Some(Class::Dependency)));
    assert_eq!(behind.summary, "http: 502 (behind `db`, which is down)");
    let without = tied(standing, &Tie::Without("llm".to_owned()));
    assert_eq!((without.level, without.summary.as_str()), (Level::Degraded, "works without `llm`, which is down"));
}

#[test]
fn the_trouble_of_who_works_without_another_one_ends_as_any_other_does() {
    // Found by the simulation: it ended before `recover_after` good looks, as if nobody had looked meanwhile.
    use crate::model::event::Moment;
    use crate::model::{Entry, Event, History, Rules, ServiceHistory, Span, Stamp, Threshold};
    let at = |second: i64| {
        let at = Stamp::from_timestamp(second, 0).unwrap_or_default();
        Moment { at, up: second * 1_000, boot: "boot".to_owned() }
    };
    let rules = Rules { stable_for: Span::secs(120), recover_after: 4, ..Rules::default() };
    let well = Standing { level: Level::Healthy, class: None, summary: String::new() };
    let standing = tied(well, &Tie::Without("cache".to_owned()));
    let ends = |good_looks| {
        let (service, incident, summary) = ("app".to_owned(), "i".to_owned(), String::new());
        let event = Event::Opened { service, incident, class: Class::Dead, summary };
        let mut history = History::default();
        history.apply(&Entry { v: 1, moment: at(0), run: "r".to_owned(), event });
        let open = history.service("app").clone();
        let past = ServiceHistory { good_since: Some(at(60)), good_looks, ..open };
        let (threshold, now) = (|_: &str| Threshold::default(), at(200));
        let look = crate::policy::Look {
            findings: &[],
            process_age_ms: None,
            threshold: &threshold,
            gap: None,
            now: &now,
            life: None,
        };
        let events = crate::policy::follow("app", &standing, look, &rules, &past, "new");
        events.iter().any(|event| matches!(event, Event::Closed { .. }))
    };
    assert_eq!((ends(2), ends(3)), (false, true));
}
