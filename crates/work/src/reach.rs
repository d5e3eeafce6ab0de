//! Whether a server can be reached from here, step by step: its name, its port, TLS and login. The first step that fails says what
//! stands in the way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use daybreak_engine::{EngineError, ErrorKind, database};
use daybreak_model::{Endpoint, Family, Product, Tls, Version};
use serde::Serialize;
use tokio::net::{TcpStream, lookup_host};

/// How long a name or a port may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest name of a source that a replica of MySQL keeps before 8.0.17 (manual, "CHANGE MASTER TO Statement").
const SHORT_NAME: usize = 60;
/// Since when it keeps 255.
const LONG_NAMES: Version = Version::new(8, 0, 17);

/// A step on the way to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachStep {
    /// Its name has addresses.
    Name,
    /// Its port is open.
    Port,
    /// The connection is protected as the URL says.
    Tls,
    /// Our account is let in.
    Login,
}

/// How far we came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reached {
    /// Label and address of the server.
    pub server: String,
    /// The addresses that its name has.
    pub addresses: Vec<String>,
    /// Milliseconds until its port was open.
    pub connect_ms: Option<f64>,
    /// How the connection is protected, once it stands.
    pub protection: Option<&'static str>,
    /// What the server runs, once we are in.
    pub flavor: Option<String>,
    /// What stands in the way.
    pub blocked: Option<Blocked>,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// At which step.
    pub step: ReachStep,
    /// What was seen.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// Goes to a server, step by step. Read-only.
pub async fn reach(endpoint: &Endpoint) -> Reached {
    let mut reached = Reached {
        server: endpoint.to_string(),
        addresses: Vec::new(),
        connect_ms: None,
        protection: None,
        flavor: None,
        blocked: None,
    };
    reached.blocked = go(endpoint, &mut reached).await.err();
    reached
}

async fn go(endpoint: &Endpoint, reached: &mut Reached) -> Result<(), Blocked> {
    let addresses = resolve(endpoint).await?;
    reached.addresses = addresses.iter().map(|address| address.ip().to_string()).collect();
    let began = Instant::now();
    connect(endpoint, &addresses).await?;
    reached.connect_ms = Some(began.elapsed().as_secs_f64() * 1000.0);
    match database(endpoint.clone()).flavor().await {
        Ok(flavor) => {
            reached.protection = Some(match endpoint.tls {
                Tls::Verify { .. } => "encrypted, and the certificate is the server's",
                Tls::Require => "encrypted, and whose certificate it is was not looked at",
                Tls::Off => "not encrypted",
            });
            reached.flavor = Some(flavor.to_string());
            Ok(())
        }
        Err(error) => Err(refused(&error)),
    }
}

async fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Blocked> {
    let blocked = |what: String| {
        Blocked {
        step: ReachStep::Name,
        what,
        hint: "see that the name is spelled right and that this machine asks a resolver that knows it: names of private zones \
               (Route 53) are known in their VPCs alone, or by way of a resolver's inbound endpoint"
            .to_owned(),
    }
    };
    let host = endpoint.host.as_str();
    match tokio::time::timeout(PATIENCE, lookup_host((host, endpoint.port))).await {
        Ok(Ok(found)) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                return Err(blocked(format!("the name `{host}` has no address")));
            }
            Ok(found)
        }
        Ok(Err(error)) => Err(blocked(format!("the name `{host}` is not known: {error}"))),
        Err(_) => Err(blocked(format!(
            "no resolver answered for the name `{host}` within 5 s"
        ))),
    }
}

