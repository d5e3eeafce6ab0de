//! `daybreak trim` where statements would mean something else than they say: deletes that a rule of the table rewrites, and archived values
//! whose column is another by now.

use daybreak_sandbox::ServerKind;

use crate::looking::run;
use crate::trim::{Ground, plan, planned};

/// An `ENUM` with an empty member is archived by number: once its members are others, no row comes back as another.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_an_enum_in_another_order() {
    let Some(ground) = Ground::start(ServerKind::Mysql97).await else {
        return;
    };
    let ground = ground.with_admin();
    let moods = "CREATE TABLE moods (id INT PRIMARY KEY, mood ENUM('sad','','glad') NOT NULL, spoken VARCHAR(10)); \
                 INSERT INTO moods VALUES (1, 'sad', 'a'), (2, 'glad', 'b'), (3, 'glad', 'c')";
    run(ground.primary(), "shop", moods).await;
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let archive = ground.archive();
    plan(
        &ground,
        &url,
        &format!(
            "[trim]\narchive = \"{}\"\n[[trim.rules]]\nname = \"moods\"\ntable = \"shop.moods\"\nwhere = \"id < 3\"\n",
            archive.display()
        ),
    );
    let (status, said) = planned(&ground, &["trim", "--execute"]).await;
    assert_eq!(status, Some(0), "{said}");
    let folder = archive.join("moods");
    let restore = ["trim", "restore", folder.to_str().expect("UTF-8"), "--execute"];
    let other = "ALTER TABLE moods MODIFY mood ENUM('glad','sad','') NOT NULL";
    run(ground.primary(), "shop", other).await;
    let (status, said) = planned(&ground, &restore).await;
    assert!(
        status == Some(1)
            && said.contains(
                "has another `mood` than it had: enum('glad','sad',''), and it was enum('sad','','glad')"
            )
            && said.contains("hint:"),
        "{said}"
    );
    assert_eq!(
        ground.count(ground.primary(), "moods").await,
        1,
        "no row came back"
    );
    // Members that were added behind, and room that was added, change no value.
    let grown =
        "ALTER TABLE moods MODIFY mood ENUM('sad','','glad','calm') NOT NULL, MODIFY spoken VARCHAR(20)";
    run(ground.primary(), "shop", grown).await;
    let (status, said) = planned(&ground, &restore).await;
    assert_eq!(status, Some(0), "{said}");
    let back = "moods WHERE (id, mood) IN ((1, 'sad'), (2, 'glad'), (3, 'glad'))";
    assert_eq!(ground.count(ground.primary(), back).await, 3);
}

/// A rule of PostgreSQL's that makes something else of a delete is named before any row is read.
#[tokio::test(flavor = "multi_thread")]
async fn deletes_that_are_rewritten() {
    let Some(ground) = Ground::start(ServerKind::Postgres(17)).await else {
        return;
    };
    let all = ground.content().await;
    let rule = "CREATE RULE \"keep them\" AS ON DELETE TO public.orders DO ALSO DELETE FROM public.held";
    run(ground.primary(), "shop", rule).await;
    let archive = ground.archive();
    for more in [
        &["--children", "first"][..],
        &["--children", "first", "--execute"],
    ] {
        let arguments = ground.rule(&archive, more);
        let refused = ground
            .looking
            .run(ground.primary(), &ground.login, &arguments)
            .await;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            refused.status.code() == Some(1)
                && said.contains("rule `keep them` of public.orders rewrites what deletes its rows")
                && said.contains("DISABLE RULE"),
            "{said}"
        );
    }
    assert_eq!(ground.content().await, all);
    assert_eq!(ground.count(ground.primary(), "public.held").await, 7);
    let enough = "ALTER TABLE public.orders DISABLE RULE \"keep them\"";
    run(ground.primary(), "shop", enough).await;
    let arguments = ground.rule(&archive, &["--children", "first", "--execute"]);
    let done = ground
        .looking
        .run(ground.primary(), &ground.login, &arguments)
        .await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(ground.old().await, 0);
    assert_eq!(ground.count(ground.primary(), "public.held").await, 7);
}
