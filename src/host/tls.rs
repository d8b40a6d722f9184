//! Which certificates does an endpoint serve? A TLS handshake that trusts everybody and says nothing afterwards: good for reading
//! a certificate, and for nothing else.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use super::net::{self, NetError};

/// The chain that `host:port` serves, in its order, each as DER. `name` is what it is asked for (SNI).
///
/// # Errors
/// [`NetError`]: nobody answers, or what answers does not get as far as a certificate.
pub fn chain(address: &str, name: &str, timeout: Duration) -> Result<Vec<Vec<u8>>, NetError> {
    let deadline = Instant::now() + timeout;
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| NetError::Unknown(format!("`{name}` is not a name that TLS can ask for")))?;
    let seen = Arc::new(Onlooker { chain: Mutex::default(), provider: ring::default_provider() });
    let wrong = |error: rustls::Error| NetError::Unknown(error.to_string());
    let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(&seen) as Arc<dyn ServerCertVerifier>;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(wrong)?;
    let mut stream = Timed { stream: net::dial(address, timeout)?, deadline };
    let mut failed = None;
    while connection.is_handshaking() && failed.is_none() {
        failed = connection.complete_io(&mut stream).err();
    }
    let chain = std::mem::take(&mut *seen.chain.lock().unwrap_or_else(PoisonError::into_inner));
    match failed {
        // Who wants a certificate of ours as well ends the handshake behind its own, which was all that was asked for.
        Some(error) if chain.is_empty() => Err(NetError::from_io(&error)),
        _ => Ok(chain),
    }
}

/// Is this a name or an address that a server can be asked for?
#[must_use]
pub fn is_name(name: &str) -> bool {
    ServerName::try_from(name).is_ok()
}

/// A stream whose deadline holds for all that is read and written, however small the pieces are that come.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Notes what was served, and trusts it: nothing is sent to whom it connects to.
#[derive(Debug)]
struct Onlooker {
    chain: Mutex<Vec<Vec<u8>>>,
    provider: CryptoProvider,
}

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(end_entity).chain(intermediates).map(|one| one.as_ref().to_vec());
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = all.collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
