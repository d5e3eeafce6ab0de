//! Real local servers for the demo and the tests.
