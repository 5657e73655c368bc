//! The thread that reads and commits.
//!
//! A commit waits for the disk, so it belongs on no thread that drives futures. Books offer what changed once a second,
//! which is what a killed process may forget, and what a disk hardly notices. What several offer at the same time gets
//! into one commit.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use redb::{Database, ReadableDatabase, ReadableTable};
use steadfast_tower::store::{Count, StoreError};
use tokio::sync::oneshot;

use crate::open::{Boxed, COUNTS, size};
use crate::upkeep::Upkeep;

/// The thread, as others see it.
pub(crate) struct Keeper {
    /// `None` when it is to end.
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Load(Vec<String>, Reply<Vec<Count>>),
    /// Without a reply: the last ones of a book.
    Keep(Vec<Count>, Option<Reply<()>>),
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

// ===== impl Keeper =====

impl Keeper {
    pub(crate) fn start(database: Database, mut upkeep: Upkeep) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel();
        let thread = thread::Builder::new().name("steadfast-quotas".to_owned());
        let thread = thread.spawn(move || work(&database, &received, &mut upkeep))?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    pub(crate) async fn load(&self, keys: Vec<String>) -> Result<Vec<Count>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Load(keys, reply));
        answer.await.map_err(StoreError::new)?
    }

    pub(crate) async fn keep(&self, counts: Vec<Count>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Keep(counts, Some(reply)));
        answer.await.map_err(StoreError::new)?
    }

    pub(crate) fn keep_last(&self, counts: Vec<Count>) {
        self.order(Order::Keep(counts, None));
    }

    /// A thread that is gone drops the reply, which is an answer, too.
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Keeper {
    /// Everything that was ordered is done before.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // It panics only where redb does, and then there is nothing left to keep.
            let _ = thread.join();
        }
    }
}

fn work(database: &Database, orders: &Receiver<Order>, upkeep: &mut Upkeep) {
    while let Ok(first) = orders.recv() {
        let (mut counts, mut kept, mut loads) = (Vec::new(), Vec::new(), Vec::new());
        for order in std::iter::once(first).chain(orders.try_iter()) {
            match order {
                Order::Load(keys, reply) => loads.push((keys, reply)),
                Order::Keep(more, reply) => {
                    counts.extend(more);
                    kept.push(reply);
                }
            }
        }
        if !kept.is_empty() {
            let result = write(database, &counts, upkeep).map_err(|error| error.to_string());
            for reply in kept {
                answer(reply, &result);
            }
        }
        for (keys, reply) in loads {
            // Nobody may wait for it any more.
            let _ = reply.send(read(database, &keys).map_err(StoreError::new));
        }
    }
}

fn answer(reply: Option<Reply<()>>, result: &Result<(), String>) {
    let result = result.clone().map_err(StoreError::new);
    match (reply, result) {
        (Some(reply), result) => {
            let _ = reply.send(result);
        }
        (None, Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(target: "steadfast", error, "the last counts of quotas were not kept");
        }
        (None, Ok(())) => {}
    }
}

fn write(database: &Database, counts: &[Count], upkeep: &mut Upkeep) -> Result<(), Boxed> {
    upkeep.look(database)?;
    let left = insert(database, counts, upkeep)?;
    if !left.is_empty() && upkeep.may_make_room() {
        upkeep.make_room(database)?;
        insert(database, &left, upkeep)?;
    }
    Ok(())
}

/// Writes counts; gives back those that are new and have no room.
fn insert(database: &Database, counts: &[Count], upkeep: &mut Upkeep) -> Result<Vec<Count>, Boxed> {
    let mut left = Vec::new();
    let write = database.begin_write()?;
    {
        let mut table = write.open_table(COUNTS)?;
        for count in counts {
            let key = (count.key.as_str(), count.writer);
            let bytes = count.to_bytes();
            let size = size(&count.key, &bytes);
            let before = table.get(key)?.map(|before| before.value().len() as u64);
            match before {
                Some(before) => upkeep.grows(before, bytes.len() as u64),
                None if upkeep.has_room(size) => {}
                None => {
                    left.push(count.clone());
                    continue;
                }
            }
            table.insert(key, bytes.as_slice())?;
        }
    }
    // Durable when it returns, redb's default.
    write.commit()?;
    Ok(left)
}

fn read(database: &Database, keys: &[String]) -> Result<Vec<Count>, Boxed> {
    let read = database.begin_read()?;
    let table = read.open_table(COUNTS)?;
    let mut counts = Vec::new();
    for key in keys {
        for row in table.range((key.as_str(), 0)..=(key.as_str(), u64::MAX))? {
            let (of, bytes) = row?;
            let (_, writer) = of.value();
            // All of them could be read when the file was opened.
            counts.push(Count::from_bytes(key.as_str(), writer, bytes.value())?);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use steadfast_core::Quota;
    use steadfast_core::quota::Ledger;
    use steadfast_tower::clock;

    use super::*;
    use crate::open::in_memory;

    /// A count of a day that ended so many days ago.
    fn count(key: &str, days: u64) -> Count {
        let mut ledger = Ledger::new(Quota::per_day(10).prepare().unwrap());
        let at = clock::wall() - Duration::from_secs(days * 86_400);
        ledger.take(at, 1).unwrap();
        Count::new(key.to_owned(), 0, ledger.save())
    }

    #[test]
    fn a_full_file_drops_what_is_over_keeps_what_it_has_and_takes_no_more() {
        let database = in_memory();
        let one = size("key 00", &count("key 00", 0).to_bytes());
        let mut upkeep = Upkeep::of_size(one * 20);
        let mut keep = |keys: std::ops::Range<u32>, days| {
            let counts = keys.map(|n| count(&format!("key {n:02}"), days));
            let counts: Vec<_> = counts.collect();
            write(&database, &counts, &mut upkeep).unwrap();
            let keys: Vec<_> = (0..100).map(|n| format!("key {n:02}")).collect();
            read(&database, &keys).unwrap().len()
        };
        assert_eq!(keep(0..10, 5), 10);
        assert_eq!(keep(10..20, 0), 20);
        assert_eq!(keep(20..25, 0), 15, "those of days ago went");
        assert_eq!(keep(30..60, 0), 20);
        assert_eq!(keep(60..70, 0), 20);
        assert_eq!(keep(10..20, 0), 20, "what is there is written");
    }

    #[tokio::test]
    async fn a_thread_that_is_gone_is_an_error_and_not_waited_for() {
        let (orders, _) = mpsc::channel();
        let keeper = Keeper {
            orders: Some(orders),
            thread: None,
        };
        keeper.load(Vec::new()).await.unwrap_err();
        keeper.keep(Vec::new()).await.unwrap_err();
        keeper.keep_last(Vec::new());
    }
}
