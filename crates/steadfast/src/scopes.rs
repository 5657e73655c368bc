//! Where scopes are found: one per endpoint, origin and identity.
//!
//! Every call looks once, so a scope that exists is found without an allocation. There are never more than a fixed
//! number of them, however many hosts a crawler visits: when the map is full, those go that nobody used since it was
//! full the last time.
//!
//! Most endpoints are one host, so the first scope of each endpoint stands outside of the map, where it is found without
//! a hash and without a lock, with the endpoint itself. It is never evicted: there are no more of them than endpoints.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use steadfast_core::UrlParts;
use steadfast_tower::Scope;

/// The most scopes that are kept.
pub(crate) const MOST: usize = 4096;

/// A bounded concurrent map.
pub(crate) struct Scopes {
    /// Of the operating system, or of a user who wants jitter to be repeatable: whoever does not know it cannot choose
    /// hosts whose hashes collide.
    seed: SharedSeed,
    slots: RwLock<HashMap<u64, Vec<Slot>, BuildHasherDefault<AsItIs>>>,
}

/// What tells scopes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// The endpoint's number, never used for another.
    pub(crate) endpoint: u64,
    /// The number of the named policy that a call asked for; 0 for the endpoint's own.
    pub(crate) named: u64,
    pub(crate) url: UrlParts<'a>,
    pub(crate) identity: Option<&'a str>,
}

pub(crate) struct Slot {
    endpoint: u64,
    named: u64,
    scheme: String,
    host: String,
    port: Option<u16>,
    identity: Option<String>,
    scope: Arc<Scope>,
    used: AtomicBool,
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Scopes {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed: SharedSeed::from_u64(seed),
            slots: RwLock::default(),
        }
    }

    /// The scope of a key, made if it is not there.
    #[inline]
    pub(crate) fn find(
        &self,
        first: &OnceLock<Slot>,
        key: &Key<'_>,
        make: impl Fn() -> Scope,
    ) -> Arc<Scope> {
        match first.get() {
            Some(first) if first.is(key) => Arc::clone(&first.scope),
            _ => self.find_other(first, key, make),
        }
    }

    #[cold]
    fn find_other(
        &self,
        first: &OnceLock<Slot>,
        key: &Key<'_>,
        make: impl Fn() -> Scope,
    ) -> Arc<Scope> {
        if first.get().is_none() {
            let slot = first.get_or_init(|| Slot::new(key, Arc::new(make())));
            // Another thread may have been first, with another host.
            return match slot.is(key) {
                true => Arc::clone(&slot.scope),
                false => self.find_other(first, key, make),
            };
        }
        let hash = self.hash(key);
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots
            .get(&hash)
            .and_then(|slots| slots.iter().find(|s| s.is(key)))
        {
            return slot.found();
        }
        drop(slots);
        self.insert(hash, key, make)
    }

    fn insert(&self, hash: u64, key: &Key<'_>, make: impl Fn() -> Scope) -> Arc<Scope> {
        // Before the lock: a scope that shares with another one looks for that here, too.
        let made = Slot::new(key, Arc::new(make()));
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots
            .get(&hash)
            .and_then(|slots| slots.iter().find(|s| s.is(key)))
        {
            return slot.found();
        }
        if slots.len() >= MOST {
            slots.retain(|_, slots| {
                slots.retain(|slot| slot.used.swap(false, Ordering::Relaxed) || slot.is_held());
                !slots.is_empty()
            });
            if slots.len() >= MOST {
                // All of them were used; which half goes is no longer a question of merit.
                let mut keep = false;
                slots.retain(|_, slots| {
                    keep = !keep;
                    keep || slots.iter().any(Slot::is_held)
                });
            }
        }
        let scope = Arc::clone(&made.scope);
        slots.entry(hash).or_default().push(made);
        scope
    }

    /// All scopes of the map.
    #[cfg(feature = "throttle")]
    pub(crate) fn all(&self) -> Vec<Arc<Scope>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().flatten().map(Slot::scope).collect()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Depends on the seed alone, and so does whatever is drawn from it.
    pub(crate) fn hash(&self, key: &Key<'_>) -> u64 {
        let (url, numbers) = (&key.url, (key.endpoint, key.named));
        let mut hasher = FoldHasher::with_seed(0, &self.seed);
        // Texts first: they are mixed with the seed, and small numbers need something random to be mixed with.
        (url.scheme, url.host, key.identity, url.port, numbers).hash(&mut hasher);
        hasher.finish()
    }
}

