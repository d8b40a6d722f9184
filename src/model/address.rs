//! May heal speak to this address about what went wrong? HTTPS, or HTTP on this machine; elsewhere only where the owner says so.
//! Addresses that only exist to give secrets away are refused.

use std::net::IpAddr;

/// What speaks against the address of a channel.
///
/// # Errors
/// Why not; never the address.
pub fn refused(url: &str, allow_http: bool) -> Result<(), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("is not a URL")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("holds a user name or password; secrets do not belong in heal.toml");
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("is not a URL");
    }
    let host = host(authority).ok_or("is not a URL")?;
    check_port(authority)?;
    let address: Option<IpAddr> = host.parse().ok();
    if address.is_some_and(is_link_local) {
        return Err("is an address of the machine's own network card, where clouds give their secrets away");
    }
    match scheme {
        "https" => Ok(()),
        "http" if allow_http || host == "localhost" || address.is_some_and(|address| address.is_loopback()) => Ok(()),
        "http" => {
            Err("begins with http://: everybody on the way could read it; use https://, or say allow_http = true")
        }
        _ => Err("has to begin with https://"),
    }
}

/// Is the port of `host:port` or `[address]:port`, where one stands there, one that can be asked? Whoever reads a URL leniently
/// asks port 80 instead, and judges what answers there.
///
/// # Errors
/// What is wrong with it, as what is said behind the name of a key.
pub fn check_port(authority: &str) -> Result<(), &'static str> {
    let behind = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    let Some((_, port)) = behind.rsplit_once(':') else { return Ok(()) };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(1..) if digits => Ok(()),
        _ => Err("has no valid port behind its last colon; write one from 1 to 65535, such as :8080"),
    }
}

/// The host of `host`, `host:port`, `[address]:port`.
fn host(authority: &str) -> Option<&str> {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// 169.254.0.0/16 and fe80::/10, the former also inside of IPv6.
fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_give_something_away_are_refused() {
        let table = [
            ("https://hooks.example.org/x", true),
            ("http://127.0.0.1:9093", true),
            ("http://localhost/", true),
            ("http://[::1]:80/", true),
            ("http://example.org", false),
            ("https://user:pass@example.org/", false),
            ("https://169.254.169.254/latest", false),
            ("http://[::ffff:169.254.169.254]/", false),
            ("https://[fe80::1]/", false),
            ("file:///etc/passwd", false),
            ("unix:///run/x", false),
            ("https:///x", false),
            ("https://exa mple.org", false),
            ("hooks.example.org", false),
            ("https://example.org:8443/x", true),
            ("http://127.0.0.1:84338/", false),
            ("", false),
        ];
        for (url, fine) in table {
            assert_eq!(refused(url, false).is_ok(), fine, "{url}");
        }
        assert!(refused("http://example.org", true).is_ok());
    }
    #[test]
    fn a_port_is_one_that_there_is() {
        for fine in ["h", "h:1", "h:65535", "127.0.0.1:80", "[::1]", "[::1]:443"] {
            assert_eq!(check_port(fine), Ok(()), "{fine}");
        }
        for wrong in
            ["h:", "h:0", "h:00", "h:65536", "h:84338", "h:abc", "h:+80", "h:-1", "h:8 0", "[::1]:0", "[::1]:x"]
        {
            assert!(check_port(wrong).is_err(), "{wrong}");
        }
    }
}
