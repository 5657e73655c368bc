//! How an attempt under a limit began.

/// What an adaptive limit wants to know of an attempt again when it is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) epoch: u32,
    pub(super) in_flight: u32,
}
