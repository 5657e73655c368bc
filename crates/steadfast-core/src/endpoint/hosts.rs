//! Hosts with what belongs to each, found by hash.

use std::collections::HashMap;
use std::net::Ipv6Addr;

use super::host::{Host, address, below};
use crate::url::without_root_dot;

/// Names are in lower case and without a dot at their end.
#[derive(Clone, Debug)]
pub(super) struct Hosts<P> {
    names: HashMap<Box<str>, P>,
    addresses: HashMap<Ipv6Addr, P>,
    below: HashMap<Box<str>, P>,
}

impl<P> Default for Hosts<P> {
    fn default() -> Self {
        Self {
            names: HashMap::new(),
            addresses: HashMap::new(),
            below: HashMap::new(),
        }
    }
}

impl<P: Default> Hosts<P> {
    pub(super) fn entry(&mut self, host: Host) -> &mut P {
        match host {
            Host::Name(name) => self.names.entry(name).or_default(),
            Host::Address(address) => self.addresses.entry(address).or_default(),
            Host::Below(name) => self.below.entry(name).or_default(),
        }
    }
}

impl<P> Hosts<P> {
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut P> {
        let addresses = self.addresses.values_mut();
        let exact = self.names.values_mut().chain(addresses);
        exact.chain(self.below.values_mut())
    }

    /// What `look` finds first: in the exact host, then below the longest name, then below shorter ones.
    pub(super) fn search<'a, T>(
        &'a self,
        host: &str,
        look: impl FnMut(&'a P) -> Option<T>,
    ) -> Option<T> {
        let host = without_root_dot(host);
        // Hosts in URLs are in lower case already (WHATWG URL), but an `http::Uri` may be as it was typed.
        if !host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.search_lower(host, look);
        }
        // No name is longer (RFC 1035, 2.3.4).
        let mut buffer = [0; 255];
        let lower = buffer.get_mut(..host.len())?;
        lower.copy_from_slice(host.as_bytes());
        lower.make_ascii_lowercase();
        self.search_lower(std::str::from_utf8(lower).ok()?, look)
    }

    fn search_lower<'a, T>(
        &'a self,
        host: &str,
        mut look: impl FnMut(&'a P) -> Option<T>,
    ) -> Option<T> {
        if host.starts_with('[') {
            return self.addresses.get(&address(host)?).and_then(look);
        }
        let exact = self.names.get(host).and_then(&mut look);
        if exact.is_some() || self.below.is_empty() {
            return exact;
        }
        below(host).find_map(|name| self.below.get(name).and_then(&mut look))
    }
}
