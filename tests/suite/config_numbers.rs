//! What does a person read whose heal.toml holds amounts that TOML allows and heal cannot take? Word for word.

use expect_test::expect;

use super::config_faults::{project, refused};

/// A service with these lines.
pub fn service(lines: &str) -> String {
    project(&format!("[service.bot]\nmatch = {{ executable = \"bot\" }}\n{lines}"))
}

#[test]
fn numbers_at_the_ends_of_their_range() {
    refused(
        &service(
            "recover_after = -1\nhold_on_exit = [9223372036854775807, 99999999999]\nstable_for = 1e3\nstop_grace = nan\n\
            restart_delay = 0x10\n[service.bot.probes]\na = { kind = \"process\", fail_after = 4294967296 }\n\
            b = { kind = \"http\", url = \"http://127.0.0.1/\", status = 65536 }\nc = { kind = \"process\", fail_after = 0 }\n",
        ),
        &expect![[r#"
            heal: [DIR]/heal.toml has 8 faults

            error: `recover_after` has to be a whole number from 0 to 4294967295
             --> heal.toml:6:17
              |
            6 | recover_after = -1
              |                 ^^

            error: `hold_on_exit` has to be a whole number
             --> heal.toml:7:17
              |
            7 | hold_on_exit = [9223372036854775807, 99999999999]
              |                 ^^^^^^^^^^^^^^^^^^^

            error: `stable_for` is a number, not a duration in quotes, such as "90s" or "5m"
             --> heal.toml:8:14
              |
            8 | stable_for = 1e3
              |              ^^^

            error: `stop_grace` is a number, not a duration in quotes, such as "90s" or "5m"
             --> heal.toml:9:14
              |
            9 | stop_grace = nan
              |              ^^^

            error: `restart_delay` is an integer, not a duration in quotes, such as "90s" or "5m"
              --> heal.toml:10:17
               |
            10 | restart_delay = 0x10
               |                 ^^^^

            error: `fail_after`: `4294967296` is not a number of bad looks such as 3, "3 of 5" or "3 of 5 in 10m"
              --> heal.toml:12:38
               |
            12 | a = { kind = "process", fail_after = 4294967296 }
               |                                      ^^^^^^^^^^

            error: `status` has to be a whole number from 0 to 65535
              --> heal.toml:13:58
               |
            13 | b = { kind = "http", url = "http://127.0.0.1/", status = 65536 }
               |                                                          ^^^^^

            error: `fail_after`: `0`: no number in it may be zero; 1 counts the first bad look
              --> heal.toml:14:38
               |
            14 | c = { kind = "process", fail_after = 0 }
               |                                      ^

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_number_that_toml_has_no_room_for() {
    refused(
        &service("recover_after = 9223372036854775808\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: `recover_after` has to be a whole number from 0 to 4294967295
         --> heal.toml:6:17
          |
        6 | recover_after = 9223372036854775808
          |                 ^^^^^^^^^^^^^^^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn durations_rates_and_sizes_that_are_none() {
    refused(
        &service(
            "startup_grace = \"300\"\nstable_for = \"-5m\"\nstop_grace = \"1e9h\"\nverify_within = \"99999999999h\"\n\
            restart_delay = \"5 parsecs\"\nrestart_limit = \"0 per 1h\"\n[host.probes]\n\
            a = { kind = \"disk\", path = \".\", warn_below = \"99999999999999999999GB\", critical_below = \"5\" }\n\
            b = { kind = \"memory\", warn_above = \"101%\", critical_above = \"nan%\" }\n",
        ),
        &expect![[r#"
            heal: [DIR]/heal.toml has 10 faults

            error: `startup_grace`: `300` has no unit; write "300s" for seconds
             --> heal.toml:6:17
              |
            6 | startup_grace = "300"
              |                 ^^^^^

            error: `stable_for`: `-5m` is not a duration such as "90s", "5m" or "1h 30m": expected number at 0
             --> heal.toml:7:14
              |
            7 | stable_for = "-5m"
              |              ^^^^^

            error: `stop_grace`: `1e9h` is not a duration such as "90s", "5m" or "1h 30m": unknown time unit "e", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
             --> heal.toml:8:14
              |
            8 | stop_grace = "1e9h"
              |              ^^^^^^

            error: `verify_within`: `99999999999h` is longer than ten years
             --> heal.toml:9:17
              |
            9 | verify_within = "99999999999h"
              |                 ^^^^^^^^^^^^^^

            error: `restart_delay`: `5 parsecs` is not a duration such as "90s", "5m" or "1h 30m": unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
              --> heal.toml:10:17
               |
            10 | restart_delay = "5 parsecs"
               |                 ^^^^^^^^^^^

            error: `restart_limit`: `0 per 1h`: neither the count nor the window may be zero
              --> heal.toml:11:17
               |
            11 | restart_limit = "0 per 1h"
               |                 ^^^^^^^^^^

            error: `warn_below`: `99999999999999999999GB` is more than can be counted
              --> heal.toml:13:47
               |
            13 | a = { kind = "disk", path = ".", warn_below = "99999999999999999999GB", critical_below = "5" }
               |                                               ^^^^^^^^^^^^^^^^^^^^^^^^

            error: `critical_below`: `5` has no unit; write "5B" for bytes
              --> heal.toml:13:90
               |
            13 | a = { kind = "disk", path = ".", warn_below = "99999999999999999999GB", critical_below = "5" }
               |                                                                                          ^^^

            error: `warn_above`: `101%` is not a percentage from "0%" to "100%"
              --> heal.toml:14:37
               |
            14 | b = { kind = "memory", warn_above = "101%", critical_above = "nan%" }
               |                                     ^^^^^^

            error: `critical_above`: `nan%` is not a percentage from "0%" to "100%"
              --> heal.toml:14:62
               |
            14 | b = { kind = "memory", warn_above = "101%", critical_above = "nan%" }
               |                                                              ^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}
