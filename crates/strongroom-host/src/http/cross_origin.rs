//! Pages of other origins whose scripts may ask a node (the Fetch standard, "CORS protocol").
//!
//! It keeps no secret: any program may ask. It is there so that a browser lets an app's own page speak to the fleet; an
//! origin that is not named gets no permission, and the browser keeps the answer from its script.

use axum::http::{HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::CorsLayer;

/// How long a browser may remember the permission.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Permits the origins what a client does.
pub(super) fn layer(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(MAX_AGE)
}
