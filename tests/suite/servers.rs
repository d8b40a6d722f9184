//! Real servers at the other end: of a channel Alertmanager, an SMTP server and an HTTPS server with a certificate of a private
//! CA; of a repository git's own, behind a login. Each on a free port of the loopback, ended with the test. What is not installed fails the test: scripts/test installs it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::support::{free_port, wait_for};

/// A server that ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A file of the server's.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The CA that its certificate is from.
    pub fn ca(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// What it kept, a document for each line.
    pub fn kept(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    }

    /// What RCPT TO is answered with from here on.
    pub fn answer(&self, line: Option<&str>) {
        match line {
            Some(line) => std::fs::write(self.path("answer"), line).expect("written"),
            None => std::fs::remove_file(self.path("answer")).expect("removed"),
        }
    }

    /// A script of `servers.d`, which prints its port. The system's Python: it is the one that has the system's packages.
    fn script(name: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        certify(folder.path());
        let own = folder.path().display().to_string();
        Self::of(folder, name, &[&[own.as_str()], args].concat())
    }

    fn of(folder: tempfile::TempDir, name: &str, args: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/servers.d").join(name);
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("python3 is installed");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("readable");
        let port =
            line.trim().parse().unwrap_or_else(|_| panic!("{name} did not start; is python3-aiosmtpd installed?"));
        Self { child, port, folder }
    }
}

/// `privacy`: `plain`, `starttls`, `tls`; with a login, only who logs in may send.
pub fn smtp(privacy: &str, login: Option<(&str, &str)>) -> Server {
    match login {
        Some((user, password)) => Server::script("smtp.py", &[privacy, user, password]),
        None => Server::script("smtp.py", &[privacy]),
    }
}

/// Serves the repositories in this folder to whoever logs in.
pub fn git(folder: &Path, user: &str, password: &str) -> Server {
    Server::of(tempfile::tempdir().expect("a directory"), "git.py", &[&folder.display().to_string(), user, password])
}

pub fn https() -> Server {
    Server::script("https.py", &[])
}

/// The Alertmanager of Prometheus, alone, that tells nobody.
pub fn alertmanager() -> Server {
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("config.yml"), "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
        .expect("written");
    // Somebody else may take the port before it does.
    for _ in 0..5 {
        let port = free_port();
        let mut child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", folder.path().join("config.yml").display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager is installed");
        let mut ended = false;
        wait_for("Alertmanager", || {
            ended = child.try_wait().expect("ours").is_some();
            ended || get(port, "/-/ready").is_some()
        });
        if !ended {
            return Server { child, port, folder };
        }
    }
    panic!("Alertmanager does not start")
}

/// The body of a good reply.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut reply = ureq::get(format!("http://127.0.0.1:{port}{path}")).call().ok()?;
    reply.body_mut().read_to_string().ok()
}

/// A CA of our own, and a certificate from it for this machine.
fn certify(folder: &Path) {
    let script = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=A private CA' \
         -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem 2>/dev/null &&
         openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr 2>/dev/null &&
         printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\nextendedKeyUsage=serverAuth\\n' >ext &&
         openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out server.pem 2>/dev/null";
    let status = Command::new("/bin/sh").args(["-c", script]).current_dir(folder).status().expect("a shell");
    assert!(status.success(), "openssl makes a certificate");
}
