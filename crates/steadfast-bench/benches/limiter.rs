//! `cargo bench -p steadfast-bench --bench limiter [-- --json] [--check]`: what it costs a call to be admitted by a rate
//! that has room, beside governor alone. With `--check`, exit status 1 when it costs more than 1.6 times governor's
//! check and one reading of the clock (a call is timed in any case), or allocates.
//!
//! Our part is what a layer with a rate adds to the same layers without one, so that what they cost in any case cancels
//! out. Of many rounds the best counts: whatever disturbs a round only makes it longer. Where things happen to lie in
//! memory stays the same for as long as a process lives and is worth several percent, so the rounds are spread over a few.

use std::env;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::Request;
use steadfast_bench::allocations;
use steadfast_bench::row::{Calls, finish};
use steadfast_bench::terminal::Terminal;
use steadfast_core::{Policy, Rate};
use steadfast_tower::judge::Judge;
use steadfast_tower::throttle::{Throttle, ThrottleLayer};
use steadfast_tower::{Entry, Scope, Transport};
use tower::{Layer, Service, ServiceExt};

/// Calls in one round: long beside the clock's own grain.
const BATCH: u64 = 250;
/// Rounds of each row in each process; they take turns.
const ROUNDS: usize = 3_000;
const PROCESSES: usize = 8;
/// The argument of a process that runs its rounds and prints the best of each row.
const ONE: &str = "--one";
/// Per second, and at once: more than there can be, so that nobody ever waits.
const RATE: u32 = 1_000_000_000;
/// How much more than governor a rate may cost.
const MOST: f64 = 1.6;

type Build = fn() -> Calls;

/// The rows, in the order of [`Measured`].
const ROWS: [(&str, Build); 3] = [
    ("governor + clock", governor_alone),
    ("with a rate", with_a_rate),
    ("without a rate", without_a_rate),
];

/// Per call.
#[derive(Clone, Copy)]
struct Cost {
    ns: f64,
    allocs: f64,
}

struct Measured {
    governor: Cost,
    with: Cost,
    without: Cost,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime without I/O needs nothing that can be missing");
    let _entered = runtime.enter();
    // Cargo itself passes `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments == [ONE] {
        let [a, b, c] = best(&mut ROWS.map(|(_, build)| build()));
        println!("{a} {b} {c}");
        return ExitCode::SUCCESS;
    }
    let known = ["--json", "--check"];
    if let Some(unknown) = arguments.iter().find(|a| !known.contains(&a.as_str())) {
        eprintln!(
            "unknown argument {unknown}; known are --json (one object on stdout) and --check"
        );
        return ExitCode::from(2);
    }
    let asked = |name: &str| arguments.iter().any(|a| a == name);
    let Some(measured) = measure() else {
        eprintln!("a process that measures did not get through");
        return ExitCode::from(2);
    };
    match asked("--json") {
        true => println!("{}", json(&measured)),
        false => print!("{}", table(&measured)),
    }
    let broken = broken(&measured);
    if !asked("--check") || broken.is_empty() {
        return ExitCode::SUCCESS;
    }
    for promise in broken {
        eprintln!("broken promise: {promise}");
    }
    ExitCode::FAILURE
}

fn measure() -> Option<Measured> {
    let mut ns = [f64::INFINITY; 3];
    for _ in 0..PROCESSES {
        let one = elsewhere()?;
        ns = std::array::from_fn(|row| ns[row].min(one[row]));
    }
    let [governor, with, without] = std::array::from_fn(|row| Cost {
        ns: ns[row],
        allocs: allocations(&mut ROWS[row].1()),
    });
    Some(Measured {
        governor,
        with,
        without,
    })
}

/// The best round of each row in a process of its own.
fn elsewhere() -> Option<[f64; 3]> {
    let output = Command::new(env::current_exe().ok()?).arg(ONE).output();
    let said = String::from_utf8(output.ok()?.stdout).ok()?;
    let ns: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
    ns.try_into().ok()
}

/// The best round of each row in this process, in nanoseconds per call.
fn best(rows: &mut [Calls; 3]) -> [f64; 3] {
    let mut ns = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        for (calls, ns) in rows.iter_mut().zip(&mut ns) {
            *ns = ns.min(time(calls));
        }
    }
    ns
}

