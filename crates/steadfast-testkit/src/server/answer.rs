//! Writing an answer, or the part of it that the script allows.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use http::StatusCode;

use super::connection::Connection;
use super::head::Head;
use crate::step::{Answer, End};

/// The largest piece that is written at once when nothing else is said.
const PIECE: usize = 64 * 1024;

/// What is to become of the connection.
pub(super) enum After {
    Keep,
    Close,
    Reset,
    Nothing,
}

pub(super) async fn write(
    connection: &mut Connection,
    answer: &Answer,
    head: &Head,
) -> io::Result<After> {
    let has_body = answer.has_body(&head.method);
    let mut pending = BytesMut::new();
    put_head(answer, &mut pending);
    let piece = answer.drip.map_or(PIECE, |drip| drip.chunk);
    let mut rest = if has_body {
        answer.sent()
    } else {
        Bytes::new()
    };
    let mut first = true;
    while !rest.is_empty() {
        if let (Some(drip), false) = (answer.drip, first) {
            connection.wait(drip.every).await?;
        }
        first = false;
        let part = rest.split_to(piece.min(rest.len()));
        put_part(answer.chunked, &part, &mut pending);
        connection.write(&pending).await?;
        pending.clear();
    }
    if answer.chunked && has_body && !answer.is_cut() {
        pending.put_slice(b"0\r\n\r\n");
    }
    connection.write(&pending).await?;
    Ok(match answer.end {
        End::Keep if head.last => After::Close,
        End::Keep => After::Keep,
        End::Fin => After::Close,
        End::Rst => After::Reset,
        End::Hang => After::Nothing,
    })
}

fn put_head(answer: &Answer, out: &mut BytesMut) {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|s| s.canonical_reason());
    let line = format!(
        "HTTP/1.1 {:03} {}\r\n",
        answer.status,
        reason.unwrap_or_default()
    );
    out.put_slice(line.as_bytes());
    for (name, value) in answer.lines() {
        out.put_slice(&name);
        out.put_slice(b": ");
        out.put_slice(&value);
        out.put_slice(b"\r\n");
    }
    out.put_slice(b"\r\n");
}

fn put_part(chunked: bool, part: &[u8], out: &mut BytesMut) {
    if chunked {
        out.put_slice(format!("{:x}\r\n", part.len()).as_bytes());
        out.put_slice(part);
        out.put_slice(b"\r\n");
    } else {
        out.put_slice(part);
    }
}
