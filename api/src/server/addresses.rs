//! From which address a request comes. A proxy in front of the service says it in a header,
//! and anybody can write such a header: it is believed of the named proxies alone.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderValue, X_FORWARDED_FOR};

/// An address, or a network in the form `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    /// How many bits of the address are the network's.
    bits: u32,
}

impl Network {
    /// Bits of the address beyond those of the network must be zero.
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(bits.parse().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let length = if address.is_ipv4() { 32 } else { 128 };
        let network = Network { address, bits: bits.unwrap_or(length) };
        (network.bits <= length && network.start(address) == Some(number(address)))
            .then_some(network)
    }

    /// The first address of a network of this size that has the address in it.
    fn start(self, address: IpAddr) -> Option<u128> {
        let length = match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V4(_)) => 32,
            (IpAddr::V6(_), IpAddr::V6(_)) => 128,
            _ => return None,
        };
        let others = length - self.bits;
        Some(
            number(address)
                .checked_shr(others)
                .and_then(|kept| kept.checked_shl(others))
                .unwrap_or(0),
        )
    }

    fn has(self, address: IpAddr) -> bool {
        self.start(address) == Some(number(self.address))
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The proxies whose word is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<Network>);

impl Proxies {
    pub(crate) fn new(networks: Vec<Network>) -> Proxies {
        Proxies(networks)
    }

    fn have(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }

    /// The address of who sent a request: the peer's; where that is a proxy's, the last one in
    /// the headers that is no proxy's. Where the headers do not make sense, or say different
    /// things, the peer's.
    ///
    /// A proxy appends the address that it sees to one of the two headers, and may hand the
    /// other one on as a caller made it up.
    pub(crate) fn caller(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.ip().to_canonical();
        if !self.have(peer) {
            return peer;
        }
        let read = |name, addresses: fn(&str) -> Option<Vec<&str>>| -> Option<Option<IpAddr>> {
            let mut values = headers.get_all(name).peekable();
            values.peek()?;
            Some(self.last_stranger(values, addresses))
        };
        let x_forwarded_for = read(X_FORWARDED_FOR, |text| Some(text.split(',').collect()));
        let said = match (read(FORWARDED, forwarded), x_forwarded_for) {
            (Some(said), None) | (None, Some(said)) => said,
            (Some(one), Some(other)) if one == other => one,
            _ => None,
        };
        said.unwrap_or(peer)
    }

