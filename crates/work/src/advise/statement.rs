//! What a statement asks of the tables it names, by a parser of SQL: conditions, order, and what it is not advised to do.

use std::ops::ControlFlow;

use daybreak_model::Family;
use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, GroupByExpr, Ident, InTarget, JoinConstraint, JoinOperator,
    LimitClause, ObjectName, OrderByExpr, OrderByKind, OrderBySort, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor, TableWithJoins, Update, UpdateTableFromKind, Value, Visit, VisitMut, Visitor,
    VisitorMut, visit_expressions,
};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect};
use sqlparser::parser::Parser;

/// A statement as it was read.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    statement: Statement,
    /// Its SELECTs, UPDATE or DELETE, each with its own tables.
    pub(super) blocks: Vec<Block>,
    /// Parameters without a value, each with the column that it is compared with, where it is.
    pub(super) parameters: Vec<(String, Option<(usize, ColumnRef)>)>,
    /// Whether it changes rows.
    pub(super) writes: bool,
}

/// One SELECT, UPDATE or DELETE.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Tables that it names itself.
    pub(super) tables: Vec<Named>,
    /// What must hold of all rows.
    pub(super) conditions: Vec<Condition>,
    /// Columns by which it sorts, all in one direction; empty where it sorts by anything else.
    pub(super) order: Vec<ColumnRef>,
    /// Columns by which it groups; empty where it groups by anything else.
    pub(super) group: Vec<ColumnRef>,
    /// Whether it sorts by chance.
    pub(super) by_chance: bool,
    /// Whether it takes so many rows and no more.
    pub(super) limited: bool,
    /// Rows that it passes over first.
    pub(super) offset: u64,
    /// Whether it takes all columns.
    pub(super) star: bool,
    /// Whether many rows come to few: it groups, or asks for aggregates.
    pub(super) sums_up: bool,
    /// Whether its rows go to the client.
    pub(super) outermost: bool,
}

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) schema: String,
    pub(super) table: String,
    /// What the statement calls it.
    pub(super) alias: String,
}

/// A column as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnRef {
    /// What the statement calls its table, where it says.
    pub(super) of: Option<String>,
    pub(super) column: String,
}

/// What something is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    Number,
    Other,
}

/// One of the conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// The column is one value.
    Equal(ColumnRef, Constant),
    /// The column is one of so many values.
    Among(ColumnRef, usize),
    /// The column lies between values, or begins with one.
    Range(ColumnRef),
    /// Both are the same.
    Joined(ColumnRef, ColumnRef),
    /// The column is one of what a query finds.
    InQuery(ColumnRef),
    /// Something made of the column is compared: an index on the column does not help.
    Wrapped(ColumnRef, String),
    /// The column contains a text, or ends with it.
    Contains(ColumnRef, String),
    /// One of several conditions on several columns holds.
    Either(Vec<ColumnRef>),
}

/// Reads one statement of the kinds that can be tried. Tables without a schema's name are this schema's.
///
/// # Errors
/// In words, where it is none, or none that is understood.
pub(super) fn parse(family: Family, schema: &str, text: &str) -> Result<Parsed, String> {
    let dialect: &dyn Dialect = match family {
        Family::Mysql => &MySqlDialect {},
        Family::Postgres => &PostgreSqlDialect {},
    };
    // A server of the MySQL family carries out what stands in such a comment, and the parser does not see it.
    if family == Family::Mysql && ["/*!", "/*M!"].iter().any(|sign| text.contains(sign)) {
        return Err("it has a comment that is carried out".to_owned());
    }
    let mut statements = Parser::parse_sql(dialect, text).map_err(|error| error.to_string())?;
    let mut statement = match statements.pop() {
        Some(statement) if statements.is_empty() => statement,
        _ => return Err("it is not one statement".to_owned()),
    };
    let writes = match &statement {
        Statement::Query(_) => false,
        Statement::Update(_) | Statement::Delete(_) => true,
        _ => return Err("only SELECT, UPDATE and DELETE are looked at".to_owned()),
    };
    let _ = VisitMut::visit(&mut statement, &mut Numbering { next: 0 });
    let mut reader = Reader {
        family,
        common: Vec::new(),
        blocks: Vec::new(),
        parameters: Vec::new(),
        stores: false,
    };
    match &statement {
        Statement::Update(update) => reader.update(update),
        Statement::Delete(delete) => reader.delete(delete),
        _ => {}
    }
    let _ = Visit::visit(&statement, &mut reader);
    if reader.stores {
        return Err("SELECT … INTO is not looked at".to_owned());
    }
    let common = reader.common;
    for block in &mut reader.blocks {
        block
            .tables
            .retain(|table| !table.schema.is_empty() || !common.contains(&table.table));
        let unnamed = block.tables.iter_mut().filter(|table| table.schema.is_empty());
        unnamed.for_each(|table| schema.clone_into(&mut table.schema));
    }
    if let (Statement::Query(_), Some(first)) = (&statement, reader.blocks.first_mut()) {
        first.outermost = true;
    }
    let mut parameters: Vec<(String, Option<(usize, ColumnRef)>)> = Vec::new();
    let _: ControlFlow<()> = visit_expressions(&statement, |expression| {
        if let Expr::Value(value) = expression
            && let Value::Placeholder(name) = &value.value
            && !parameters.iter().any(|(known, _)| known == name)
        {
            let compared = reader.parameters.iter().find(|(of, ..)| of == name);
            parameters.push((
                name.clone(),
                compared.map(|(_, block, column)| (*block, column.clone())),
            ));
        }
        ControlFlow::Continue(())
    });
    Ok(Parsed {
        statement,
        blocks: reader.blocks,
        parameters,
        writes,
    })
}

