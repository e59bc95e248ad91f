//! Every bound of this crate.

/// Bytes of a pin's text.
pub const PIN_BYTES_MAX: usize = 8 * 1024;
/// Endpoints in a pin or a locator.
pub const ENDPOINTS_MAX: usize = 16;
/// Bytes of one endpoint.
pub const ENDPOINT_BYTES_MAX: usize = 255;
/// Characters of a foreign text that an error repeats.
pub const QUOTED_CHARACTERS_MAX: usize = 64;
