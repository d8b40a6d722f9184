//! Where does a secret get to? Nowhere but to where it is sent: one scenario with every channel that has one, and a search
//! through all that heal and its children wrote and were given. And a name that no server resolves.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use super::acting::{NAP, running, shell, sleeper, started_by};
use super::peer::{Answer, Peer};
use super::servers::smtp;
use super::support::wait_for;

/// What must never be seen: in the files, in the environment, and in what a service says of itself.
const SECRETS: [&str; 3] = ["CANARYfile1234", "CANARYenv56789", "CANARYlog98765"];

#[test]
fn no_secret_is_in_anything_that_heal_or_its_children_wrote_or_were_given() {
    use std::os::unix::fs::PermissionsExt as _;
    // What a server was sent, it may repeat.
    let repeating = |what: &str| Peer::new((0..50).map(|_| Answer::status(403, what)));
    let (peer, refusing, denying) = (Peer::new([]), repeating(SECRETS[0]), repeating(SECRETS[1]));
    let mail = smtp("plain", Some(("bot", SECRETS[0])));
    let (url, other, third) = (peer.url(), refusing.url(), denying.url());
    let see = "cat >/dev/null; cat /proc/self/environ /proc/$$/cmdline /proc/$$/environ";
    let channels = format!(
        "[alert.telegram]\nkind = \"telegram\"\napi = \"{url}\"\ntoken = {{ file = \"secret\" }}\nchat_id = \"1\"\ntemplate = \"{{{{ headline }}}} {{{{ body }}}} {{{{ details }}}}\"\n\n\
         [alert.ntfy]\nkind = \"ntfy\"\nurl = \"{third}\"\ntopic = \"t\"\ntoken = {{ env = \"MY_TOKEN\" }}\n\n\
         [alert.slack]\nkind = \"slack\"\nurl = {{ file = \"url\" }}\n\n\
         [alert.hook]\nkind = \"webhook\"\nurl = {{ file = \"url\" }}\nsecret = {{ file = \"secret\" }}\nheaders = {{ \"X-Token\" = {{ env = \"MY_TOKEN\" }} }}\n\n\
         [alert.am]\nkind = \"alertmanager\"\nurl = \"{url}\"\ntoken = {{ file = \"secret\" }}\n\n\
         [alert.mail]\nkind = \"email\"\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nuser = \"bot\"\npassword = {{ file = \"secret\" }}\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\n\n\
         [alert.local]\nkind = \"email\"\nsendmail = \"sendmail\"\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\n\n\
         [alert.run]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"{see} >>seen.command\"]\n\n\
         [alert.log]\nkind = \"syslog\"\nsocket = \"log\"\n\n[alert.list]\nkind = \"file\"\npath = \"list\"\n\n\
         [alert.alive]\nkind = \"ping\"\nurl = {{ file = \"url\" }}\n",
        mail.port
    );
    let mut project = started_by(r#"["./start"]"#, &channels);
    project.script(
        "start",
        &format!(
            "#!/bin/sh\ncat /proc/$$/environ >>seen.start\nyes '<b>*_`markup`_*</b>' | head -c 100000\n\
             printf '\\033[31mapi_key={}\\n\\000 password: {0}\\n'\n[ -e well ] && exec sleep {NAP}\nexit 1\n",
            SECRETS[2]
        ),
    );
    project.script("sendmail", "#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline >>seen.sendmail\ncat >>mailed\n");
    for (name, text) in [("secret", SECRETS[0].to_owned()), ("url", format!("{other}/{}", SECRETS[0]))] {
        project.write(name, &text);
        fs::set_permissions(project.path(name), fs::Permissions::from_mode(0o600)).expect("set");
    }
    let log = UnixDatagram::bind(project.path("log")).expect("bound");
    log.set_nonblocking(true).expect("set");
    project.env("MY_TOKEN", SECRETS[1]);
    project.env("HEAL__SERVICE__APP__STABLE_FOR", "1ms");
    let mut said = String::new();
    let mut run = |args: &[&str]| {
        let ran = project.heal(args);
        said.push_str(&format!("{}\n{}\n{}\n", args[0], ran.stdout, ran.stderr));
    };
    for args in [&["heal"][..], &["heal"], &["heal"], &["alert", "api_key=CANARYlog98765 leaked"]] {
        run(args);
    }
    project.write("well", "");
    run(&["release", "app"]);
    run(&["heal"]);
    for args in [
        &["heal"][..],
        &["heal"],
        &["status"],
        &["status", "--json"],
        &["check", "--json"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["alert", "list"],
        &["alert", "preview"],
        &["alert", "test"],
    ] {
        run(args);
    }
    // The scenario took place: it was told, it told somebody who repeats it, and it is over.
    let closed = project.events("closed").len();
    assert!(closed == 1 && said.contains("status 403: ***"), "{said}");
    assert!(!mail.kept("mails.jsonl").is_empty() && project.path("seen.sendmail").exists());
    let mut places = vec![("what was printed".to_owned(), said)];
    for path in walk(&project.path("")) {
        // What the service itself writes is its own; the secrets are where their owner put them.
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !["secret", "url", "start", "app.log"].contains(&name.as_str()) {
            let bytes = fs::read(&path).unwrap_or_default();
            places.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let children = project.processes();
    assert!(!children.is_empty(), "the service is a child of heal's");
    for pid in children {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{pid}/{file}")).expect("ours");
            places.push((format!("{file} of {pid}"), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let mut buffer = [0; 65_536];
    while let Ok(count) = log.recv(&mut buffer) {
        places.push(("syslog".to_owned(), String::from_utf8_lossy(&buffer[..count]).into_owned()));
    }
    places.extend(mail.kept("mails.jsonl").iter().map(|mail| ("a mail".to_owned(), mail.to_string())));
    let bodies = [&peer, &refusing, &denying].into_iter().flat_map(Peer::asked);
    places.extend(bodies.map(|asked| ("the body of a request".to_owned(), asked.body)));
    assert!(places.len() > 30, "{}", places.len());
    for (place, text) in places {
        for secret in SECRETS {
            let at = text.find(secret);
            let around =
                at.map(|at| text[..at].chars().rev().take(200).collect::<String>().chars().rev().collect::<String>());
            assert!(at.is_none(), "{secret} is in {place}, behind {around:?}");
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("there").flatten();
    let files = |path: std::path::PathBuf| match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_dir() => walk(&path),
        Ok(meta) if meta.is_file() => vec![path],
        _ => Vec::new(),
    };
    entries.flat_map(|entry| files(entry.path())).collect()
}

/// Nobody answers: the packets arrive at a socket that is never read.
#[test]
fn a_name_that_no_server_resolves_costs_the_timeout_and_no_healing() {
    let address = format!("127.53.{}.{}", std::process::id() % 250, std::process::id() / 250 % 250 + 1);
    let silent = match UdpSocket::bind((address.as_str(), 53)) {
        Ok(socket) => socket,
        Err(error) => {
            assert!(!nix::unistd::Uid::effective().is_root(), "{address}: {error}");
            return;
        }
    };
    let project = sleeper(
        "[alert.hook]\nkind = \"webhook\"\nurl = \"https://alerts.example.org/in\"\ntimeout = \"2s\"\n\n\
         [alert.mail]\nkind = \"email\"\nhost = \"smtp.example.org\"\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\ntimeout = \"2s\"\n\n\
         [alert.list]\nkind = \"file\"\npath = \"list\"\n",
    );
    project.write("resolv.conf", &format!("nameserver {address}\noptions timeout:10 attempts:3\n"));
    project
        .write("script.sh", "mount --bind resolv.conf /etc/resolv.conf || exit 99\n\"$HEAL\" heal; echo \"code $?\"\n");
    let ran = std::thread::scope(|scope| {
        let telling = scope.spawn(|| shell(&project, "unshare -m /bin/sh script.sh"));
        // Healed before anybody is told, and long before it is known that nobody can be.
        wait_for("the service", || running(&project, NAP).len() == 1);
        telling.join().expect("heal ran")
    });
    assert!(ran.stdout.contains("code 1"), "{ran:?}");
    assert!(ran.took.as_secs() < 9, "two timeouts of 2 s: {ran:?}");
    assert!(ran.stdout.contains("healed    app"), "{ran:?}");
    assert!(project.read("list").contains("\"opened\""), "who needs no name is told");
    let listed = project.heal(&["alert", "list", "--json"]).json();
    assert_eq!(listed["waiting"].as_array().expect("a list").len(), 2, "{listed:#}");
    silent.set_nonblocking(true).expect("set");
    assert!(silent.recv(&mut [0; 512]).is_ok(), "it was asked");
}
