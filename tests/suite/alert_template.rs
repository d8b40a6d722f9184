//! Does an owner's own text arrive: by every channel that people read, escaped as it needs, cut, and refused where it stands if
//! it can never be filled in?

use expect_test::expect;

use super::alert_channels::{NASTY, channel};
use super::peer::Peer;
use super::support::Project;

const TEMPLATE: &str = "*{{ level | upper }}* {{ service }}: {{ message }}\n<!here> {% for name, value in details | items %}{{ name }}={{ value }} {% endfor %}{{ details.tried }}\nfrom {{ project }}, {{ category }}";

/// The channel's table, with the template.
fn with(table: &str) -> Project {
    channel(&format!("[alert.x]\n{table}\ntemplate = '''{TEMPLATE}'''\n"))
}

#[test]
fn every_chat_gets_the_owners_words_with_the_values_escaped() {
    let peer = Peer::new([]);
    let url = peer.url();
    let mut seen = String::new();
    for table in [
        format!("kind = \"telegram\"\napi = \"{url}\"\ntoken = {{ file = \"secret\" }}\nchat_id = \"42\""),
        format!("kind = \"slack\"\nurl = \"{url}\""),
        format!("kind = \"discord\"\nurl = \"{url}\""),
        format!("kind = \"ntfy\"\nurl = \"{url}\"\ntopic = \"bot\""),
    ] {
        with(&table).heal(&["alert", NASTY, "--severity", "critical", "--detail", "log=a_b <x>"]).exits(0);
        let asked = peer.asked().pop().expect("asked").json();
        for key in ["text", "content", "title", "message"] {
            if let Some(text) = asked[key].as_str() {
                seen.push_str(&format!("{key}: {}\n", text.replace('\u{2060}', "[WJ]")));
            }
        }
    }
    expect![[r#"
        text: *CRITICAL* host: a_b *c* <!channel> @all ```x``` \u{1b}[31m \u{202e}é😀
        <!here> log=a_b <x> 
        from test, manual
        text: *CRITICAL* host: a_b *c* &lt;!channel&gt; @[WJ]all ```x``` \u{1b}[31m \u{202e}é😀
        <!here> log=a_b &lt;x&gt; 
        from test, manual
        content: *CRITICAL* host: a\_b \*c\* <!channel\> @all \`\`\`x\`\`\` \\u{1b}\[31m \\u{202e}é😀
        <!here> log=a\_b <x\> 
        from test, manual
        title: *CRITICAL* host: a_b *c* <!channel> @all ```x``` \u{1b}[31m \u{202e}é😀
        message: <!here> log=a_b <x> 
        from test, manual
    "#]]
    .assert_eq(&seen);
}

#[test]
fn a_mail_and_a_note_have_the_first_line_as_their_title() {
    let mail = with("kind = \"email\"\nhost = \"localhost\"\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]");
    expect![[r#"
        x
          an e-mail
            From: a@example.org
            To: b@example.org
            Subject: *CRITICAL* web: web: "not" running

            *CRITICAL* web: web: "not" running
            <!here> found=no process fits 
            from test, opened
    "#]]
    .assert_eq(&mail.heal(&["alert", "preview"]).exits(0).stdout);
    let note = with("kind = \"desktop\"");
    expect![[r#"
        x
          a note
            *CRITICAL* web: web: "not" running
            &lt;!here&gt; found=no process fits 
            from test, opened
    "#]]
    .assert_eq(&note.heal(&["alert", "preview"]).exits(0).stdout);
}

#[test]
fn what_can_never_be_filled_in_is_refused_where_it_stands() {
    let project = channel(
        "[alert.x]\nkind = \"slack\"\nurl = { file = \"secret\" }\ntemplate = '''\n{{ message }}\n{{ mesage }}'''\n\n\
         [alert.y]\nkind = \"desktop\"\ntemplate = 5\n\n[alert.z]\nkind = \"ntfy\"\ntopic = \"t\"\ntemplate = \"{# nothing #}\"\n\n\
         [alert.w]\nkind = \"file\"\npath = \"x\"\ntemplate = \"{{ message }}\"\n",
    );
    let ran = project.heal(&["config", "check"]).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: `template` names `mesage`, which no message has; there are timestamp, level, category, message, project, host, service, incident, fingerprint, details, action_required, headline, body
          --> heal.toml:14:12
           |
        14 | template = '''
           |            ^^^

        error: `template` is an integer, not text in quotes
          --> heal.toml:20:12
           |
        20 | template = 5
           |            ^

        error: `template` gives no text
          --> heal.toml:25:12
           |
        25 | template = "{# nothing #}"
           |            ^^^^^^^^^^^^^^^

        error: unknown key `template`
          --> heal.toml:30:1
           |
        30 | template = "{{ message }}"
           | ^^^^^^^^
           |
           = help: known are `path`, `kind`, `enabled`, `min_severity`, `timeout`, `services`, `escalate_after`, `fallback`

          correct it and try again with `heal config check`
    "#]].assert_eq(&project.normalise(&ran.stderr));
}

#[test]
fn what_is_too_long_is_cut_and_no_secret_is_shown() {
    let peer = Peer::new([]);
    let project = with(&format!("kind = \"slack\"\nurl = \"{}\"", peer.url()));
    let long = format!("api_key=CANARYtemplate1 {}", "<log> ".repeat(10_000));
    project
        .heal(&["alert", "long", "--detail", &format!("log={long}"), "--detail", "password=CANARYtemplate2"])
        .exits(0);
    let text = peer.asked()[0].json()["text"].as_str().expect("text").to_owned();
    assert!(text.chars().count() <= 3_900 && text.contains("left out"), "{}", text.chars().count());
    assert!(text.starts_with("*WARNING* host: long\n<!here> ") && text.ends_with("\nfrom test, manual"), "{text}");
    assert!(!text.contains("<log>") && text.contains("&lt;log&gt;"), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
}
