//! Layers: steadfast as a layer of tower, layers of your own inside of it, and tower's layers as middlewares.

pub use crate::bridge::{LayerFor, NextFuture, NextService, TowerMiddleware};
pub use crate::layer::{Steadfast, SteadfastLayer, SteadfastLayerWith, SteadfastWith};
pub use crate::middleware::SteadfastMiddleware;
pub use crate::own_layers::{LayerOver, OwnLayer, Rest};