impl Slot {
    fn new(key: &Key<'_>, scope: Arc<Scope>) -> Self {
        Self {
            endpoint: key.endpoint,
            named: key.named,
            scheme: key.url.scheme.to_owned(),
            host: key.url.host.to_owned(),
            port: key.url.port,
            identity: key.identity.map(str::to_owned),
            scope,
            used: AtomicBool::new(true),
        }
    }

    #[cfg(feature = "throttle")]
    pub(crate) fn scope(&self) -> Arc<Scope> {
        Arc::clone(&self.scope)
    }

    fn is(&self, key: &Key<'_>) -> bool {
        self.port == key.url.port
            && self.host == key.url.host
            && self.endpoint == key.endpoint
            && self.named == key.named
            && self.scheme == key.url.scheme
            && self.identity.as_deref() == key.identity
    }

    /// Whether a call is under way in it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.scope) > 1
    }

    fn found(&self) -> Arc<Scope> {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        Arc::clone(&self.scope)
    }
}

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scopes(..)")
    }
}

#[cfg(test)]
mod tests {
    use steadfast_core::Policy;

    use super::*;

    fn key<'a>(endpoint: u64, host: &'a str, identity: Option<&'a str>) -> Key<'a> {
        let url = UrlParts::new("https", host, None, "/", None);
        Key {
            endpoint,
            named: 0,
            url,
            identity,
        }
    }

    fn scope() -> Scope {
        Scope::new(&Policy::standard()).unwrap()
    }

    #[test]
    fn the_same_key_finds_the_same_scope_and_no_other_does() {
        let scopes = Scopes::new(7);
        let keys = [
            key(0, "a.com", None),
            key(0, "b.com", None),
            key(1, "a.com", None),
            key(1, "b.com", None),
            key(0, "a.com", Some("acme")),
            key(0, "a.com", Some("other")),
        ];
        let firsts = [OnceLock::new(), OnceLock::new()];
        let find = |key: &Key<'_>, make: fn() -> Scope| {
            scopes.find(&firsts[key.endpoint as usize], key, make)
        };
        let made: Vec<_> = keys.iter().map(|key| find(key, scope)).collect();
        for (n, key) in keys.iter().enumerate() {
            let found = find(key, || panic!("it is there already"));
            for (m, other) in made.iter().enumerate() {
                assert_eq!(Arc::ptr_eq(&found, other), n == m, "{n} and {m}");
            }
        }
    }

    /// Jitter is drawn from it, so a seed that was given makes it repeatable.
    #[test]
    fn a_hash_depends_on_the_seed_and_on_every_part_of_the_key() {
        let url = |scheme, port| UrlParts::new(scheme, "a.com", port, "/", None);
        let base = key(0, "a.com", None);
        let keys = [
            base,
            Key { named: 1, ..base },
            key(1, "a.com", None),
            key(0, "b.com", None),
            key(0, "a.com", Some("")),
            key(0, "a.com", Some("acme")),
            Key {
                url: url("http", None),
                ..base
            },
            Key {
                url: url("https", Some(8443)),
                ..base
            },
        ];
        let hashes = |seed| {
            let scopes = Scopes::new(seed);
            let numbered = (0..1024).map(|n| Key {
                endpoint: n / 32,
                named: n % 32,
                ..base
            });
            let named = keys.iter().copied().chain(numbered.skip(33));
            named.map(|key| scopes.hash(&key)).collect::<Vec<_>>()
        };
        assert_eq!(hashes(7), hashes(7));
        let both = [hashes(7), hashes(8)].concat();
        let different: std::collections::HashSet<_> = both.iter().collect();
        assert_eq!(different.len(), both.len());
        let path = UrlParts::new("https", "a.com", None, "/path", Some("query"));
        let elsewhere = Key { url: path, ..base };
        assert_eq!(Scopes::new(7).hash(&elsewhere), hashes(7)[0]);
    }

    #[test]
    fn a_crawler_does_not_grow_the_map_without_end() {
        let scopes = Scopes::new(7);
        let first = OnceLock::new();
        scopes.find(&first, &key(0, "first.com", None), scope);
        let policy = Arc::new(Policy::standard().prepare().unwrap());
        for n in 0..3 * MOST {
            let host = format!("host-{n}.com");
            scopes.find(&first, &key(0, &host, None), || {
                Scope::with(Arc::clone(&policy), None, 7)
            });
            scopes.find(&first, &key(0, "often.com", None), scope);
            assert!(scopes.len() <= MOST);
        }
        assert!(scopes.len() > MOST / 4);
    }
}
