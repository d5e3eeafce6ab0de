//! Nobody reaches the file system of an Aurora instance: no COPY to or from a file or program there, no pg_read_file,
//! no lo_import.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.server_files",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "functions that use files or programs of the server's machine",
        remedy: "let the client read and write the files, or use Aurora's import from and export to S3 (extension aws_s3)",
    },
    include_str!("function_server_files.sql"),
);
