//! What is done to data: engine-neutral, and without any notion of a runbook, so that each part can be used alone.
//!
//! Modules may import only from groups above their own; siblings never import each other.

mod hex;
mod observe;
mod other_program;
mod topology;

mod depot;
mod followers;
mod throttle;

mod accounts;
mod copy;
mod cut_over;
mod data_check;
mod digest;
mod gtid;
mod reach;
mod reading_speed;
mod schema_check;
mod split;
mod trim;

mod advise;
mod backup;
mod dump;
mod tools;

pub use accounts::{
    AccountOutcome, AccountPassword, AccountRefusal, AccountReport, CarryError, CarryReport, CarrySettings,
    OwnFiles, OwnReport, OwnWork, PasswordFile, PasswordStore, PasswordsUnkept, carry_accounts,
    own_account_work,
};
pub use advise::{
    Advice, AdviseSettings, Advised, AdvisedClass, Helped, IndexRemark, ProvenIndex, TableRead, advise,
    apply_indexes, prove,
};
pub use backup::{
    BACKUP_FOLDER, BackupError, BackupManifest, BackupPart, BackupProgram, BackupReport, BackupSettings,
    back_up,
};
pub use copy::{
    LoadError, LoadPlan, LoadReport, LoadSettings, load, plan as plan_load, same_schema, take_over,
};
pub use cut_over::{Facts, NoGo, ReadinessLimits, readiness};
pub use data_check::{
    CheckError, CheckReport, CheckSettings, Checkpoint, ColumnDifference, Compared, Delta, Explained,
    Follows, LastVerdict, NodeReport, RepairSettings, RowDifference, SHARE_BESIDE_OTHERS, Since, TableReport,
    TableVerdict, Times, Verdict, check_nodes, check_since, data_check, explain, repair,
};
pub use depot::{Depot, DepotError, DepotPlace};
pub use digest::{
    Became, ClassChange, ClassReport, ClassTimes, Digest, DigestError, DigestReport, Filter, Growing,
    InTransactions, Input, Named, OverLimit, Ranking, Side, SlowLimits, TransactionReport,
    compare as compare_digests, digest, digest_transactions, fingerprint, fingerprint_id, follow, is_log,
    over_limits, shortened,
};
pub use dump::{
    DumpError, DumpLimits, DumpReport, DumpSettings, Manifest as DumpManifest, Packing, dump, load_dump,
    reopen_dump,
};
pub use gtid::{
    GtidError, GtidGoal, GtidMember, GtidServer, GtidStage, GtidWait, gtid_members, gtid_refusals,
    gtid_stages, gtid_statements, turn_gtid,
};
pub use observe::{Drift, Observe, Progress, Silent, WorkEvent};
pub use reach::{Blocked, ReachStep, Reached, name_too_long, reach};
pub use reading_speed::{ReadingSpeed, reading_speed};
pub use schema_check::{
    ComparedNode, Consequence, SchemaByHand, SchemaCheckSettings, SchemaDifference, SchemaNode, SchemaPlace,
    SchemaRepair, SchemaRepaired, SchemaReport, SchemaUntold, SchemaVerdict, schema_check,
};
pub use split::{
    Body as SplitBody, CrossingQuery, CrossingTransaction, Cut, Graph as SplitGraph, Known as KnownTables,
    NamedTable, Purpose, Query as SplitQuery, SplitInput, TableUse, Tie, Touched,
    Transaction as SplitTransaction, cuts, graph as split_graph, picture as split_picture, purposes,
    queries_of_sql, touched,
};
pub use throttle::{Throttle, ThrottleLimits};
pub use tools::{ToolError, ToolSettings, load_by_tools, tool_commands};
pub use topology::{Edge, Member, Topology, Unreached, Witness, edges, walk};
pub use trim::{
    AgeUnit, Children, Due, Hold, LeftAside, RestoreReport, Schedule, ScheduleError, TrimArchive, TrimError,
    TrimLimits, TrimPart, TrimPlan, TrimReport, TrimRule, TrimSurvey, Trimmed, Which, left_aside, plan_trim,
    restore as restore_rows, runs as trim_runs, survey as survey_trim, trim, verify as verify_archive,
};