impl Parsed {
    /// The statement with values in the place of its parameters.
    pub(super) fn filled(&self, values: &[(String, String)]) -> Self {
        let mut filled = self.clone();
        let _ = VisitMut::visit(&mut filled.statement, &mut Filling { values });
        filled.parameters.clear();
        filled
    }

    /// Its text, as the parser writes it.
    pub(super) fn text(&self) -> String {
        self.statement.to_string()
    }

    /// A SELECT that finds the rows that the statement changes: what a server that may not be written can explain.
    pub(super) fn finding(&self) -> Option<String> {
        let (tables, condition, order, limit) = match &self.statement {
            Statement::Update(update) => {
                let mut tables = vec![update.table.to_string()];
                if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) =
                    &update.from
                {
                    tables.extend(from.iter().map(ToString::to_string));
                }
                (tables, &update.selection, &update.order_by, &update.limit)
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                let using = delete.using.iter().flatten();
                // MySQL names a table of USING in FROM once more.
                let tables = match &delete.using {
                    Some(_)
                        if delete.tables.is_empty()
                            && from.iter().all(|one| using.clone().any(|other| other == one)) =>
                    {
                        using.map(ToString::to_string).collect()
                    }
                    _ => from.iter().chain(using).map(ToString::to_string).collect(),
                };
                (tables, &delete.selection, &delete.order_by, &delete.limit)
            }
            _ => return None,
        };
        let mut select = format!("SELECT 1 FROM {}", tables.join(", "));
        if let Some(condition) = condition {
            select += &format!(" WHERE {condition}");
        }
        if !order.is_empty() {
            let by: Vec<String> = order.iter().map(ToString::to_string).collect();
            select += &format!(" ORDER BY {}", by.join(", "));
        }
        if let Some(limit) = limit {
            select += &format!(" LIMIT {limit}");
        }
        Some(select)
    }

    /// Whether this parameter says how many rows.
    pub(super) fn is_count(&self, parameter: &str) -> bool {
        let Statement::Query(query) = &self.statement else {
            return false;
        };
        let is = |expression: &Expr| matches!(expression, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name == parameter));
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                limit.as_ref().is_some_and(is) || offset.as_ref().is_some_and(|offset| is(&offset.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => is(offset) || is(limit),
            None => false,
        }
    }
}

/// Gives every `?` a name of its own.
struct Numbering {
    next: usize,
}

impl VisitorMut for Numbering {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expression
            && let Value::Placeholder(name) = &mut value.value
            && name == "?"
        {
            self.next += 1;
            *name = format!("?{}", self.next);
        }
        ControlFlow::Continue(())
    }
}

struct Filling<'a> {
    values: &'a [(String, String)],
}

impl VisitorMut for Filling<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expression
            && let Value::Placeholder(name) = &value.value
            && let Some((_, literal)) = self.values.iter().find(|(known, _)| known == name)
        {
            // A literal as the server wrote it: printed as it is.
            value.value = Value::Placeholder(literal.clone());
        }
        ControlFlow::Continue(())
    }
}

