//! Takes a company's own database servers to Amazon Aurora.
fn main() {}
