use std::collections::{HashMap, HashSet};

/// What the application was told is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Tokens of transfers whose commit was acknowledged.
    pub acknowledged: HashSet<i64>,
    /// Transfers that ended in an error; whether such a one was done is not known, and either is right.
    pub failed: u64,
}

/// What a server holds, against the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Acknowledged transfers that are not there.
    pub lost: u64,
    /// Tokens that are there more than once, counted once for each time too many.
    pub duplicated: u64,
    /// Transfers there in all.
    pub present: u64,
    /// Whether all accounts together hold exactly what they began with.
    pub balanced: bool,
}

impl Ledger {
    pub(super) fn audit(&self, tokens: Vec<i64>, total: i64, expected_total: i64) -> Audit {
        let mut times: HashMap<i64, u64> = HashMap::with_capacity(tokens.len());
        for token in &tokens {
            *times.entry(*token).or_default() += 1;
        }
        Audit {
            lost: self
                .acknowledged
                .iter()
                .filter(|token| !times.contains_key(token))
                .count() as u64,
            duplicated: times.values().map(|count| count - 1).sum(),
            present: tokens.len() as u64,
            balanced: total == expected_total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Audit, Ledger};

    #[test]
    fn an_audit_finds_what_is_lost_doubled_or_out_of_balance() {
        let ledger = Ledger {
            acknowledged: [1, 2, 3].into(),
            failed: 1,
        };
        let good = ledger.audit(vec![1, 2, 3, 4], 100, 100);
        assert_eq!(
            good,
            Audit {
                lost: 0,
                duplicated: 0,
                present: 4,
                balanced: true
            }
        );
        let bad = ledger.audit(vec![1, 1, 1, 3], 99, 100);
        assert_eq!(
            bad,
            Audit {
                lost: 1,
                duplicated: 2,
                present: 4,
                balanced: false
            }
        );
    }
}
