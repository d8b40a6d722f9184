//! Does something answer there? Bounded TCP, Unix-socket and HTTP(S) looks: no redirects, no proxy from the environment, TLS by the platform's roots.

use std::io::Read;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket_with};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Connector, DefaultConnector, NextTimeout};

use crate::model::address::check_port;

/// Bytes of a reply's body that are kept (FAULTS §4.28).
pub const BODY_LIMIT: u64 = 64 * 1024;

/// Bytes of a file of certificates: a whole bundle of them is some hundred kilobytes.
const CA_LIMIT: u64 = 4 * 1024 * 1024;

/// Bytes of a request or a reply that are read or written at once; also the most that the head of a reply may have.
const BUFFER: usize = 16 * 1024;

/// Connects to `host:port` and closes again.
///
/// # Errors
/// [`NetError`]: "refused" is a fact about the service, a name that cannot be resolved is not.
pub fn tcp(address: &str, timeout: Duration) -> Result<(), NetError> {
    dial(address, timeout).map(drop)
}

/// Connects to `host:port`, to the first of its addresses that accepts.
pub(super) fn dial(address: &str, timeout: Duration) -> Result<TcpStream, NetError> {
    let deadline = Instant::now() + timeout;
    let targets = address.to_socket_addrs().map_err(|error| NetError::Unknown(format!("{address}: {error}")))?;
    let mut last = NetError::Unknown(format!("{address} has no address"));
    for target in targets {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&target, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = NetError::from_io(&error),
        }
    }
    Err(last)
}

/// How long a port of this machine may take to accept: it needs no network, so what takes longer is busy.
const HERE: Duration = Duration::from_millis(2);

/// Does this address accept a connection, at once? `false` says nothing: it may be another machine's, or slow, or a name.
#[must_use]
pub fn accepts_here(address: &str) -> bool {
    let address = address.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
    address.is_some_and(|address| accepts(&address).is_ok())
}

/// Connects, waiting in the call itself: one that is refused or accepted within this machine is so before it returns.
#[cfg(target_os = "linux")]
fn accepts(address: &SocketAddr) -> Result<(), Errno> {
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, rustix::net::SocketFlags::CLOEXEC, None)?;
    // Linux bounds a connect by it as well (socket(7)).
    set_socket_timeout(&socket, Timeout::Send, Some(HERE))?;
    connect(&socket, address)
}

#[cfg(not(target_os = "linux"))]
fn accepts(address: &SocketAddr) -> std::io::Result<()> {
    TcpStream::connect_timeout(address, HERE).map(drop)
}

/// Is this asked without TLS, at an address that need not be looked up?
#[must_use]
pub fn is_direct(url: &str) -> bool {
    let uri: Option<ureq::http::Uri> = url.parse().ok();
    uri.is_some_and(|uri| uri.scheme_str() == Some("http") && literal(&uri).is_some())
}

/// The address that a URL names by its numbers.
fn literal(uri: &ureq::http::Uri) -> Option<SocketAddr> {
    let host = uri.host()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let usual = if uri.scheme_str()? == "https" { 443 } else { 80 };
    Some(SocketAddr::new(host.parse().ok()?, uri.port_u16().unwrap_or(usual)))
}

/// Looks names up in a thread, which may hang; an address is none. Not ureq's own resolver: that panics where no thread can be
/// had, and a machine that can start nothing is one to be told of. There the name is looked up here, as long as that takes.
#[derive(Debug)]
struct Names;

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        if let Some(address) = literal(uri) {
            found.push(address);
            return Ok(found);
        }
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(ureq::Error::HostNotFound);
        };
        let name = DefaultResolver::host_and_port(scheme, authority).ok_or(ureq::Error::HostNotFound)?;
        let (tell, told) = std::sync::mpsc::channel();
        let here = name.clone();
        let answer = match std::thread::Builder::new().spawn(move || tell.send(name.to_socket_addrs())) {
            Ok(_) => told.recv_timeout(*timeout.after).map_err(|_| ureq::Error::Timeout(timeout.reason))?,
            Err(_) => here.to_socket_addrs(),
        };
        // So many as there is room for.
        let _ = answer?.try_for_each(|address| found.try_push(address));
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

