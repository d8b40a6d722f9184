//! `heal config kinds`: does it name everything that may stand in heal.toml, and is what it shows right?

use expect_test::expect;

use super::config_faults::project;
use super::support::Project;

#[test]
fn kinds_lists_everything_that_may_stand_there() {
    let project = Project::new(""); // no heal.toml is needed, so a broken one does no harm
    expect![[r#"
        exit 0
        --- stdout
        Probes
          process      the service's process runs (implied; declare it only to change its threshold)
                       process = { kind = "process", fail_after = 1 }
          fresh        a file or glob was written lately; by its mtime or by a time stamp in a JSON field
                       log = { kind = "fresh", path = "logs/bot.log", within = "5m" }
          beat         the service's work loop called `heal beat` lately, and its progress moved
                       work = { kind = "beat", within = "5m", progress_within = "30m" }
          http         an HTTP or HTTPS request is answered with the expected status, and a body with the expected values
                       health = { kind = "http", url = "http://127.0.0.1:[PORT]/health", json = { ".status" = "ok" }, jq = '.queue != null and .queue < 100' }
          tcp          a TCP address or a Unix socket accepts a connection
                       port = { kind = "tcp", address = "127.0.0.1:[PORT]" }
          port         the service's own process listens on a TCP port; a stranger there, or nobody, is bad
                       listens = { kind = "port", port = 8080, address = "127.0.0.1" }
          certificate  how long the certificates of a file, or those that an endpoint serves, are still valid
                       cert = { kind = "certificate", address = "127.0.0.1:[PORT]", name = "example.org", warn_below = "14d", critical_below = "3d" }
          command      a command exits with 0 (or with 0/1/2/3 like a monitoring plugin)
                       queue = { kind = "command", command = ["true"], timeout = "10s" }
          disk         free space and free inodes of a file system, and whether it has become read-only
                       disk = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "512MB", warn_inodes_below = "5%" }
          memory       memory of the machine in use, and how long work stood still for want of it
                       memory = { kind = "memory", warn_above = "80%", critical_above = "95%", warn_pressure_above = "10%" }
          log          lines added to a file since the last tick fit a regular expression
                       errors = { kind = "log", path = "logs/bot.log", pattern = "ERROR|Traceback", count = "5 per 10m" }
          sqlite       an SQLite database can be read and written, and is sound
                       db = { kind = "sqlite", path = "data/bot.db", quick_check_every = "1h" }

        Rungs of a ladder
          restart      start it again; stop it first if it runs
          stop-stale   stop the hung process and its children (TERM, wait, KILL, confirm), then start it
          clear-locks  stop it as stop-stale does, clear its locks that are proved stale, then start it
          revert       take the code back that it crashes with, where that is armed; then start it again

        Rungs of a service's own, in [service.NAME.remedies]
          command      run a command of one's own; exit code 0 is done
                       flush = { kind = "command", command = ["./scripts/flush-queue"], timeout = "20s" }
          http         send a request; the expected status is done
                       light = { kind = "http", method = "POST", url = "http://127.0.0.1:[PORT]/self/heal" }

        Alert channels
          file         appends one JSON object per line to a file
                       [alert.file]
                       kind = "file"
                       path = "logs/alerts.jsonl"
          command      runs a command with the alert as JSON on its input and in HEAL_* variables
                       [alert.mail]
                       kind = "command"
                       command = ["sh", "-c", "cat >> alerts.txt"]
          telegram     a chat, by a Telegram bot
                       [alert.op]
                       kind = "telegram"
                       token = { file = "secrets/telegram-token" }
                       chat_id = "123456789"
          slack        a chat, by an incoming web hook of Slack or Mattermost
                       [alert.team]
                       kind = "slack"
                       url = { file = "secrets/slack-url" }
          discord      a chat, by a web hook of Discord
                       [alert.guild]
                       kind = "discord"
                       url = { file = "secrets/discord-url" }
          ntfy         a telephone, by ntfy
                       [alert.phone]
                       kind = "ntfy"
                       url = "https://ntfy.sh"
                       topic = "my-bot-a8f3"
          webhook      posts the alert as JSON, by a template of one's own if there is one
                       [alert.hook]
                       kind = "webhook"
                       url = "https://example.org/alerts"
                       body = '{"text": {{ message }}}'
          email        an e-mail, by an SMTP server or by sendmail
                       [alert.email]
                       kind = "email"
                       host = "smtp.example.org"
                       user = "bot"
                       password = { file = "secrets/smtp" }
                       from = "bot@example.org"
                       to = ["me@example.org"]
          alertmanager Prometheus Alertmanager; repeated while it lasts, then resolved
                       [alert.oncall]
                       kind = "alertmanager"
                       url = "http://127.0.0.1:[PORT]"
          syslog       a line in the machine's own log
                       [alert.log]
                       kind = "syslog"
          desktop      a note on the desktop of whoever runs heal
                       [alert.desktop]
                       kind = "desktop"
          ping         a dead-man's switch: hears of every tick, and misses those that do not come
                       [alert.alive]
                       kind = "ping"
                       url = { file = "secrets/ping-url" }

        Locks
          sqlite       a SQLite database: nobody's -wal or -journal is removed, SQLite recovers it once nobody has it open
                       session = { kind = "sqlite", paths = ["data/*.session"], stop_holders = { args_contain = "bot.py" } }
          flock        a file for flock(2): never moved, its holder is told
                       single = { kind = "flock", paths = ["run/single.lock"] }
          pid          a file that names its holder: moved aside once that one is proved dead and nobody has the file
                       run = { kind = "pid", paths = ["run/*.pid"] }
          git          locks of a git repository: moved aside when no git works there and they are older than min_age
                       repository = { kind = "git", paths = [".git"], min_age = "10m" }
          auto         told from the name and the content, never taken for a database; in doubt it stays
                       state = { kind = "auto", paths = ["state/*.lock"], min_age = "5m" }

        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "kinds"]).exits(0).snapshot(&project));
}

#[test]
fn every_example_of_a_kind_is_right() {
    let with = Project::new("");
    let kinds = with.heal(&["config", "kinds", "--json"]).exits(0).json();
    let mut text = project("[service.bot]\nmatch = { executable = \"bot\" }\n\n[service.bot.probes]\n");
    let examples = |group: &str| -> Vec<String> {
        let built = kinds[group]["built"].as_array().expect("a list").clone();
        built.iter().map(|kind| kind["example"].as_str().expect("text").to_owned()).collect()
    };
    let (probes, alerts) = (examples("probes"), examples("alerts"));
    for line in probes.iter().chain(&alerts) {
        text.push_str(&format!("{line}\n"));
    }
    with.write("heal.toml", &text);
    let shown = with.heal(&["config", "show", "--json"]).exits(0).json();
    let count = |value: &serde_json::Value| value.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(count(&shown["config"]["service"]["bot"]["probes"]), probes.len());
    assert_eq!(count(&shown["config"]["alert"]), alerts.len());
    let warnings = with.heal(&["config", "check", "--json"]).exits(0).json();
    assert_eq!(warnings["warnings"], serde_json::json!([]));
}