struct Reader {
    family: Family,
    /// Names of WITH.
    common: Vec<String>,
    blocks: Vec<Block>,
    parameters: Vec<(String, usize, ColumnRef)>,
    /// Whether it stores its rows somewhere.
    stores: bool,
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.common.push(self.name(&table.alias.name));
        }
        let first = self.blocks.len();
        self.selects(&query.body);
        if let [block] = &mut self.blocks[first..] {
            let mut ordered = Block::default();
            if let Some(by) = &query.order_by
                && let OrderByKind::Expressions(by) = &by.kind
            {
                order(self.family, by, &mut ordered);
            }
            block.order = ordered.order;
            block.by_chance = ordered.by_chance;
            let number = |expression: &Expr| match expression {
                Expr::Value(value) => match &value.value {
                    Value::Number(number, _) => number.parse().ok(),
                    _ => None,
                },
                _ => None,
            };
            let (limited, offset) = match &query.limit_clause {
                Some(LimitClause::LimitOffset { limit, offset, .. }) => (
                    limit.is_some(),
                    offset.as_ref().and_then(|offset| number(&offset.value)),
                ),
                Some(LimitClause::OffsetCommaLimit { offset, .. }) => (true, number(offset)),
                None => (query.fetch.is_some(), None),
            };
            block.limited = limited;
            block.offset = offset.unwrap_or(0);
        }
        ControlFlow::Continue(())
    }
}

impl Reader {
    fn name(&self, name: &Ident) -> String {
        folded(self.family, name)
    }

