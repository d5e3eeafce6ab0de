//! `daybreak trim schedule` for schedulers inside the servers: what is printed is taken by a server, and takes exactly the rule's rows.

use daybreak_sandbox::ServerKind;
use serde_json::Value;

use crate::looking::run;
use crate::trim::{Ground, plan, planned};

/// What is printed for the only rule, or what is said.
async fn printed(ground: &Ground, scheduler: &str, rule: &str) -> Result<Vec<String>, String> {
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    plan(ground, &url, rule);
    let (status, said) = planned(
        ground,
        &["--format", "json", "trim", "schedule", "--as", scheduler],
    )
    .await;
    if status != Some(0) {
        return Err(said);
    }
    let rules: Value = serde_json::from_str(&said).expect("JSON");
    let lines = rules[0]["lines"].as_array().expect("lines");
    Ok(lines
        .iter()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect())
}

fn rule(ground: &Ground, which: &str, more: &str) -> String {
    let schema = ground.schema;
    format!(
        "[trim]\nchunk_rows = 300\n[[trim.rules]]\nname = \"old-orders\"\ntable = \"{schema}.orders\"\n{which}\nschedule = \"0 3 1 * *\"\n\
         time_zone = \"UTC\"\narchive = false\n{more}\n"
    )
}

const AGE: &str = "column = \"made\"\nkeep = \"1 year 2 days\"";

async fn inside(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let postgres = matches!(kind, ServerKind::Postgres(_));
    let (own, other) = if postgres {
        ("pg-cron", "mysql-event")
    } else {
        ("mysql-event", "pg-cron")
    };
    let schema = ground.schema;
    // Rows of another table refer to orders: that cannot be looked after in there. Nor can an archive, or another server's scheduler.
    for (scheduler, text, why) in [
        (own, rule(&ground, AGE, "children = \"keep\""), "others refer to"),
        (own, rule(&ground, AGE, "children = \"first\""), "others refer to"),
        (
            own,
            rule(&ground, AGE, "children = \"keep\"").replace("archive = false", "archive = true"),
            "archives its rows",
        ),
        (other, rule(&ground, AGE, "children = \"keep\""), "cannot be"),
    ] {
        let said = printed(&ground, scheduler, &text).await.expect_err("refused");
        assert!(said.contains(why) && said.contains("hint:"), "{why}: {said}");
    }
    let alone = format!("DROP TABLE {}", ground.lines);
    ground
        .primary()
        .rows_in("shop", &alone)
        .await
        .expect("nobody refers to an order");
    // What fires triggers, the server's own scheduler would fire as well.
    let (watch, enough) = crate::trim::watched(schema, "DELETE");
    let watch = watch
        .replace("RETURN NEW", "RETURN OLD")
        .replace("NEW.state = $$odd$$; ", "");
    run(ground.primary(), "shop", &watch).await;
    let said = printed(&ground, own, &rule(&ground, AGE, ""))
        .await
        .expect_err("refused");
    assert!(
        said.contains("orders fires triggers: watch") && said.contains("fire_triggers = true"),
        "{said}"
    );
    printed(&ground, own, &rule(&ground, AGE, "fire_triggers = true"))
        .await
        .expect("printed, for the rule says that they may");
    run(ground.primary(), "shop", enough).await;
    let hold =
        format!("[[trim.holds]]\ntable = \"{schema}.orders\"\nwhere = \"id % 101 = 0\"\nreason = \"a case\"");
    let statements = printed(&ground, own, &rule(&ground, AGE, &hold))
        .await
        .expect("printed");
    let all = ground.count(ground.primary(), &format!("{schema}.orders")).await;
    let held = ground
        .count(
            ground.primary(),
            &format!("{schema}.orders WHERE made < '2021-01-01' AND id % 101 = 0"),
        )
        .await;
    let old = ground.old().await;
    if postgres {
        // pg_cron itself cannot be had here: the procedure is called as it would call it.
        let (procedure, job) = (&statements[0], &statements[1]);
        assert!(
            job.contains("cron.schedule('daybreak_trim_old-orders', '0 3 1 * *', 'CALL"),
            "{job}"
        );
        ground.primary().rows_in("shop", procedure).await.expect("made");
        ground
            .primary()
            .rows_in("shop", "CALL public.\"daybreak_trim_old-orders\"()")
            .await
            .expect("called");
    } else {
        assert!(
            statements[1] == "DELIMITER //" && statements[4] == "DELIMITER ;",
            "{statements:?}"
        );
        assert!(statements[3].contains("EVERY 1 MONTH STARTS '"), "{statements:?}");
        ground
            .primary()
            .rows_in("shop", "SET GLOBAL event_scheduler = ON")
            .await
            .expect("on");
        // At once, rather than next month.
        let event = statements[3].trim_end_matches(" //");
        let (head, tail) = event.split_once("EVERY 1 MONTH STARTS ").expect("a schedule");
        let (_, tail) = tail.split_once(" ON COMPLETION").expect("a clause");
        let now = format!("{head}AT CURRENT_TIMESTAMP ON COMPLETION{tail}");
        ground.primary().rows_in("shop", &now).await.expect("made");
    }
    let mut left = 0;
    for _ in 0..400 {
        left = ground.old().await;
        if left == held {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(
        held > 0 && left == held,
        "{left} of {old} are left, and {held} are held"
    );
    assert_eq!(
        ground.count(ground.primary(), &format!("{schema}.orders")).await,
        all - old + held
    );
    if !postgres {
        let odd = rule(&ground, AGE, "").replace("0 3 1 * *", "*/5 * * * *");
        let said = printed(&ground, own, &odd).await.expect_err("no event");
        assert!(said.contains("no schedule of an event"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_mysql() {
    inside(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_mariadb() {
    inside(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_pg_cron() {
    inside(ServerKind::Postgres(17)).await;
}
