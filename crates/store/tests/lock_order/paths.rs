//! The locks that a transaction takes, one list for each way through it.
//!
//! A lock is taken where Diesel is told to insert, update or delete: its table is read off the call. `?` is not
//! followed, since a transaction that fails gives everything back. Nor is what comes of `return Ok(None)` where the
//! caller makes an error of it with `ok_or`.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{BinOp, Block, Expr, ExprCall, ExprClosure, Ident, Lit, Macro, Pat, Stmt, Token};

use crate::code::{Code, Function};

/// A lock on a table. Which function takes it is told, and makes no other way.
#[derive(Clone, Debug)]
pub struct Lock {
    pub table: String,
    pub by: String,
}

impl Ord for Lock {
    fn cmp(&self, other: &Self) -> Ordering {
        self.table.cmp(&other.table)
    }
}

impl PartialOrd for Lock {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Lock {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl Eq for Lock {}

/// Stands at the end of a way that gave `None`.
const NONE: &str = "none";

/// Ways through a piece of code: those that go on behind it, and those that end the function.
#[derive(Clone, Default)]
pub struct Paths {
    pub open: BTreeSet<Vec<Lock>>,
    ended: BTreeSet<Vec<Lock>>,
}

impl Paths {
    fn nothing() -> Self {
        Self { open: BTreeSet::from([Vec::new()]), ended: BTreeSet::new() }
    }

    fn lock(lock: Lock) -> Self {
        Self { open: BTreeSet::from([vec![lock]]), ended: BTreeSet::new() }
    }

    fn then(mut self, next: &Self) -> Self {
        let join = |ends: &BTreeSet<Vec<Lock>>| {
            let mut joined = BTreeSet::new();
            for first in &self.open {
                for second in ends {
                    let mut path = first.clone();
                    path.pop_if(|last| last.table == NONE);
                    for lock in second {
                        // Again at once is no news, and fewer lists to look at.
                        if path.last() != Some(lock) {
                            path.push(lock.clone());
                        }
                    }
                    joined.insert(path);
                }
            }
            joined
        };
        let (open, ended) = (join(&next.open), join(&next.ended));
        assert!(open.len() < 20_000, "too many ways through one transaction");
        self.ended.extend(ended);
        Self { open, ended: self.ended }
    }

    fn or(mut self, other: Self) -> Self {
        self.open.extend(other.open);
        self.ended.extend(other.ended);
        self
    }

    /// All ways, once the function is left.
    fn returned(mut self) -> Self {
        self.open.append(&mut self.ended);
        self
    }

    /// What a loop does: nothing, once, or more than once.
    fn repeated(self) -> Self {
        let twice = self.clone().then(&self);
        Self::nothing().or(self).or(twice)
    }

    /// The ways that gave something.
    fn some(mut self) -> Self {
        self.open.retain(|path| path.last().is_none_or(|last| last.table != NONE));
        self
    }

    fn named(self, placeholder: &str, name: &str) -> Self {
        let rename = |paths: BTreeSet<Vec<Lock>>| {
            let named = |Lock { table, by }| Lock {
                table: if table == placeholder { name.to_owned() } else { table },
                by,
            };
            paths.into_iter().map(|path| path.into_iter().map(named).collect()).collect()
        };
        Self { open: rename(self.open), ended: rename(self.ended) }
    }
}

/// A transaction: the function that begins it, and its locks.
pub struct Transaction {
    pub begun_by: String,
    pub paths: BTreeSet<Vec<Lock>>,
}

/// Every transaction of the code.
pub fn transactions(code: &Code) -> Vec<Transaction> {
    let mut found = Vec::new();
    for function in code.functions.values() {
        let mut roots = Roots(Vec::new());
        roots.visit_block(&function.body);
        for body in roots.0 {
            let mut walk = Walk::new(code, function);
            let paths = match body {
                Expr::Closure(closure) => walk.expr(&closure.body),
                path => walk.passed(path),
            };
            let paths = paths.returned().then(&Paths::nothing()).open;
            found.push(Transaction { begun_by: function.name.clone(), paths });
        }
    }
    found
}

/// The arguments of `.write(…)` and `.write_blocking(…)`.
struct Roots<'a>(Vec<&'a Expr>);

impl<'a> Visit<'a> for Roots<'a> {
    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let is_write = call.method == "write" || call.method == "write_blocking";
        self.0.extend(call.args.first().filter(|_| is_write).filter(|arg| is_body(arg)));
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// A closure over a connection, or a function's name. `write` of the store itself passes its own parameter on.
fn is_body(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(closure) => !closure.inputs.is_empty(),
        Expr::Path(path) => path.path.segments.len() > 1,
        _ => false,
    }
}

struct Walk<'a> {
    code: &'a Code,
    function: &'a Function,
    module: &'a str,
    /// Tables that local variables stand for.
    tables: HashMap<String, String>,
    /// Parameters that the caller gave `true` or `false`.
    flags: HashMap<String, bool>,
    entered: HashSet<String>,
}

