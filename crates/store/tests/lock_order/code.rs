//! The code of some crates, as far as it tells who calls whom with a database connection.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use syn::{Attribute, Block, Expr, ExprLit, FnArg, ImplItem, Item, Lit, Pat, Signature, Type, UseTree};

/// One function that is given a connection, or makes transactions.
pub struct Function {
    /// Where it stands: `counterfoil_store::grants::lock`.
    pub name: String,
    pub body: Block,
    /// Whether a parameter is a connection.
    pub takes_conn: bool,
    /// The names of its parameters, without the receiver.
    pub parameters: Vec<String>,
}

/// A source file.
#[derive(Default)]
pub struct Module {
    /// What names mean here: `entries` is `counterfoil_store::entries`.
    pub uses: HashMap<String, String>,
    /// Constants that hold text.
    pub texts: HashMap<String, String>,
}

#[derive(Default)]
pub struct Code {
    pub modules: BTreeMap<String, Module>,
    pub functions: BTreeMap<String, Function>,
    /// Functions with a receiver, by their bare name.
    pub methods: HashMap<String, Vec<String>>,
}

impl Code {
    /// Reads all files of a crate: `path` is its folder, `name` as it is imported.
    pub fn read_crate(&mut self, path: &Path, name: &str) {
        self.read_folder(&path.join("src"), name);
    }

    fn read_folder(&mut self, folder: &Path, module: &str) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                self.read_folder(&path, &format!("{module}::{stem}"));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let is_own = matches!(stem.as_str(), "lib" | "main" | "mod");
                let inner = if is_own { module.to_owned() } else { format!("{module}::{stem}") };
                self.read(&inner, &fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Reads the text of one module.
    pub fn read(&mut self, module: &str, text: &str) {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"));
        self.read_items(module, file.items);
    }

    fn read_items(&mut self, module: &str, items: Vec<Item>) {
        let mut read = Module::default();
        for item in items {
            match item {
                Item::Use(item) => collect_uses(&item.tree, "", module, &mut read.uses),
                Item::Const(item) => {
                    if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &*item.expr {
                        read.texts.insert(item.ident.to_string(), text.value());
                    }
                }
                Item::Fn(item) => {
                    let name = format!("{module}::{}", item.sig.ident);
                    self.add(name, &item.sig, *item.block);
                }
                Item::Impl(item) => self.read_impl(module, &item.self_ty, item.items),
                Item::Mod(item) if !is_test(&item.attrs) => {
                    if let Some((_, items)) = item.content {
                        self.read_items(&format!("{module}::{}", item.ident), items);
                    }
                }
                _ => {}
            }
        }
        self.modules.insert(module.to_owned(), read);
    }

    fn read_impl(&mut self, module: &str, of: &Type, items: Vec<ImplItem>) {
        let of = match of {
            Type::Path(path) => {
                path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string())
            }
            _ => String::new(),
        };
        for item in items {
            if let ImplItem::Fn(item) = item {
                let name = format!("{module}::{of}::{}", item.sig.ident);
                if item.sig.receiver().is_some() {
                    self.methods.entry(item.sig.ident.to_string()).or_default().push(name.clone());
                }
                self.add(name, &item.sig, item.block);
            }
        }
    }

    fn add(&mut self, name: String, signature: &Signature, body: Block) {
        let takes_conn =
            signature.inputs.iter().any(|input| matches!(input, FnArg::Typed(typed) if is_conn(&typed.ty)));
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(match &*typed.pat {
                Pat::Ident(name) => name.ident.to_string(),
                _ => String::new(),
            }),
            FnArg::Receiver(_) => None,
        });
        let parameters = parameters.collect();
        self.functions.insert(name.clone(), Function { name, body, takes_conn, parameters });
    }

    /// The module that a function stands in.
    pub fn module_of<'a>(&self, function: &'a str) -> &'a str {
        let mut module = function;
        while let Some((front, _)) = module.rsplit_once("::") {
            module = front;
            if self.modules.contains_key(module) {
                break;
            }
        }
        module
    }

    /// The function that a path means within a module.
    pub fn resolve(&self, module: &str, segments: &[String]) -> Option<&Function> {
        let (first, rest) = segments.split_first()?;
        let known = self.modules.get(module).and_then(|module| module.uses.get(first));
        let own = module.split("::").next().unwrap_or(module);
        let base = match (first.as_str(), known) {
            ("crate", _) => own.to_owned(),
            ("self", _) => module.to_owned(),
            ("super", _) => module.rsplit_once("::")?.0.to_owned(),
            (_, Some(known)) => known.clone(),
            (name, None) => format!("{module}::{name}"),
        };
        let full = std::iter::once(base.as_str()).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>();
        self.functions.get(&full.join("::"))
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

fn is_conn(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_conn(&reference.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            ["Conn", "PgConnection", "SqliteConnection"].iter().any(|name| last.ident == name)
        }),
        _ => false,
    }
}

fn collect_uses(tree: &UseTree, before: &str, module: &str, uses: &mut HashMap<String, String>) {
    let own = module.split("::").next().unwrap_or(module);
    let join = |name: &str| match (before, name) {
        ("", "crate") => own.to_owned(),
        ("", "self") => module.to_owned(),
        ("", "super") => module.rsplit_once("::").map_or(module, |(front, _)| front).to_owned(),
        ("", name) => name.to_owned(),
        (before, name) => format!("{before}::{name}"),
    };
    match tree {
        UseTree::Path(path) => collect_uses(&path.tree, &join(&path.ident.to_string()), module, uses),
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.rsplit("::").next().unwrap_or(before);
            uses.insert(last.to_owned(), before.to_owned());
        }
        UseTree::Name(name) => {
            uses.insert(name.ident.to_string(), join(&name.ident.to_string()));
        }
        UseTree::Rename(rename) => {
            uses.insert(rename.rename.to_string(), join(&rename.ident.to_string()));
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect_uses(tree, before, module, uses)),
        UseTree::Glob(_) => {}
    }
}
