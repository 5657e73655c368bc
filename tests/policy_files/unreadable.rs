//! What stands at a policy file's path and is no policy file: nothing, a pipe, a device, too much. It is refused at the
//! start and changes nothing later, reading it ends, and a warning says so.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use steadfast::Policies;
use steadfast::config::Config;
use steadfast::config::WatchOptions;
use steadfast_testkit::Transport;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::capture::hear;
use super::{EVERY, Folder, attempts, look_twice, over, record};

const LARGEST: u64 = 16 << 20;

/// A name, and what puts something at the file's path.
#[cfg(unix)]
type Put<'a> = (&'a str, &'a dyn Fn(&Path));

fn refused(path: &Path) -> String {
    let read = Config::read(path).unwrap_err().to_string();
    let watched = Policies::watch(path).unwrap_err().to_string();
    assert_eq!(read, watched);
    read
}

#[cfg(unix)]
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn pipes_devices_and_folders_are_refused_at_once() {
    let folder = Folder::new("refused");
    let pipe = folder.0.join("pipe.toml");
    make_pipe(&pipe);
    let zero = folder.0.join("zero.toml");
    std::os::unix::fs::symlink("/dev/zero", &zero).unwrap();
    let inner = folder.0.join("folder.toml");
    std::fs::create_dir(&inner).unwrap();
    for path in [pipe, zero, inner] {
        let message = refused(&path);
        assert!(message.contains("not a regular file"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_of_16_mib_is_read_and_one_byte_more_is_refused() {
    let folder = Folder::new("large");
    let start = attempts(2);
    let blanks = " ".repeat(LARGEST as usize - start.len());
    folder.write(&(start + &blanks));
    assert!(Config::read(&folder.file()).is_ok());
    // Nothing of a sparse file is read.
    let file = File::options().write(true).open(folder.file()).unwrap();
    file.set_len(2 << 30).unwrap();
    let message = refused(&folder.file());
    assert!(
        message.contains("2147483648 bytes; at most 16777216"),
        "{message}"
    );
    file.set_len(LARGEST + 1).unwrap();
    refused(&folder.file());
}

#[cfg(unix)]
#[test]
fn a_watch_goes_on_whatever_takes_the_place_of_the_file() {
    let folder = Folder::new("replaced");
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let options = WatchOptions::new().every(EVERY).on_change(move |result| {
        kept.lock()
            .unwrap()
            .push(result.map_err(ToString::to_string));
    });
    let (heard, ()) = hear(LevelFilter::INFO, async {
        folder.write(&attempts(2));
        let policies = Policies::watch_with(folder.file(), options).unwrap();
        let client = over(&policies, &Transport::new(502));
        let put: [Put<'_>; 4] = [
            ("nothing", &|_| ()),
            ("pipe", &|path| make_pipe(path)),
            ("zero", &|path| {
                std::os::unix::fs::symlink("/dev/zero", path).unwrap()
            }),
            ("large", &|path| {
                File::create(path).unwrap().set_len(2 << 30).unwrap()
            }),
        ];
        for (n, (name, put)) in put.iter().enumerate() {
            std::fs::remove_file(folder.file()).unwrap();
            put(&folder.file());
            look_twice().await;
            look_twice().await;
            assert_eq!(record(&client).await.attempt_count(), 2, "{name}");
            assert_eq!(told.lock().unwrap().len(), n + 1, "{name}: told once");
            let _ = std::fs::remove_file(folder.file());
            folder.write(&attempts(2));
            look_twice().await;
        }
        folder.write(&attempts(3));
        look_twice().await;
        assert_eq!(record(&client).await.attempt_count(), 3);
    });
    let told = told.lock().unwrap();
    let reasons = [
        "cannot be read",
        "not a regular",
        "not a regular",
        "2147483648 bytes",
    ];
    for (reason, told) in reasons.iter().zip(told.iter()) {
        let told = told.as_ref().unwrap_err();
        assert!(told.contains(reason), "{told}");
    }
    assert_eq!(told[reasons.len()..], [Ok(())]);
    let warnings = heard.said(Level::WARN);
    let warnings = warnings
        .iter()
        .filter(|text| text.contains("is gone or unreadable"));
    assert_eq!(warnings.count(), reasons.len());
    let back = heard.said(Level::INFO);
    let back = back
        .iter()
        .filter(|text| text.contains("can be read again"));
    assert_eq!(back.count(), reasons.len());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_exchanged_is_not_warned_about() {
    let folder = Folder::new("gap");
    folder.write(&attempts(2));
    let told = Arc::new(Mutex::new(0));
    let kept = Arc::clone(&told);
    let options = WatchOptions::new()
        .every(EVERY)
        .on_change(move |_| *kept.lock().unwrap() += 1);
    let policies = Policies::watch_with(folder.file(), options).unwrap();
    std::fs::remove_file(folder.file()).unwrap();
    // One reading.
    tokio::time::sleep(EVERY + EVERY / 2).await;
    tokio::task::spawn_blocking(|| ()).await.unwrap();
    folder.write(&attempts(2));
    look_twice().await;
    assert_eq!(*told.lock().unwrap(), 0);
    drop(policies);
}

#[test]
fn a_stream_is_read_within_bounds_and_its_format_is_seen() {
    let read = |text: &[u8], name: &str| Config::reader().read_stream(text, name);
    let json = br#"{"policies": {"a": {"attempts": 2}}}"#;
    for (text, name) in [
        (&b"[policies.a]\nattempts = 2\n"[..], "standard input"),
        (json, "standard input"),
        (&b"\n\t {\"policies\": {\"a\": {}}}"[..], "/dev/fd/63"),
        (json, "x.JSON"),
    ] {
        assert_eq!(read(text, name).unwrap().policies().count(), 1, "{name}");
    }
    assert!(read(json, "x.toml").is_err(), "the name comes first");
    let endless = Config::reader().read_stream(std::io::repeat(b' '), "x");
    assert!(
        endless
            .unwrap_err()
            .to_string()
            .contains("more than 16 MiB")
    );
}
