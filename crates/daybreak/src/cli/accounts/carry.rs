use std::path::Path;

use clap::Args;
use daybreak_work::{
    AccountOutcome, AccountPassword, AccountReport, CarryReport, CarrySettings, carry_accounts,
};

use super::keeping::Keeping;
use crate::cli::source::Start;
use crate::cli::{plain, server};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Carries the source's accounts to the target: with their passwords where those can be kept, and with what the target can give them.
/// Shows every statement, and what stays behind; changes nothing without `--execute`, and never an account's password that is there.
#[derive(Debug, Args)]
pub(super) struct Carry {
    #[command(flatten)]
    start: Start,
    /// The server they are carried to, instead of the plan's target.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Environment variable that holds the password of our account there.
    #[arg(long, value_name = "NAME", default_value = "DAYBREAK_TARGET_PASSWORD")]
    target_password_env: String,
    /// PostgreSQL: rights on objects of this schema. May be repeated; the plan's, or all.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Only this account, by user name or as statements have it ('app'@'10.%'). May be repeated.
    #[arg(long, value_name = "ACCOUNT")]
    only: Vec<String>,
    /// Not this account. May be repeated.
    #[arg(long, value_name = "ACCOUNT")]
    without: Vec<String>,
    #[command(flatten)]
    keeping: Keeping,
    /// Do it.
    #[arg(long)]
    execute: bool,
}

impl Carry {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let target = match (&self.target, &begin.settings) {
            (Some(url), _) => server::named("target", url, &self.target_password_env)?,
            (None, Some(settings)) => settings.target.endpoint.clone(),
            (None, None) => {
                let hint = "name the server that is to have them: `--target URL`";
                return Err(Trouble::usage(
                    anyhow::anyhow!("no target is named"),
                    Some(hint.to_owned()),
                ));
            }
        };
        let planned = begin
            .settings
            .as_ref()
            .map(|settings| settings.scope.schemas.clone());
        let settings = CarrySettings {
            source: begin.endpoint,
            target,
            schemas: match planned {
                Some(schemas) if self.schemas.is_empty() => schemas,
                _ => self.schemas,
            },
            only: self.only,
            without: self.without,
            execute: self.execute,
            passwords: self.keeping.store(plan).await?,
        };
        let report = carry_accounts(&settings).await.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, hint)
        })?;
        match format {
            Format::Json => output::json(&report),
            Format::Text => lines(&report).iter().for_each(output::line),
        }
        let refused = report.accounts.iter().any(|account| !account.refused.is_empty());
        Ok(if refused { Exit::Failed } else { Exit::Done })
    }
}

/// The report account by account. Names come from servers: every line stays one line.
fn lines(report: &CarryReport) -> Vec<String> {
    let mut lines = vec![format!("accounts of {} for {}", report.source, report.target)];
    for account in &report.accounts {
        lines.push(String::new());
        lines.extend(account_lines(account));
    }
    lines.push(String::new());
    for definer in &report.definers {
        lines.push(format!(
            "not there, and what runs in its name is refused: {} ({})",
            definer.account,
            definer.objects.join(", ")
        ));
    }
    if let Some(why) = &report.definers_untold {
        lines.push(format!(
            "in whose names objects run there could not be told: {why}"
        ));
    }
    lines.push(summary(report));
    if let Some(place) = &report.passwords {
        lines.push(format!("new passwords: {place}"));
    }
    if !report.executed {
        lines.push("nothing was changed; `--execute` does it".to_owned());
    }
    lines.iter().map(|line| plain(line)).collect()
}

fn account_lines(account: &AccountReport) -> Vec<String> {
    let outcome = match account.outcome {
        AccountOutcome::ToMake => "to be made",
        AccountOutcome::Made => "made",
        AccountOutcome::Present => "is there already",
        AccountOutcome::NotCarried => "not carried",
        AccountOutcome::Failed => "could not be made",
    };
    let password = match account.password {
        AccountPassword::Kept => ", password kept",
        AccountPassword::New => ", new password",
        AccountPassword::None | AccountPassword::Present => "",
    };
    let kind = if account.role { " (role)" } else { "" };
    let because = account.new_password_because.iter().chain(&account.not_carried);
    let because: String = because.map(|why| format!(": {why}")).collect();
    let mut lines = vec![format!("{}{kind}: {outcome}{password}{because}", account.account)];
    lines.extend(
        account
            .statements
            .iter()
            .map(|statement| format!("  {statement};")),
    );
    for left in &account.left {
        let instead = left.instead.iter().map(|instead| format!("; instead: {instead}"));
        let instead: String = instead.collect();
        lines.push(format!("  stays behind: {}: {}{instead}", left.what, left.why));
    }
    lines.extend(account.remarks.iter().map(|remark| format!("  note: {remark}")));
    for refused in &account.refused {
        lines.push(format!("  refused: {}: {}", refused.statement, refused.why));
    }
    lines
}

fn summary(report: &CarryReport) -> String {
    let count =
        |is: &dyn Fn(&AccountReport) -> bool| report.accounts.iter().filter(|account| is(account)).count();
    let outcome = |outcome: AccountOutcome| count(&|account| account.outcome == outcome);
    format!(
        "{} accounts: {} to be made, {} made, {} there already, {} not carried, {} failed; passwords: {} kept, {} new; {} statements refused",
        report.accounts.len(),
        outcome(AccountOutcome::ToMake),
        outcome(AccountOutcome::Made),
        outcome(AccountOutcome::Present),
        outcome(AccountOutcome::NotCarried),
        outcome(AccountOutcome::Failed),
        count(&|account| account.password == AccountPassword::Kept),
        count(&|account| account.password == AccountPassword::New),
        report
            .accounts
            .iter()
            .map(|account| account.refused.len())
            .sum::<usize>(),
    )
}