    /// The SELECTs of a query, those of a UNION each.
    fn selects(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::SetOperation { left, right, .. } => {
                self.selects(left);
                self.selects(right);
            }
            _ => {}
        }
    }

    fn select(&mut self, select: &Select) {
        self.stores |= select.into.is_some();
        let mut block = Block::default();
        self.from(&select.from, &mut block);
        if let Some(condition) = &select.selection {
            self.conditions(condition, &mut block);
        }
        if let GroupByExpr::Expressions(by, _) = &select.group_by {
            block.sums_up = !by.is_empty();
            let columns: Option<Vec<ColumnRef>> = by.iter().map(|column| self.column(column)).collect();
            block.group = columns.unwrap_or_default();
        }
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => block.star = true,
                SelectItem::UnnamedExpr(Expr::Function(function))
                | SelectItem::ExprWithAlias {
                    expr: Expr::Function(function),
                    ..
                } => {
                    let name = function.name.to_string().to_lowercase();
                    let aggregate = ["count", "sum", "min", "max", "avg"].contains(&name.as_str());
                    block.sums_up |= aggregate && function.over.is_none();
                }
                _ => {}
            }
        }
        self.blocks.push(block);
    }

    fn update(&mut self, update: &Update) {
        let mut block = Block::default();
        self.from(std::slice::from_ref(&update.table), &mut block);
        match &update.from {
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => {
                self.from(from, &mut block);
            }
            None => {}
        }
        if let Some(condition) = &update.selection {
            self.conditions(condition, &mut block);
        }
        order(self.family, &update.order_by, &mut block);
        block.limited = update.limit.is_some();
        self.blocks.push(block);
    }

    fn delete(&mut self, delete: &Delete) {
        let mut block = Block::default();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        self.from(from, &mut block);
        self.from(delete.using.as_deref().unwrap_or_default(), &mut block);
        if let Some(condition) = &delete.selection {
            self.conditions(condition, &mut block);
        }
        order(self.family, &delete.order_by, &mut block);
        block.limited = delete.limit.is_some();
        self.blocks.push(block);
    }

    /// Tables and what joins them. What an outer join asks of its inner side holds of that side's rows.
    fn from(&mut self, from: &[TableWithJoins], block: &mut Block) {
        for one in from {
            self.table(&one.relation, block);
            for join in &one.joins {
                let before = block.tables.last().map(|table| table.alias.clone());
                self.table(&join.relation, block);
                let after = block.tables.last().map(|table| table.alias.clone());
                let constraint = match &join.join_operator {
                    JoinOperator::Join(on)
                    | JoinOperator::Inner(on)
                    | JoinOperator::Left(on)
                    | JoinOperator::LeftOuter(on)
                    | JoinOperator::Right(on)
                    | JoinOperator::RightOuter(on)
                    | JoinOperator::FullOuter(on)
                    | JoinOperator::CrossJoin(on)
                    | JoinOperator::StraightJoin(on) => on,
                    _ => continue,
                };
                match constraint {
                    JoinConstraint::On(condition) => self.conditions(condition, block),
                    JoinConstraint::Using(columns) => {
                        for column in columns.iter().filter_map(last) {
                            let of = |of: &Option<String>| ColumnRef {
                                of: of.clone(),
                                column: self.name(column),
                            };
                            block.conditions.push(Condition::Joined(of(&before), of(&after)));
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn table(&mut self, factor: &TableFactor, block: &mut Block) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let parts: Vec<String> = name
                    .0
                    .iter()
                    .filter_map(|part| part.as_ident())
                    .map(|part| self.name(part))
                    .collect();
                if let Some((table, before)) = parts.split_last() {
                    block.tables.push(Named {
                        // None yet: it may be a name of WITH.
                        schema: before.last().cloned().unwrap_or_default(),
                        table: table.clone(),
                        alias: alias
                            .as_ref()
                            .map_or_else(|| table.clone(), |alias| self.name(&alias.name)),
                    });
                }
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.from(std::slice::from_ref(table_with_joins), block);
            }
            _ => {}
        }
    }

    fn conditions(&mut self, expression: &Expr, block: &mut Block) {
        match expression {
            Expr::Nested(inner) => self.conditions(inner, block),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => {
                self.conditions(left, block);
                self.conditions(right, block);
            }
            other => {
                let condition = self.condition(other);
                block.conditions.extend(condition);
            }
        }
    }

    fn condition(&mut self, expression: &Expr) -> Option<Condition> {
        match expression {
            Expr::Nested(inner) => self.condition(inner),
            Expr::BinaryOp {
                op: BinaryOperator::Or,
                ..
            } => self.either(expression),
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right),
            Expr::IsNull(inner) => self
                .column(inner)
                .map(|column| Condition::Equal(column, Constant::Other)),
            Expr::Between {
                expr,
                negated: false,
                low,
                high,
            } => {
                self.compared(expr, low);
                self.compared(expr, high);
                (is_constant(low) && is_constant(high)).then(|| self.on(expr, Condition::Range))?
            }
            Expr::In {
                expr,
                target: InTarget::List(list),
                negated: false,
                ..
            } => {
                list.iter().for_each(|value| self.compared(expr, value));
                let values = list.len();
                list.iter()
                    .all(is_constant)
                    .then(|| self.on(expr, |column| Condition::Among(column, values)))?
            }
            Expr::In {
                expr,
                target: InTarget::Subquery(_),
                negated: false,
                ..
            } => self.column(expr).map(Condition::InQuery),
            Expr::AnyOp {
                left,
                compare_op: BinaryOperator::Eq,
                right,
                ..
            } => is_constant(right).then(|| self.on(left, |column| Condition::Among(column, 2)))?,
            Expr::Like {
                negated: false,
                expr,
                pattern,
                ..
            } => {
                let text = text(pattern);
                if text.as_ref().is_some_and(|text| text.starts_with(['%', '_'])) {
                    let text = text.unwrap_or_default();
                    return self.on(expr, |column| Condition::Contains(column, text));
                }
                self.compared(expr, pattern);
                is_constant(pattern).then(|| self.on(expr, Condition::Range))?
            }
            Expr::ILike {
                negated: false, expr, ..
            } => self
                .only_column(expr)
                .map(|column| Condition::Wrapped(column, expression.to_string())),
            _ => None,
        }
    }

    fn comparison(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Condition> {
        let equal = matches!(op, BinaryOperator::Eq | BinaryOperator::Spaceship);
        let ordered = matches!(
            op,
            BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq
        );
        if !equal && !ordered {
            return None;
        }
        if equal && let (Some(one), Some(other)) = (self.column(left), self.column(right)) {
            return Some(Condition::Joined(one, other));
        }
        let (column, constant) = if is_constant(right) {
            (left, right)
        } else if is_constant(left) {
            (right, left)
        } else {
            return None;
        };
        self.compared(column, constant);
        let kind = match constant {
            Expr::Value(value) if matches!(value.value, Value::Number(..)) => Constant::Number,
            _ => Constant::Other,
        };
        self.on(column, |column| {
            if equal {
                Condition::Equal(column, kind)
            } else {
                Condition::Range(column)
            }
        })
    }

    /// A condition on a column, or on something made of one.
    fn on(&self, expression: &Expr, condition: impl FnOnce(ColumnRef) -> Condition) -> Option<Condition> {
        match self.column(expression) {
            Some(column) => Some(condition(column)),
            None => self
                .only_column(expression)
                .map(|column| Condition::Wrapped(column, expression.to_string())),
        }
    }

    fn either(&mut self, expression: &Expr) -> Option<Condition> {
        let mut sides = Vec::new();
        alternatives(expression, &mut sides);
        let conditions: Option<Vec<Condition>> = sides.iter().map(|side| self.condition(side)).collect();
        let mut columns: Vec<ColumnRef> = Vec::new();
        let mut values = 0;
        for condition in conditions? {
            let column = match condition {
                Condition::Equal(column, _) => {
                    values += 1;
                    column
                }
                Condition::Among(column, count) => {
                    values += count;
                    column
                }
                Condition::Range(column) => column,
                _ => return None,
            };
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        match (columns.len(), values) {
            (1, 0) | (0, _) => None,
            (1, values) => columns.pop().map(|column| Condition::Among(column, values)),
            _ => Some(Condition::Either(columns)),
        }
    }

    /// Remembers which column the parameters of a constant are compared with.
    fn compared(&mut self, with: &Expr, constant: &Expr) {
        let Some(column) = self.column(with) else {
            return;
        };
        if let Expr::Value(value) = constant
            && let Value::Placeholder(name) = &value.value
        {
            self.parameters.push((name.clone(), self.blocks.len(), column));
        }
    }

    fn column(&self, expression: &Expr) -> Option<ColumnRef> {
        column(self.family, expression)
    }

    /// The column in an expression that has one.
    fn only_column(&self, expression: &Expr) -> Option<ColumnRef> {
        let mut columns: Vec<ColumnRef> = Vec::new();
        let _: ControlFlow<()> = visit_expressions(expression, |part| {
            if let Some(column) = self.column(part).filter(|column| !columns.contains(column)) {
                columns.push(column);
            }
            ControlFlow::Continue(())
        });
        (columns.len() == 1).then(|| columns.pop())?
    }
}

fn order(family: Family, by: &[OrderByExpr], block: &mut Block) {
    block.by_chance = by.iter().any(|by| {
        let text = by.expr.to_string().to_lowercase();
        text == "rand()" || text == "random()"
    });
    let falls = |by: &OrderByExpr| matches!(by.options.sort, Some(OrderBySort::Desc));
    let one_way = by.iter().all(|one| falls(one) == by.first().is_some_and(falls));
    let columns: Option<Vec<ColumnRef>> = by.iter().map(|one| column(family, &one.expr)).collect();
    block.order = columns.filter(|_| one_way).unwrap_or_default();
}

fn alternatives<'a>(expression: &'a Expr, into: &mut Vec<&'a Expr>) {
    match expression {
        Expr::Nested(inner) => alternatives(inner, into),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Or,
            right,
        } => {
            alternatives(left, into);
            alternatives(right, into);
        }
        other => into.push(other),
    }
}

fn column(family: Family, expression: &Expr) -> Option<ColumnRef> {
    match expression {
        Expr::Nested(inner) => column(family, inner),
        Expr::Identifier(name) => Some(ColumnRef {
            of: None,
            column: folded(family, name),
        }),
        Expr::CompoundIdentifier(parts) => {
            let (name, before) = parts.split_last()?;
            Some(ColumnRef {
                of: before.last().map(|of| folded(family, of)),
                column: folded(family, name),
            })
        }
        _ => None,
    }
}

/// Whether no row has a say in it.
fn is_constant(expression: &Expr) -> bool {
    visit_expressions(expression, |part| match part {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::CompoundFieldAccess { .. }
        | Expr::Subquery(_)
        | Expr::Exists { .. }
        | Expr::In { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_continue()
}

fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text)
            | Value::DoubleQuotedString(text)
            | Value::EscapedStringLiteral(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(|part| part.as_ident())
}

/// A name as the server takes it: PostgreSQL writes what stands without quotes in lower case.
fn folded(family: Family, name: &Ident) -> String {
    if family == Family::Postgres && name.quote_style.is_none() {
        name.value.to_lowercase()
    } else {
        name.value.clone()
    }
}
