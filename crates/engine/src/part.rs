//! What both families mean by a part that moves alone.

use daybreak_model::{ForeignKey, Refusal, Scope};

/// Foreign keys between a table that moves and one that stays: nothing would hold them once the two are apart. `drop` is the
/// statement that takes one away.
pub(crate) fn keys_out_of(
    scope: &Scope,
    keys: &[ForeignKey],
    drop: impl Fn(&ForeignKey) -> String,
) -> Vec<Refusal> {
    keys.iter()
        .filter(|key| scope.holds(&key.child) != scope.holds(&key.parent))
        .map(|key| Refusal {
            object: format!("foreign key {} of {}", key.name, key.child),
            reason: format!("it refers to {}, and one of the two tables stays", key.parent),
            hint: format!("have both serve one purpose, or {}", drop(key)),
        })
        .collect()
}
