//! The VPC and its subnets: there already, or made with the cluster.

use std::net::Ipv4Addr;

use super::{Network, SpecError};

/// The VPC and its subnets for the cluster, in two availability zones at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// They are there.
    There {
        /// The VPC's identifier.
        vpc: String,
        /// Those of the subnets.
        subnets: Vec<String>,
    },
    /// They are made with the cluster: a VPC of its name, and a subnet in each zone.
    Made {
        /// The VPC's addresses, `10.40.0.0/16` to `/24`.
        network: String,
        /// Names of the zones, at most sixteen.
        zones: Vec<String>,
    },
}

/// How many times smaller a subnet is than its VPC, in bits: there is room for sixteen.
const SUBNET_BITS: u8 = 4;

/// The VPC's mask. A network of AWS has 16 to 28 bits ("VPC CIDR blocks", VPC user guide), which its subnets are to have, too.
const VPC_BITS: std::ops::RangeInclusive<u8> = 16..=28 - SUBNET_BITS;

impl Place {
    /// Zone and network of each subnet that is made; none where they are there.
    #[must_use]
    pub fn made_subnets(&self) -> Vec<(&str, String)> {
        let Self::Made { network, zones } = self else {
            return Vec::new();
        };
        let Some((first, bits)) = ipv4(network) else {
            return Vec::new();
        };
        let bits = bits + SUBNET_BITS;
        let each = zones.iter().zip(0u32..);
        each.map(|(zone, number)| {
            let address = Ipv4Addr::from_bits(first.to_bits() + (number << (32 - bits)));
            (zone.as_str(), format!("{address}/{bits}"))
        })
        .collect()
    }

    pub(super) fn check(&self, whole: &Network) -> Result<(), SpecError> {
        let wrong = |key: &str, message: &str, hint: &str| {
            Err(SpecError {
                key: format!("network.{key}"),
                message: message.to_owned(),
                hint: hint.to_owned(),
            })
        };
        let (network, zones) = match self {
            Self::There { subnets, .. } if subnets.len() < 2 => {
                let hint = "subnets in two availability zones at least";
                return wrong("subnets", "names fewer than two", hint);
            }
            Self::There { .. } => return Ok(()),
            Self::Made { network, zones } => (network, zones),
        };
        let is_one = |(address, bits): &(Ipv4Addr, u8)| {
            VPC_BITS.contains(bits) && address.to_bits() == masked(*address, *bits)
        };
        let Some(own) = ipv4(network).filter(is_one) else {
            return wrong(
                "create",
                &format!("is `{network}`"),
                "a network of IPv4 from its first address on, with a mask of 16 to 24 bits: `10.40.0.0/16`",
            );
        };
        let mut distinct: Vec<&String> = zones.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != zones.len() || !(2..=1 << SUBNET_BITS).contains(&zones.len()) {
            let hint = "two to sixteen availability zones, each once, such as `eu-central-1a`";
            return wrong("zones", &format!("has {} of them", distinct.len()), hint);
        }
        if whole.public {
            return wrong(
                "public",
                "is on, and the VPC that is made has no way to the internet",
                "leave it out, or name a VPC of yours",
            );
        }
        let mut theirs = whole.flows.iter().filter(|flow| flow.to_port.is_some());
        let meets = |text: &String| ipv4(text).is_some_and(|other| overlap(own, other));
        if let Some(met) = theirs.find_map(|flow| flow.networks.iter().find(|text| meets(text))) {
            return wrong(
                "create",
                &format!("is `{network}`, which has addresses of the datacenter's {met}"),
                "choose addresses that nobody has: no route leads from a network to itself",
            );
        }
        Ok(())
    }
}

/// Address and bits of the mask, if it is a network of IPv4.
fn ipv4(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let bits: u8 = bits.parse().ok()?;
    (bits <= 32).then_some((address, bits))
}

fn masked(address: Ipv4Addr, bits: u8) -> u32 {
    address.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

fn overlap((one, its): (Ipv4Addr, u8), (other, theirs): (Ipv4Addr, u8)) -> bool {
    let bits = its.min(theirs);
    masked(one, bits) == masked(other, bits)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shop;
    use super::Place;

    fn made(network: &str, zones: &[&str]) -> Place {
        Place::Made {
            network: network.to_owned(),
            zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        }
    }

    #[test]
    fn each_zone_has_its_part_of_the_network() {
        let subnets = |network, zones| {
            let place = made(network, zones);
            let subnets = place.made_subnets().into_iter();
            subnets.map(|(_, network)| network).collect::<Vec<_>>()
        };
        assert_eq!(
            subnets("10.40.0.0/16", &["a", "b", "c"]),
            ["10.40.0.0/20", "10.40.16.0/20", "10.40.32.0/20"]
        );
        assert_eq!(
            subnets("192.168.7.0/24", &["a", "b"]),
            ["192.168.7.0/28", "192.168.7.16/28"]
        );
    }

    #[test]
    fn what_cannot_be_made_is_said() {
        let check = |network: &str, zones: &[&str], datacenter: &str, public: bool| {
            let mut spec = shop();
            spec.network.place = made(network, zones);
            spec.network.public = public;
            spec.network.flows[0].to_port = Some(3306);
            spec.network.flows[0].networks = vec![datacenter.to_owned()];
            spec.check().map_err(|error| error.key)
        };
        let two = ["a", "b"];
        assert_eq!(check("10.40.0.0/16", &two, "10.41.0.0/16", false), Ok(()));
        for (network, zones, datacenter, public, key) in [
            ("10.40.0.0/15", &two[..], "10.50.0.0/16", false, "network.create"),
            ("10.40.0.0/25", &two, "10.50.0.0/16", false, "network.create"),
            ("10.40.1.0/16", &two, "10.50.0.0/16", false, "network.create"),
            ("10.40.0.0", &two, "10.50.0.0/16", false, "network.create"),
            ("fd00::/16", &two, "10.50.0.0/16", false, "network.create"),
            ("10.40.0.0/16", &two[..1], "10.50.0.0/16", false, "network.zones"),
            (
                "10.40.0.0/16",
                &["a", "a"],
                "10.50.0.0/16",
                false,
                "network.zones",
            ),
            ("10.40.0.0/16", &two, "10.0.0.0/8", false, "network.create"),
            ("10.40.0.0/16", &two, "10.40.7.9/24", false, "network.create"),
            ("10.40.0.0/16", &two, "10.50.0.0/16", true, "network.public"),
        ] {
            let said = check(network, zones, datacenter, public);
            assert_eq!(said, Err(key.to_owned()), "{network} {datacenter}");
        }
    }
}