impl<'a> Walk<'a> {
    fn new(code: &'a Code, function: &'a Function) -> Self {
        let module = code.module_of(&function.name);
        Self {
            code,
            function,
            module,
            tables: HashMap::new(),
            flags: HashMap::new(),
            entered: HashSet::new(),
        }
    }

    fn block(&mut self, block: &Block) -> Paths {
        let mut paths = Paths::nothing();
        for stmt in &block.stmts {
            let next = match stmt {
                Stmt::Local(local) => {
                    let Some(init) = &local.init else { continue };
                    if let (Pat::Ident(name), Some(table)) = (&local.pat, table_in(&init.expr)) {
                        self.tables.insert(name.ident.to_string(), table);
                    }
                    let mut next = self.expr(&init.expr);
                    if let Some((_, otherwise)) = &init.diverge {
                        next = next.clone().then(&Paths::nothing().or(self.expr(otherwise)));
                    }
                    next
                }
                Stmt::Expr(expr, _) => self.expr(expr),
                Stmt::Macro(stmt) => self.expand(&stmt.mac),
                Stmt::Item(_) => continue,
            };
            paths = paths.then(&next);
        }
        paths
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Paths {
        exprs.into_iter().fold(Paths::nothing(), |paths, expr| {
            let next = self.expr(expr);
            paths.then(&next)
        })
    }

    fn expr(&mut self, expr: &Expr) -> Paths {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => {
                let mut before = self.expr(&call.receiver);
                if call.method == "ok_or" || call.method == "ok_or_else" {
                    before = before.some();
                }
                let args = self.all(&call.args);
                let own = if call.args.iter().any(is_connection) {
                    self.method(&call.method.to_string(), &call.args)
                } else {
                    Paths::nothing()
                };
                before.then(&args).then(&own)
            }
            Expr::Closure(ExprClosure { body, .. }) => Paths::nothing().or(self.expr(body).returned()),
            Expr::If(branch) => {
                let then = self.block(&branch.then_branch);
                let otherwise =
                    branch.else_branch.as_ref().map_or_else(Paths::nothing, |(_, expr)| self.expr(expr));
                match self.flag(&branch.cond) {
                    Some(true) => then,
                    Some(false) => otherwise,
                    None => self.expr(&branch.cond).then(&then.or(otherwise)),
                }
            }
            Expr::Match(choice) => {
                let mut arms = Paths::default();
                for arm in &choice.arms {
                    let guard = arm.guard.as_ref().map_or_else(Paths::nothing, |(_, guard)| self.expr(guard));
                    arms = arms.or(guard.then(&self.expr(&arm.body)));
                }
                self.expr(&choice.expr).then(&arms)
            }
            Expr::ForLoop(each) => self.expr(&each.expr).then(&self.block(&each.body).repeated()),
            Expr::While(each) => self.expr(&each.cond).then(&self.block(&each.body)).repeated(),
            Expr::Loop(each) => self.block(&each.body).repeated(),
            Expr::Return(end) => {
                let mut last = end.expr.as_ref().map_or_else(Paths::nothing, |expr| self.expr(expr));
                if end.expr.as_deref().is_some_and(is_none) {
                    last = last.then(&Paths::lock(Lock { table: NONE.to_owned(), by: String::new() }));
                }
                Paths { open: BTreeSet::new(), ended: last.returned().open }
            }
            Expr::Binary(both) => {
                let (left, mut right) = (self.expr(&both.left), self.expr(&both.right));
                if matches!(both.op, BinOp::And(_) | BinOp::Or(_)) {
                    right = Paths::nothing().or(right);
                }
                left.then(&right)
            }
            Expr::Macro(expr) => self.expand(&expr.mac),
            Expr::Block(expr) => self.block(&expr.block),
            Expr::Async(expr) => self.block(&expr.block),
            Expr::Await(expr) => self.expr(&expr.base),
            Expr::Try(expr) => self.expr(&expr.expr),
            Expr::Reference(expr) => self.expr(&expr.expr),
            Expr::Unary(expr) => self.expr(&expr.expr),
            Expr::Paren(expr) => self.expr(&expr.expr),
            Expr::Let(expr) => self.expr(&expr.expr),
            Expr::Field(expr) => self.expr(&expr.base),
            Expr::Assign(expr) => self.all([&*expr.right, &*expr.left]),
            Expr::Tuple(expr) => self.all(&expr.elems),
            Expr::Array(expr) => self.all(&expr.elems),
            Expr::Struct(expr) => self.all(expr.fields.iter().map(|field| &field.expr)),
            _ => Paths::nothing(),
        }
    }

