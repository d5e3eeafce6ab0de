//! One certificate authority, one server certificate and one client's for all servers on a cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::SandboxError;
use crate::account::give;
use crate::cache::Cache;
use crate::failure::at;
use crate::fetch::Binaries;
use crate::program::run;

/// The files of the certificates.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// The authority's certificate.
    pub(crate) authority: PathBuf,
    /// The servers' certificate, made out to `localhost` and 127.0.0.1.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// A client's certificate, made out to `certified`.
    pub(crate) client: PathBuf,
    /// Its key.
    pub(crate) client_key: PathBuf,
}

/// Certificates as they lie in one server's folder.
#[derive(Debug, Clone)]
pub(crate) struct ServerTls {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Tls {
    /// Copies the files into a server's folder: servers refuse keys that do not belong to their account.
    pub(crate) fn install(&self, folder: &Path) -> Result<ServerTls, SandboxError> {
        let copy = |from: &Path| -> Result<PathBuf, SandboxError> {
            let to = folder.join(from.file_name().expect("a certificate file has a name"));
            fs::copy(from, &to).map_err(at("copy", from))?;
            give(&to)?;
            Ok(to)
        };
        Ok(ServerTls {
            authority: copy(&self.authority)?,
            certificate: copy(&self.certificate)?,
            key: copy(&self.key)?,
        })
    }
}

/// Gives the certificates, made on first use with the `openssl` on `PATH`, or that of a server's packages where there is none.
pub(crate) fn obtain(cache: &Cache, binaries: Option<&Binaries>) -> Result<Tls, SandboxError> {
    let folder = cache.folder("certificates-as-amazons", |staging, _| {
        make(staging, &openssl(binaries)?)
    })?;
    Ok(Tls {
        authority: folder.join("authority.pem"),
        certificate: folder.join("server.pem"),
        key: folder.join("server-key.pem"),
        client: folder.join("client.pem"),
        client_key: folder.join("client-key.pem"),
    })
}

fn openssl(binaries: Option<&Binaries>) -> Result<PathBuf, SandboxError> {
    if run(Command::new("openssl").arg("version")).is_ok() {
        return Ok("openssl".into());
    }
    binaries
        .and_then(|binaries| binaries.program("openssl").ok())
        .ok_or_else(|| SandboxError::Unavailable {
            what: "openssl".into(),
            why: "it is not on PATH, and the first server fetched does not bring it".into(),
            hint: "start a MySQL 9.7 or PostgreSQL 15, 17 or 18 server first, or install openssl".into(),
        })
}

fn make(folder: &Path, program: &Path) -> Result<(), SandboxError> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(at("write", &path)).map(|()| path)
    };
    // Of our own, because the system's may be missing. The authority is named as Amazon's are, which is how they are known.
    let configuration = write(
        "openssl.cnf",
        "[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = Amazon RDS stand-in of Daybreak\n",
    )?;
    write(
        "server.ext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n",
    )?;
    let openssl = |arguments: &str| {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("OPENSSL_CONF", &configuration)
            .args(arguments.split(' '));
        run(&mut command)
    };
    openssl(
        "req -x509 -days 3650 -newkey rsa:2048 -nodes -keyout authority-key.pem \
         -out authority.pem -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    )?;
    write(
        "client.ext",
        "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n",
    )?;
    for (whom, name) in [("server", "localhost"), ("client", "certified")] {
        openssl(&format!(
            "req -new -subj /CN={name} -newkey rsa:2048 -nodes -keyout {whom}-key.pem -out {whom}.csr"
        ))?;
        openssl(&format!(
            "x509 -req -days 3650 -in {whom}.csr -CA authority.pem -CAkey authority-key.pem -CAcreateserial \
             -extfile {whom}.ext -out {whom}.pem"
        ))?;
    }
    Ok(())
}
