//! Is every secret masked, and does what is none stay readable?

use super::*;

#[test]
fn secrets_are_masked_and_the_rest_stays() {
    let table = [
        (&["app", "--token=abc", "-v"][..], "app --token=*** -v"),
        (&["app", "--password", "hunter2", "run"], "app --password *** run"),
        (&["app", "--token", "--verbose"], "app --token --verbose"),
        (&["curl", "https://u:p@host/x?y=1"], "curl https://***@host/x?***"),
        (&["curl", "https://host/x?key=1"], "curl https://host/x?***"),
        (&["curl", "https://api/bot123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/send"], "curl https://api/bot***/send"),
        (&["python3", "telegram_bridge.py", "--port", "80"], "python3 telegram_bridge.py --port 80"),
    ];
    for (args, shown) in table {
        assert_eq!(command_line(args), shown);
    }
    assert_eq!(line("Authorization: Bearer abc.def token=x ok"), "Authorization: *** *** token=*** ok");
    for (text, shown) in [
        ("password = hunter2 ok", "password = *** ok"),
        ("password: \"two words\" ok", "password: *** *** ok"),
        ("api_key=\"two words\" ok", "api_key=*** *** ok"),
        ("{\"token\": \"abc\", \"n\": 1}", "{\"token\": *** \"n\": 1}"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: *** ***"),
        ("'Authorization': 'Bearer abc.def'}", "'Authorization': *** ***"),
        ("curl -H \"Bearer abc\"", "curl -H \"Bearer ***"),
        ("key sk-abcdefghijklmnop123, next", "key ***, next"),
        ("the task-runner-is-a-long-word stays", "the task-runner-is-a-long-word stays"),
        ("wrong password for ann", "wrong password for ann"),
        ("token=  spaced", "token=  ***"),
        ("run --password hunter2 -v", "run --password *** -v"),
        ("run --token --verbose now", "run --token --verbose now"),
        ("passwd is hunter2 today", "passwd is *** today"),
        ("api_key => hunter2", "api_key => ***"),
        ("'api_key'=> 'hunter2'", "'api_key'=*** ***"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl, next", "jwt ***, next"),
        ("id:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "id:***"),
        ("the eyJ prefix, heyJude.mp3.and.what.follows", "the eyJ prefix, heyJude.mp3.and.what.follows"),
    ] {
        assert_eq!(line(text), shown, "{text}");
    }
    let key = ["a", "-----BEGIN RSA PRIVATE KEY-----", "MIIE", "-----END RSA PRIVATE KEY-----", "b"];
    assert_eq!(lines(&key), ["a", "***", "***", "-----END RSA PRIVATE KEY-----", "b"]);
    let wide = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA";
    let tail = ["a", wide, "kq3=", "-----END PRIVATE KEY-----", "b c"];
    assert_eq!(lines(&tail), ["***", "***", "***", "-----END PRIVATE KEY-----", "b c"], "it began before");
    assert_eq!(lines(&["a b", wide, wide, "kq3=", "a b"]), ["a b", "***", "***", "***", "a b"], "its middle");
    let rule = "=".repeat(60);
    assert_eq!(lines(&["done", &rule, "short"]), ["done", &rule, "short"]);
    assert_eq!(line("listening on 127.0.0.1:80"), "listening on 127.0.0.1:80");
}

/// What gives something away, and what is left of it.
#[test]
fn web_hooks_options_and_words_before_a_password() {
    for (text, shown) in [
        ("POST https://hooks.slack.com/services/T000/B000/XXXXXXXX failed", "POST https://hooks.slack.com/*** failed"),
        ("hooks.slack.com/services/T000/B000/XXXX: 404", "hooks.slack.com/*** 404"),
        (
            "\"https://discord.com/api/webhooks/1234567890/aBcDeFgHiJkLmNoP\", 2 tries",
            "\"https://discord.com/api/webhooks/***\", 2 tries",
        ),
        ("https://u:p@chat.example.org/hooks/abcdefghijklmnopqrstuvwxyz", "https://***@chat.example.org/hooks/***"),
        ("https://api.telegram.org/bot42:short/sendMessage", "https://api.telegram.org/bot***/sendMessage"),
        ("get https://hc-ping.com/0b5e-uuid", "get https://hc-ping.com/***"),
        (
            "{\"url\":\"https://hooks.slack.com/services/T/B/x\",\"token\":\"abc\"}",
            "{\"url\":\"https://hooks.slack.com/***\",\"token\":***",
        ),
        ("{\"n\":1,\"token\":\"abc\"}", "{\"n\":1,\"token\":***"),
        ("mysql -u root -phunter2 db", "mysql -u root -p*** db"),
        ("+ /usr/bin/mysqldump -phunter2", "+ /usr/bin/mysqldump -p***"),
        ("sshpass -p hunter2 ssh host", "sshpass -p *** ssh host"),
        ("curl -sSu ann:hunter2 http://h/", "curl -sSu *** http://h/"),
        ("curl --user=ann:hunter2 http://h/", "curl --user*** http://h/"),
        ("redis-cli -a hunter2 ping", "redis-cli -a *** ping"),
        ("passwd hunter", "passwd ***"),
        ("using password hunter2 for ann", "using password *** for ann"),
        ("Password \"two words\" was taken", "Password *** *** was taken"),
        ("basic dXNlcjpwYXNz", "basic ***"),
        ("sent Basic dXNlcjpwYXNz, got 401", "sent Basic *** got 401"),
        ("Proxy-Authorization: Basic dXNlcjpwYXNz", "Proxy-Authorization: *** ***"),
        ("-H 'Authorization: Basic dXNlcjpwYXNz' http://h/", "-H 'Authorization: *** *** http://h/"),
    ] {
        assert_eq!(line(text), shown, "{text}");
    }
    for (args, shown) in [
        (&["mysql", "-u", "root", "-phunter2", "db"][..], "mysql -u root -p*** db"),
        (&["/usr/bin/curl", "-u", "ann:hunter2", "http://h/"], "/usr/bin/curl -u *** http://h/"),
        (&["net", "password", "hunter2"], "net password ***"),
        (&["curl", "-d", "x", "https://hooks.slack.com/services/T/B/x"], "curl -d x https://hooks.slack.com/***"),
    ] {
        assert_eq!(command_line(args), shown);
    }
}

/// What is no secret stays readable, however much it looks like one.
#[test]
fn ports_paths_and_sentences_stay() {
    for text in [
        "nc -p8080 -l",
        "ssh -p 2222 host",
        "docker run -p 8080:80 image",
        "mysql -P 3306 -h db -p",
        "mysql: [Warning] Using a password on the command line interface can be insecure.",
        "mysql -V | nc -p8080",
        "Failed password for root from 192.0.2.1 port 22",
        "FATAL: password authentication failed for user \"ann\"",
        "the password, if any, is asked for",
        "password must not be empty",
        "password (3 tries left)",
        "basic authentication failed",
        "basic checks passed",
        ".git/hooks/pre-commit failed",
        "/srv/app/webhooks/a-very-long-name-of-a-file.py",
        "http://127.0.0.1:8080/webhook/health",
        "https://docs.example.org/hooks/",
        "https://example.org:8443/a/b",
        "{\"n\":1,\"m\":2}",
        "12:30:15 worker=3 took=5ms",
    ] {
        assert_eq!(line(text), text);
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(command_line(&words), text);
    }
}
