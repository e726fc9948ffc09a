//! Where the server listens, and which proxies it believes.

use std::{
    fmt,
    net::{AddrParseError, IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use ipnet::IpNet;

use crate::error_text::debug_as_display;

/// Where a server listens: a TCP address, or a Unix socket.
///
/// ```
/// use cognito_authorizer::serve::Listen;
///
/// let tcp: Listen = "127.0.0.1:9230".parse()?;
/// let socket: Listen = "unix:/run/cognito-authorizer.sock".parse()?;
/// # Ok::<(), cognito_authorizer::serve::ListenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port; port 0 takes any that is free.
    Tcp(SocketAddr),
    /// The path of a socket. A socket without a server is replaced.
    Unix(PathBuf),
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        match text.strip_prefix("unix:") {
            Some("") => Err(ListenError { text: text.to_owned(), reason: "the path is missing".to_owned() }),
            Some(path) => Ok(Self::Unix(path.into())),
            None => {
                let wrong = |error: AddrParseError| ListenError { text: text.to_owned(), reason: error.to_string() };
                text.parse().map(Self::Tcp).map_err(wrong)
            }
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A text is not an address to listen on, or not a network.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be read: {reason}")]
pub struct ListenError {
    text: String,
    reason: String,
}

debug_as_display!(ListenError);

/// The proxies whose questions are answered: those on this machine, and those of the given networks.
///
/// A peer that may ask can describe any request, and learns whether it would pass.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts proxies on this machine alone: by loopback addresses, or through a Unix socket.
    pub fn local() -> Self {
        Self::default()
    }

    /// Trusts the proxies of a network too: an address such as `10.1.2.3`, or `10.0.0.0/8`.
    ///
    /// # Errors
    ///
    /// [`ListenError`] if the text is neither.
    pub fn and(mut self, network: &str) -> Result<Self, ListenError> {
        let parsed = network.parse::<IpNet>().or_else(|_| network.parse::<IpAddr>().map(IpNet::from));
        let wrong = |error: AddrParseError| ListenError { text: network.to_owned(), reason: error.to_string() };
        self.0.push(parsed.map_err(wrong)?);
        Ok(self)
    }

    /// Whether a peer is trusted; `None` is a Unix socket, whose permissions decide who connects.
    pub(super) fn trusts(&self, peer: Option<SocketAddr>) -> bool {
        let Some(peer) = peer else { return true };
        let address = peer.ip().to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_on_this_machine_and_of_the_named_networks_are_trusted() {
        let local = TrustedProxies::local();
        let named =
            TrustedProxies::local().and("10.0.0.0/8").unwrap().and("192.0.2.7").unwrap().and("2001:db8::/32").unwrap();
        for (peer, is_local, is_named) in [
            ("127.0.0.1:5", true, true),
            ("127.9.9.9:5", true, true),
            ("[::1]:5", true, true),
            ("[::ffff:127.0.0.1]:5", true, true),
            ("10.1.2.3:5", false, true),
            ("[::ffff:10.1.2.3]:5", false, true),
            ("11.1.2.3:5", false, false),
            ("192.0.2.7:5", false, true),
            ("192.0.2.8:5", false, false),
            ("[2001:db8::1]:5", false, true),
            ("[2001:db9::1]:5", false, false),
        ] {
            let peer = Some(peer.parse().unwrap());
            assert_eq!((local.trusts(peer), named.trusts(peer)), (is_local, is_named), "{peer:?}");
        }
        assert!(local.trusts(None), "a Unix socket");
    }

    #[test]
    fn what_is_no_address_is_an_error() {
        for text in ["", "unix:", "localhost:80", "127.0.0.1", "127.0.0.1:99999"] {
            assert!(text.parse::<Listen>().unwrap_err().to_string().contains(&format!("`{text}`")), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0", "*"] {
            assert!(TrustedProxies::local().and(text).is_err(), "{text}");
        }
    }
}