/// The parts of `host:port`; the host without the brackets of an IPv6 address.
#[must_use]
pub fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty()).then_some((host, port))
}

/// Connects to a Unix stream socket and closes again.
///
/// # Errors
/// [`NetError`].
pub fn unix(path: &Path, timeout: Duration) -> Result<(), NetError> {
    let deadline = Instant::now() + timeout;
    let address = SocketAddrUnix::new(path).map_err(|error| NetError::Unknown(error.to_string()))?;
    loop {
        // A connect that waits cannot be given a deadline; one that does not wait says EAGAIN while nobody accepts and
        // the queue is full.
        let answer = stream().and_then(|socket| connect(&socket, &address));
        match answer {
            Ok(()) => return Ok(()),
            Err(Errno::AGAIN) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(NetError::from_io(&error.into())),
        }
    }
}

/// A Unix stream socket that waits for nothing and closes on exec.
fn stream() -> Result<std::os::fd::OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    let flags = rustix::net::SocketFlags::NONBLOCK | rustix::net::SocketFlags::CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = rustix::net::SocketFlags::empty();
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    #[cfg(not(target_os = "linux"))]
    {
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&socket, rustix::fs::OFlags::NONBLOCK)?;
    }
    Ok(socket)
}

/// Why nothing answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetError {
    /// The other side does not serve: refused, reset, silent.
    Dead(String),
    /// It serves, with a certificate that does not hold here: unknown issuer, expired, another name.
    Untrusted(String),
    /// It could not be asked: no name, no route, no socket of our own.
    Unknown(String),
}

impl NetError {
    pub(super) fn from_io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        // Behind the head of a reply, ureq hands its own errors through as errors of a reader.
        if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            return net_error(inner);
        }
        // What rustls says while it shakes hands.
        if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return tls_error(inner);
        }
        match error.kind() {
            K::InvalidData => Self::Dead(tls_words(&error.to_string())),
            K::ConnectionRefused => Self::Dead("connection refused".to_owned()),
            K::NotFound => Self::Dead("there is no such socket".to_owned()),
            K::TimedOut | K::WouldBlock => Self::Dead("no answer in time".to_owned()),
            K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof => {
                Self::Dead("the connection was cut".to_owned())
            }
            _ => Self::Unknown(error.to_string()),
        }
    }
}

/// Is this a URL that heal may ask: HTTP or HTTPS, and no secret in it?
///
/// # Errors
/// Says what is wrong with it, beginning with its key, `url`.
pub fn check_url(url: &str) -> Result<(), String> {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    // Looked at as it is written: what parses it takes a port that is none for a part of the name, or for no port.
    if let Some(authority) = authority.filter(|authority| !authority.contains('@')) {
        check_port(authority).map_err(|why| format!("`url` {why}"))?;
    }
    let uri: ureq::http::Uri = url.parse().map_err(|_| "`url` is not a URL".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("`url` has to begin with http:// or https://".to_owned());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("`url` holds a user name or password; secrets do not belong in heal.toml".to_owned());
    }
    Ok(())
}

/// Is this a status that a reply can have?
///
/// # Errors
/// Why not, beginning with its key, `status` (RFC 9110 §15: 100 to 599).
pub fn check_status(status: Option<u16>) -> Result<(), String> {
    match status {
        None | Some(100..=599) => Ok(()),
        Some(status) => Err(format!("`status` {status} is never answered; write one from 100 to 599, such as 200")),
    }
}

/// An HTTP request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Method, upper case.
    pub method: &'a str,
    /// `http://` or `https://`.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(String, String)],
    /// The body; empty for none.
    pub body: &'a [u8],
    /// For the whole exchange, name resolution included.
    pub timeout: Duration,
}

/// An HTTP reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// The first [`BODY_LIMIT`] bytes, invalid UTF-8 replaced.
    pub body: String,
    /// The body went on behind them.
    pub cut: bool,
    /// The header `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
}

/// Asks once. Every status is an answer.
///
/// # Errors
/// [`NetError`]; the text never holds the URL, which may carry a token.
pub fn http(request: &Request<'_>) -> Result<Reply, NetError> {
    exchange(request, RootCerts::PlatformVerifier)
}

