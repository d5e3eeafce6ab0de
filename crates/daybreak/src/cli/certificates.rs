//! Amazon's certificate authorities on this machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use daybreak_cloud::published_authorities;
use daybreak_engine::{AmazonPartition, amazon_authorities, count_amazon_authorities};
use serde::Serialize;

use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Tells which of Amazon's certificate authorities for RDS and Aurora are on this machine. Connections verify a cluster's certificate by
/// them, and no system trusts them by itself.
#[derive(Debug, Args)]
pub(crate) struct Certificates {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Bring them from where AWS publishes them, and keep them where every later run finds them.
    Fetch(Fetch),
}

#[derive(Debug, Args)]
struct Fetch {
    /// Which of Amazon's clouds.
    #[arg(long, value_enum, default_value = "aws")]
    partition: Cloud,
    /// Another address of HTTPS, such as a mirror of your own. Whoever answers is verified by the system's authorities.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Write them here instead. A connection finds them there when `DAYBREAK_RDS_CA` or a server's `ca` names the file.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Cloud {
    /// All commercial regions.
    Aws,
    /// AWS `GovCloud` (US).
    AwsUsGov,
    /// China.
    AwsCn,
}

/// One file. The names of these fields are public.
#[derive(Serialize)]
struct File {
    path: PathBuf,
    /// How many authorities it holds; `None` where it cannot be used.
    authorities: Option<usize>,
    /// Why it cannot.
    why: Option<String>,
}

impl Certificates {
    /// Exit status 3 where there are none, or a file that was named cannot be used.
    pub(crate) async fn run(self, format: Format) -> Result<Exit, Trouble> {
        match self.what {
            None => Ok(tell(format)),
            Some(What::Fetch(fetch)) => fetch.run(format).await,
        }
    }
}

fn tell(format: Format) -> Exit {
    let files: Vec<File> = amazon_authorities().into_iter().map(look).collect();
    let usable = !files.is_empty() && files.iter().all(|file| file.why.is_none());
    match format {
        Format::Json => output::json(&files),
        Format::Text => {
            for file in &files {
                let path = file.path.display();
                match (&file.why, file.authorities.unwrap_or_default()) {
                    (Some(why), _) => output::line(format!("{path}: {why}")),
                    (None, count) => output::line(format!("{path}: {}", authorities(count))),
                }
            }
            if files.is_empty() {
                output::line(
                    "Amazon's authorities are not on this machine: `daybreak certificates fetch` brings them.",
                );
            }
        }
    }
    if usable { Exit::Done } else { Exit::Different }
}

fn look(path: PathBuf) -> File {
    let count = std::fs::read(&path)
        .map_err(|error| error.to_string())
        .and_then(|pem| count_amazon_authorities(&pem));
    File {
        path,
        authorities: count.as_ref().ok().copied(),
        why: count.err(),
    }
}

impl Fetch {
    async fn run(self, format: Format) -> Result<Exit, Trouble> {
        let partition = match self.partition {
            Cloud::Aws => AmazonPartition::Aws,
            Cloud::AwsUsGov => AmazonPartition::UsGov,
            Cloud::AwsCn => AmazonPartition::China,
        };
        let path = self.to.or_else(|| partition.kept_at()).ok_or_else(|| {
            Trouble::usage(
                anyhow!("this account has no home where they could be kept"),
                Some("name a file with `--to`".to_owned()),
            )
        })?;
        let address = self.url.as_deref().unwrap_or(partition.address());
        let by_hand = "where this machine does not reach AWS: bring the file another way, and name it in `DAYBREAK_RDS_CA`";
        let pem = published_authorities(address)
            .await
            .map_err(|error| Trouble::new(error, Some(by_hand)))?;
        let count = count_amazon_authorities(&pem).map_err(|why| {
            let error = anyhow!("what {address} sent is not kept: {why}");
            Trouble::new(error, Some("see who answers at that address, and try again"))
        })?;
        keep(&path, &pem).with_context(|| format!("failed to write `{}`", path.display()))?;
        match format {
            Format::Json => output::json(&File {
                path,
                authorities: Some(count),
                why: None,
            }),
            Format::Text => output::line(format!(
                "{}: {}, from {address}",
                path.display(),
                authorities(count)
            )),
        }
        Ok(Exit::Done)
    }
}

fn authorities(count: usize) -> String {
    match count {
        1 => "1 authority".to_owned(),
        _ => format!("{count} authorities"),
    }
}

/// All of it or nothing: a connection may read the file at this moment.
fn keep(path: &Path, pem: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(pem)?;
    // They are no secret, and other accounts may be given the file.
    let all_read = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    new.as_file().set_permissions(all_read)?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}
