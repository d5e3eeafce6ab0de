//! Every server's schema, accounts and gaps, read at once.

use daybreak_engine::{AbsentDefiner, Database, EngineError, ErrorKind};
use daybreak_model::{Account, Flavor, SchemaImage, Scope, TablePart};
use tokio::task::JoinSet;

use super::{Ground, SchemaNode, SchemaPlace, SchemaUntold};

/// One server as it was seen.
pub(super) struct View {
    /// Its place among the servers that are compared.
    pub(super) node: usize,
    pub(super) address: String,
    pub(super) place: SchemaPlace,
    /// Whether it gets its changes from another of them.
    pub(super) follows: bool,
    pub(super) flavor: Flavor,
    pub(super) image: SchemaImage,
    /// Whether the account is not shown all of it, so that nothing can be said to be missing.
    pub(super) partial: bool,
    /// Its accounts; none where it would not list them.
    pub(super) accounts: Option<Vec<Account>>,
    pub(super) absent_definers: Vec<AbsentDefiner>,
    /// Parts of the tables that differ, read when they are known to.
    pub(super) parts: Vec<TablePart>,
}

/// All servers that answered, the one that the others are to be like first, and what was not seen.
pub(super) struct Views {
    pub(super) views: Vec<View>,
    pub(super) untold: Vec<SchemaUntold>,
}

/// Reads all servers at once.
pub(super) async fn all(ground: &Ground, scope: &Scope) -> Result<Views, EngineError> {
    let mut tasks = JoinSet::new();
    for (index, (node, server)) in ground.nodes.iter().enumerate() {
        let (node, server, scope) = (node.clone(), server.clone(), scope.clone());
        tasks.spawn(async move {
            let mut untold = Vec::new();
            let view = one(index, &node, &*server, &scope, &mut untold).await;
            (index, node.endpoint.address(), view, untold)
        });
    }
    let mut views = Vec::new();
    let mut all_untold = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (index, address, view, untold) = match done {
            Ok(done) => done,
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        };
        all_untold.extend(untold);
        match view {
            Ok(view) => views.push(view),
            Err(error) if index == 0 => return Err(error),
            Err(error) => all_untold.push(SchemaUntold {
                server: address,
                what: "its whole schema".to_owned(),
                why: error.in_words(),
                grant: None,
            }),
        }
    }
    views.sort_by_key(|view| view.node);
    all_untold.sort_by(|a, b| (&a.server, &a.what).cmp(&(&b.server, &b.what)));
    Ok(Views {
        views,
        untold: all_untold,
    })
}

async fn one(
    index: usize,
    node: &SchemaNode,
    server: &dyn Database,
    scope: &Scope,
    untold: &mut Vec<SchemaUntold>,
) -> Result<View, EngineError> {
    let address = node.endpoint.address();
    let flavor = server.flavor().await?;
    let unseen = server.unseen(scope).await?;
    let partial = !unseen.is_empty();
    untold.extend(unseen.into_iter().map(|unseen| SchemaUntold {
        server: address.clone(),
        what: unseen.what,
        why: unseen.why,
        grant: unseen.grant,
    }));
    let image = match server.schema(scope, &flavor).await {
        Ok(image) => image,
        // What is missing was said, with the statement that grants it.
        Err(error) if error.kind == ErrorKind::Privilege && partial => SchemaImage::default(),
        Err(error) => return Err(error),
    };
    let mut gap = |what: &str, error: &EngineError| {
        untold.push(SchemaUntold {
            server: address.clone(),
            what: what.to_owned(),
            why: error.in_words(),
            grant: error.hint.clone().filter(|_| error.kind == ErrorKind::Privilege),
        });
    };
    let accounts = match server.accounts(scope).await {
        Ok(accounts) => Some(accounts),
        Err(error) => {
            gap("its accounts and their privileges", &error);
            None
        }
    };
    let absent_definers = match server.absent_definers(scope).await {
        Ok(definers) => definers,
        Err(error) => {
            gap("whether definers are there", &error);
            Vec::new()
        }
    };
    Ok(View {
        node: index,
        address,
        place: node.place,
        follows: node.follows,
        flavor,
        image,
        partial,
        accounts,
        absent_definers,
        parts: Vec::new(),
    })
}