/// As [`http`], trusting the certificates in this file instead of the platform's, if one is given.
///
/// # Errors
/// [`NetError`]; also when the file cannot be read or holds no certificate.
pub fn http_trusting(request: &Request<'_>, ca: Option<&Path>) -> Result<Reply, NetError> {
    let Some(path) = ca else { return http(request) };
    let unread = |why: String| NetError::Unknown(format!("{}: {why}", path.display()));
    let pem = super::files::read(path, CA_LIMIT).map_err(|error| unread(error.to_string()))?;
    let certificates: Vec<_> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(unread("there is no certificate in it".to_owned()));
    }
    exchange(request, RootCerts::Specific(std::sync::Arc::new(certificates)))
}

fn exchange(request: &Request<'_>, roots: RootCerts) -> Result<Reply, NetError> {
    through(request, roots, DefaultConnector::new())
}

fn through(request: &Request<'_>, roots: RootCerts, way: impl Connector) -> Result<Reply, NetError> {
    let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(request.timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(tls)
        // Its own 128 KB each are cleared before they are used; a health page is small.
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        // One write is not held back by what was written before it.
        .no_delay(!request.body.is_empty())
        .user_agent(concat!("heal/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = ureq::Agent::with_parts(config, way, Names);
    let mut building = ureq::http::Request::builder().method(request.method).uri(request.url);
    for (name, value) in request.headers {
        building = building.header(name, value);
    }
    let wrong = |error: ureq::http::Error| NetError::Unknown(error.to_string());
    let answer = if request.body.is_empty() {
        // No body is not an empty body: `Content-Length: 0` on a GET is refused by some servers.
        agent.run(building.body(()).map_err(wrong)?)
    } else {
        agent.run(building.body(request.body).map_err(wrong)?)
    };
    let mut reply = answer.map_err(|error| net_error(&error))?;
    let status = reply.status().as_u16();
    let retry_after = reply.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    match reply.body_mut().as_reader().take(BODY_LIMIT + 1).read_to_end(&mut body) {
        Ok(_) => {
            let cut = body.len() as u64 > BODY_LIMIT;
            body.truncate(usize::try_from(BODY_LIMIT).unwrap_or(usize::MAX));
            Ok(Reply { status, body: String::from_utf8_lossy(&body).into_owned(), cut, retry_after })
        }
        Err(error) => Err(NetError::from_io(&error)),
    }
}

/// Does the other side not speak TLS properly, is it not whom it should be, or is it we who cannot tell?
fn tls_error(error: &rustls::Error) -> NetError {
    let words = tls_words(&error.to_string());
    match error {
        rustls::Error::InvalidCertificate(_) => NetError::Untrusted(words),
        // Of our own side: no roots on this machine, no clock, no random numbers.
        rustls::Error::General(_) | rustls::Error::FailedToGetCurrentTime | rustls::Error::FailedToGetRandomBytes => {
            NetError::Unknown(words)
        }
        _ => NetError::Dead(words),
    }
}

/// rustls names its cases for programmers; two of them happen to everybody.
fn tls_words(said: &str) -> String {
    if said.contains("UnknownIssuer") {
        return "TLS: the certificate is signed by nobody that this machine trusts".to_owned();
    }
    if said.contains("InvalidContentType") {
        return "TLS: what answers there does not speak TLS".to_owned();
    }
    format!("TLS: {said}")
}

fn net_error(error: &ureq::Error) -> NetError {
    match error {
        ureq::Error::Timeout(_) => NetError::Dead("no answer in time".to_owned()),
        ureq::Error::ConnectionFailed => NetError::Dead("connection failed".to_owned()),
        ureq::Error::Io(error) => NetError::from_io(error),
        ureq::Error::HostNotFound => NetError::Unknown("the host's name cannot be resolved".to_owned()),
        ureq::Error::Rustls(error) => tls_error(error),
        ureq::Error::Protocol(error) => NetError::Dead(format!("not an HTTP reply: {error}")),
        ureq::Error::BadUri(_) => NetError::Unknown("the URL is not valid".to_owned()),
        _ => NetError::Dead("no usable HTTP reply".to_owned()),
    }
}

#[cfg(any(test, fuzzing))]
#[path = "net_fuzz.rs"]
pub(crate) mod fuzz;