    /// The last address that is no proxy's; the first one where all are.
    fn last_stranger<'a>(
        &self,
        values: impl Iterator<Item = &'a HeaderValue>,
        addresses: fn(&str) -> Option<Vec<&str>>,
    ) -> Option<IpAddr> {
        let mut found = Vec::new();
        for value in values {
            found.extend(addresses(value.to_str().ok()?)?);
        }
        let mut last = None;
        for text in found.into_iter().rev() {
            let address = node(text.trim())?;
            last = Some(address);
            if !self.have(address) {
                break;
            }
        }
        last
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let address = text.parse().ok().or_else(bare);
    let address = address.or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The `for` of each element of a `Forwarded` (RFC 7239), which each must have once. Values in
/// quotation marks may have commas and semicolons in them.
fn forwarded(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for element in outside_quotes(text, ',')? {
        let mut names = None;
        for pair in outside_quotes(element, ';')? {
            let (name, value) = pair.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("for") {
                let value = value.trim();
                let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                if names.replace(inside.unwrap_or(value)).is_some() {
                    return None;
                }
            }
        }
        found.push(names?);
    }
    Some(found)
}

/// The parts between separators that do not stand in quotation marks, each of which must end.
fn outside_quotes(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == separator && !quoted,
        }
        false
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    const PROXY: &str = "10.0.0.7";
    const CALLER: &str = "192.0.2.1";

    /// Who is taken for the caller, with `10.0.0.0/8` and `2001:db8:1::/48` trusted.
    fn caller(peer: &str, headers: &[(&str, &str)]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8:1::/48"].map(|text| Network::parse(text).unwrap());
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
        Proxies::new(networks.to_vec()).caller(peer, &given).to_string()
    }

    #[test]
    fn a_network_has_its_addresses_and_no_others() {
        let has = |network, address: &str| {
            Network::parse(network).unwrap().has(address.parse::<IpAddr>().unwrap())
        };
        assert!(has("10.0.0.0/8", "10.255.255.255") && !has("10.0.0.0/8", "11.0.0.0"));
        assert!(has("10.0.0.7", "10.0.0.7") && !has("10.0.0.7", "10.0.0.6"));
        assert!(has("0.0.0.0/0", "203.0.113.9") && !has("0.0.0.0/0", "::1"));
        assert!(has("::/0", "2001:db8::1") && !has("::/0", "127.0.0.1"));
        assert!(has("2001:db8::/32", "2001:db8:ffff::1") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("2001:db8::1/128", "2001:db8::1") && !has("2001:db8::1", "2001:db8::2"));
        for text in ["", "10", "10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/", "a/8", "::/+1"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn who_is_no_proxy_is_not_believed() {
        for headers in [
            [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.0.0.1")],
            [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")],
        ] {
            assert_eq!(caller(CALLER, &headers), CALLER);
        }
        // An address of IPv4 is the same where it is written as one of IPv6.
        assert_eq!(caller("::ffff:192.0.2.1", &[]), CALLER);
        let headers = [("x-forwarded-for", CALLER)];
        assert_eq!(caller("::ffff:10.0.0.7", &headers), CALLER);
    }

    #[test]
    fn a_proxy_names_the_caller_last() {
        for value in [
            "192.0.2.1",
            "192.0.2.1:4711",
            "203.0.113.9, 192.0.2.1",
            "203.0.113.9,192.0.2.1,10.1.1.1 , 10.2.2.2",
            "no address, 192.0.2.1",
            "::ffff:192.0.2.1",
        ] {
            assert_eq!(caller(PROXY, &[("x-forwarded-for", value)]), CALLER, "{value}");
        }
        let two = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "192.0.2.1, 10.1.1.1")];
        assert_eq!(caller(PROXY, &two), CALLER);
        for value in ["2001:db8::9", "[2001:db8::9]", "[2001:db8::9]:4711"] {
            assert_eq!(caller("2001:db8:1::1", &[("x-forwarded-for", value)]), "2001:db8::9");
        }
        // Where all are proxies, the first one asks for itself.
        let own = [("x-forwarded-for", "10.9.9.9, 10.1.1.1")];
        assert_eq!(caller(PROXY, &own), "10.9.9.9");
    }

    #[test]
    fn the_standard_header_is_read_with_its_quotation_marks() {
        for value in [
            "for=192.0.2.1",
            "For=\"192.0.2.1:4711\";proto=https;by=10.0.0.7",
            "for=203.0.113.9, for=192.0.2.1;host=\"a,b;for=c\"",
            "for=\"203.0.113.9, for=203.0.113.8\" , for=192.0.2.1",
            r#"for="\", for=203.0.113.9", for=192.0.2.1"#,
        ] {
            assert_eq!(caller(PROXY, &[("forwarded", value)]), CALLER, "{value}");
        }
        let value = "for=\"[2001:db8::9]:4711\"";
        assert_eq!(caller(PROXY, &[("forwarded", value)]), "2001:db8::9");
    }

    #[test]
    fn what_makes_no_sense_is_the_proxys_own() {
        for value in ["", "unknown", "192.0.2.1, _hidden", "192.0.2.1,", "192.0.2.1 192.0.2.2"] {
            assert_eq!(caller(PROXY, &[("x-forwarded-for", value)]), PROXY, "{value}");
        }
        for value in [
            "",
            "for=unknown",
            "for=192.0.2.1;for=192.0.2.2",
            "proto=https",
            "192.0.2.1",
            // A caller who leaves a quotation mark open hides the address behind it.
            "for=203.0.113.9, for=\", for=192.0.2.1",
            r#"for=203.0.113.9;x="\, for="[2001:db8::9]""#,
        ] {
            assert_eq!(caller(PROXY, &[("forwarded", value)]), PROXY, "{value}");
        }
        assert_eq!(caller(PROXY, &[]), PROXY);
    }

    #[test]
    fn the_header_that_a_proxy_hands_on_does_not_count_against_the_one_that_it_writes() {
        let headers = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", CALLER)];
        assert_eq!(caller(PROXY, &headers), PROXY);
        let headers =
            [("forwarded", "for=203.0.113.9, for=192.0.2.1"), ("x-forwarded-for", CALLER)];
        assert_eq!(caller(PROXY, &headers), CALLER);
    }
}