/// Whether any of its addresses takes a connection.
async fn connect(endpoint: &Endpoint, addresses: &[SocketAddr]) -> Result<(), Blocked> {
    let mut last = None;
    for address in addresses {
        match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => last = Some((*address, Some(error))),
            Err(_) => last = Some((*address, None)),
        }
    }
    let port = endpoint.port;
    let (what, hint) = match last {
        Some((address, Some(error))) if error.kind() == std::io::ErrorKind::ConnectionRefused => (
            format!("{address} answers, and nothing listens there"),
            format!(
                "see that the server runs, and listens on port {port} of that address and not of its own machine's alone (`bind_address`, `listen_addresses`)"
            ),
        ),
        Some((address, Some(error))) => (
            format!("{address} cannot be reached: {error}"),
            "see that there is a route: VPN, Direct Connect or peering, and the route tables of both sides"
                .to_owned(),
        ),
        Some((address, None)) => (
            format!(
                "{address} does not answer within 5 s: something on the way takes packets and says nothing"
            ),
            format!(
                "let this machine's address in on port {port}: the security group of the cluster, the network ACLs of its subnets, the firewall of \
                 the datacenter; an instance without a public address is reached from its VPC and what is routed to it alone"
            ),
        ),
        None => (format!("`{}` has no address", endpoint.host), String::new()),
    };
    Err(Blocked {
        step: ReachStep::Port,
        what,
        hint,
    })
}

fn refused(error: &EngineError) -> Blocked {
    let step = match error.kind {
        ErrorKind::Tls => ReachStep::Tls,
        _ => ReachStep::Login,
    };
    Blocked {
        step,
        what: error.in_words(),
        hint: error
            .hint()
            .unwrap_or("see the server's log for why it refused the connection")
            .to_owned(),
    }
}

/// What speaks against the name by which a follower is to know its source: too long for what it runs. `None` where nothing does.
#[must_use]
pub fn name_too_long(source: &Endpoint, follower: &daybreak_model::Flavor) -> Option<Blocked> {
    let (host, _) = source.replication_address();
    let keeps = match (follower.family(), follower.product) {
        (Family::Postgres, _) => return None,
        (Family::Mysql, Product::MariaDb) => SHORT_NAME,
        (Family::Mysql, _) if follower.version < LONG_NAMES => SHORT_NAME,
        (Family::Mysql, _) => return None,
    };
    let length = host.chars().count();
    (length > keeps).then(|| Blocked {
        step: ReachStep::Name,
        what: format!("the name `{host}` has {length} characters, and a replica of {follower} keeps {keeps}"),
        hint: "give it a shorter name in a private zone (a CNAME), and name that as the address that the other side's servers use".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Endpoint, Flavor, Hosting, Product, Version};

    use super::{ReachStep, name_too_long, reach};

    fn endpoint(address: &str) -> Endpoint {
        Endpoint::parse("target", &format!("mysql://a:b@{address}/?tls=off")).expect("a URL")
    }

    #[tokio::test]
    async fn what_stands_in_the_way_is_said_by_its_step() {
        let nobody = reach(&endpoint("no-such-host.invalid:3306"))
            .await
            .blocked
            .expect("blocked");
        assert_eq!(nobody.step, ReachStep::Name, "{nobody:?}");
        // A port that was free a moment ago.
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("bound").port()
        };
        let closed = reach(&endpoint(&format!("127.0.0.1:{port}"))).await;
        let blocked = closed.blocked.expect("blocked");
        assert_eq!(blocked.step, ReachStep::Port);
        assert!(blocked.what.contains("nothing listens there"), "{blocked:?}");
        assert_eq!(closed.addresses, ["127.0.0.1"]);
    }

    #[test]
    fn long_names_are_said_to_followers_that_do_not_keep_them() {
        let long = endpoint(&format!(
            "{}.cluster-abcdefghijkl.eu-central-1.rds.amazonaws.com",
            "x".repeat(30)
        ));
        let flavor = |product, version: (u16, u16, u16)| Flavor {
            product,
            version: Version::new(version.0, version.1, version.2),
            hosting: Hosting::SelfManaged,
        };
        let old = name_too_long(&long, &flavor(Product::Mysql, (5, 7, 44))).expect("too long");
        assert!(
            old.what.contains("keeps 60") && old.hint.contains("CNAME"),
            "{old:?}"
        );
        assert!(name_too_long(&long, &flavor(Product::MariaDb, (10, 11, 6))).is_some());
        assert_eq!(name_too_long(&long, &flavor(Product::Mysql, (8, 0, 36))), None);
        assert_eq!(name_too_long(&long, &flavor(Product::Postgres, (17, 0, 0))), None);
        let short = endpoint("db1.company.example");
        assert_eq!(name_too_long(&short, &flavor(Product::Mysql, (5, 7, 44))), None);
    }
}