/// Per call, after a first batch has filled whatever is filled once.
fn allocations(calls: &mut Calls) -> f64 {
    calls(BATCH);
    allocations::during(|| calls(BATCH)) as f64 / BATCH as f64
}

fn time(calls: &mut Calls) -> f64 {
    let begin = now();
    calls(BATCH);
    now().duration_since(begin).as_nanos() as f64 / BATCH as f64
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long calls really take"
)]
fn now() -> Instant {
    Instant::now()
}

// ===== governor =====

/// The clock that the layers have in a build that ships.
#[derive(Clone, Copy)]
struct Std;

impl Clock for Std {
    type Instant = Instant;

    fn now(&self) -> Instant {
        now()
    }
}

fn governor_alone() -> Calls {
    type Limiter = RateLimiter<NotKeyed, InMemoryState, Std, NoOpMiddleware<Instant>>;

    let often = NonZeroU32::new(RATE).expect("is not zero");
    let limiter = Limiter::direct_with_clock(Quota::per_second(often), Std);
    Box::new(move |count| {
        for _ in 0..count {
            assert!(black_box(limiter.check()).is_ok());
            black_box(now());
        }
    })
}

// ===== steadfast =====

fn with_a_rate() -> Calls {
    let layer = ThrottleLayer::new(Rate::per_second(RATE)).expect("a valid rate");
    over(layer.layer(Terminal::Ready))
}

/// What [`ThrottleLayer`] makes, around a scope that has no rate.
fn without_a_rate() -> Calls {
    let scope = Scope::new(&Policy::standard()).expect("the standard policy is valid");
    let judge = Judge::new(Transport::new(Terminal::Ready));
    over(Entry::new(Arc::new(scope), Throttle::new(judge)))
}

/// Calls with as little in them as there can be.
fn over<S>(mut service: S) -> Calls
where
    S: Service<Request<Bytes>> + 'static,
{
    Box::new(move |count| {
        for _ in 0..count {
            let request = Request::new(Bytes::new());
            let called = async { service.ready().await?.call(request).await };
            assert!(black_box(finish(called)).is_ok());
        }
    })
}

// ===== what is said =====

impl Measured {
    /// What a rate adds.
    fn added(&self) -> Cost {
        Cost {
            ns: self.with.ns - self.without.ns,
            allocs: self.with.allocs - self.without.allocs,
        }
    }

    fn ratio(&self) -> f64 {
        self.added().ns / self.governor.ns
    }
}

fn broken(measured: &Measured) -> Vec<String> {
    let (ratio, allocs) = (measured.ratio(), measured.added().allocs);
    let slow = (ratio > MOST).then(|| {
        format!("a rate adds {ratio:.2}x the time of governor and a clock, {MOST}x are allowed")
    });
    let allocates = (allocs > 0.0).then(|| format!("a rate adds {allocs:.2} allocations"));
    slow.into_iter().chain(allocates).collect()
}

fn table(measured: &Measured) -> String {
    let line = |name: &str, cost: Cost| format!("{name:<20}{:>8.1}{:>8.2}\n", cost.ns, cost.allocs);
    let costs = [measured.governor, measured.with, measured.without];
    let mut table = format!("{:<20}{:>8}{:>8}\n", "per call", "ns", "allocs");
    for ((name, _), cost) in ROWS.iter().zip(costs) {
        table += &line(name, cost);
    }
    table += &line("a rate adds", measured.added());
    table += &format!("that is {:.2}x governor + clock\n", measured.ratio());
    table
}

/// One JSON object: `{"rows":[{"name","ns","allocs"}],"added":{"ns","allocs"},"ratio"}`.
fn json(measured: &Measured) -> String {
    let costs = [measured.governor, measured.with, measured.without];
    let cost = |cost: Cost| format!(r#""ns":{:.1},"allocs":{}"#, cost.ns, cost.allocs);
    let row =
        |((name, _), one): (&(&str, _), Cost)| format!(r#"{{"name":"{name}",{}}}"#, cost(one));
    let rows: Vec<String> = ROWS.iter().zip(costs).map(row).collect();
    format!(
        r#"{{"rows":[{}],"added":{{{}}},"ratio":{:.3}}}"#,
        rows.join(","),
        cost(measured.added()),
        measured.ratio()
    )
}