    /// `either!(connection, c => body)`; other macros of ours hold no statements.
    fn expand(&mut self, mac: &Macro) -> Paths {
        if !mac.path.is_ident("either") {
            return Paths::nothing();
        }
        let body = |input: ParseStream<'_>| {
            input.parse::<Expr>()?;
            input.parse::<Token![,]>()?;
            input.parse::<Ident>()?;
            input.parse::<Token![=>]>()?;
            let body = input.parse::<Expr>()?;
            input.parse::<Option<Token![,]>>()?;
            Ok(body)
        };
        let body = body.parse2(mac.tokens.clone()).unwrap();
        self.expr(&body)
    }

    fn call(&mut self, call: &ExprCall) -> Paths {
        let args = self.all(&call.args);
        let Expr::Path(path) = &*call.func else { return args };
        let segments: Vec<String> =
            path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [first, verb] = segments.as_slice()
            && first == "diesel"
            && ["insert_into", "update", "delete", "copy_from", "sql_query"].contains(&verb.as_str())
        {
            let table = call.args.first().and_then(|arg| self.table_of(arg));
            let table =
                table.unwrap_or_else(|| panic!("{}: which table does {verb} lock?", self.function.name));
            return args.then(&Paths::lock(Lock { table, by: self.function.name.clone() }));
        }
        if !call.args.iter().any(is_connection) {
            return args;
        }
        let own = match self.code.resolve(self.module, &segments) {
            Some(function) => self.enter(function, &call.args),
            None => segments.last().map_or_else(Paths::nothing, |name| self.method(name, &call.args)),
        };
        args.then(&own)
    }

    fn method(&mut self, name: &str, args: &Punctuated<Expr, Token![,]>) -> Paths {
        let code = self.code;
        let candidates =
            code.methods.get(name).into_iter().flatten().filter_map(|name| code.functions.get(name));
        let mut paths = Paths::default();
        for function in candidates.filter(|function| function.takes_conn) {
            paths = paths.or(self.enter(function, args));
        }
        if paths.open.is_empty() { Paths::nothing() } else { paths }
    }

    /// What a function locks that is given the connection.
    fn enter(&mut self, function: &'a Function, args: &Punctuated<Expr, Token![,]>) -> Paths {
        if !self.entered.insert(function.name.clone()) {
            return Paths::nothing();
        }
        let mut inner = Walk::new(self.code, function);
        inner.entered.clone_from(&self.entered);
        let known = function.parameters.iter().zip(args);
        inner.flags = known.filter_map(|(name, arg)| Some((name.clone(), self.flag(arg)?))).collect();
        let paths = inner.block(&function.body).returned();
        self.entered.remove(&function.name);
        // Which of the two heads it is, the caller says.
        match args.iter().find_map(log_of) {
            Some(log) => paths.named("ledger_heads", &format!("{log} head")),
            None => paths,
        }
    }

    fn flag(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Bool(flag) => Some(flag.value),
                _ => None,
            },
            Expr::Path(path) => self.flags.get(&path.path.get_ident()?.to_string()).copied(),
            _ => None,
        }
    }

    /// A function passed by name.
    fn passed(&mut self, expr: &Expr) -> Paths {
        let Expr::Path(path) = expr else { return Paths::nothing() };
        let segments: Vec<String> =
            path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let function = self.code.resolve(self.module, &segments);
        function.map_or_else(Paths::nothing, |function| self.enter(function, &Punctuated::new()))
    }

    fn table_of(&self, expr: &Expr) -> Option<String> {
        let text = match expr {
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                let local = name.as_ref().and_then(|name| self.tables.get(name));
                if let Some(table) = local {
                    return Some(table.clone());
                }
                name.and_then(|name| self.code.modules.get(self.module)?.texts.get(&name).cloned())
            }
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        };
        text.as_deref().and_then(table_in_sql).or_else(|| table_in(expr))
    }
}

fn table_in_sql(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let verb = words.find(|word| ["INTO", "UPDATE"].contains(word));
    verb.and_then(|_| words.next()).map(str::to_owned)
}

/// The `grants` of a `grants::table` somewhere in an expression.
fn table_in(expr: &Expr) -> Option<String> {
    struct Tables(Option<String>);
    impl<'a> Visit<'a> for Tables {
        fn visit_path(&mut self, path: &'a syn::Path) {
            let segments: Vec<_> = path.segments.iter().collect();
            if let [table, last] = segments.as_slice()
                && last.ident == "table"
            {
                self.0.get_or_insert(table.ident.to_string());
            }
        }
    }
    let mut tables = Tables(None);
    tables.visit_expr(expr);
    tables.0
}

fn is_connection(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(expr) => is_connection(&expr.expr),
        Expr::Unary(expr) => is_connection(&expr.expr),
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| name == "conn" || name == "c"),
        _ => false,
    }
}

/// `Ok(None)`.
fn is_none(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => call.args.first().is_some_and(is_none),
        Expr::Path(path) => path.path.is_ident("None"),
        _ => false,
    }
}

/// `access` of `Log::Access`.
fn log_of(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else { return None };
    let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match segments.as_slice() {
        [.., log, name] if log == "Log" => Some(name.to_lowercase()),
        _ => None,
    }
}
