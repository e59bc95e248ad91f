//! Tree nodes on their way from another host.

use super::message::Found;
use crate::limits::SHIPMENT_TIMEOUT;
use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use strongroom_protocol::{limits::TREE_NODES_PER_MESSAGE_MAX, pipe::TreeNode};
use tokio::{sync::mpsc, time::timeout_at};

/// Pieces of one shipment that wait to be taken.
const PIECES_MAX: usize = 8;

/// The shipments that are awaited.
#[derive(Default)]
pub(super) struct Shipments {
    next: AtomicU64,
    awaited: Mutex<HashMap<u64, mpsc::Sender<Found>>>,
}

impl Shipments {
    /// Asks, and gathers what comes until the last piece or the time is over.
    pub(super) async fn fetch(&self, ask: impl FnOnce(u64)) -> Vec<TreeNode> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
        self.lock().insert(id, sender);
        ask(id);
        let mut nodes = Vec::new();
        let end = tokio::time::Instant::now() + SHIPMENT_TIMEOUT;
        while let Ok(Some(piece)) = timeout_at(end, pieces.recv()).await {
            nodes.extend(piece.nodes.into_vec());
            if piece.last != 0 || nodes.len() > TREE_NODES_PER_MESSAGE_MAX {
                break;
            }
        }
        self.lock().remove(&id);
        nodes
    }

    /// Takes a piece; what nobody waits for, or comes too fast, is dropped.
    pub(super) fn arrived(&self, piece: Found) {
        let awaited = self.lock();
        if let Some(sender) = awaited.get(&piece.id) {
            let _ = sender.try_send(piece);
        }
    }

    /// Whether none is awaited.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<Found>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
