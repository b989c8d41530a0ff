//! Where files are looked for: `.sympath`, `.symfix`, `.exepath`, `.srcpath`.

use crate::command::{CommandError, Context};
use crate::output::{Cell, Column, Line, Record, Role, Table};
use crate::search::finder::Finder;
use crate::search::path::{Element, SearchPath, Store};
use std::path::Path;

/// `+ TEXT` adds to a path, anything else replaces it. `None` where nothing was typed: the path is only shown.
pub fn edited(old: &SearchPath, typed: &str) -> Option<SearchPath> {
    let typed = typed.trim();
    match typed.strip_prefix('+') {
        Some(more) if more.trim().is_empty() => None,
        Some(more) if old.text().is_empty() => Some(SearchPath::parse(more.trim())),
        Some(more) => Some(old.append(more.trim())),
        None if typed.is_empty() => None,
        None => Some(SearchPath::parse(typed)),
    }
}

/// Looks for symbols along another path; what was loaded is forgotten.
pub fn use_symbol_path(path: SearchPath, context: &mut Context<'_>) {
    let table = context.session.target.symbols();
    let finder = table.finder();
    let images = finder.image_path().clone();
    table.set_finder(Finder::new(path, images, finder.options().clone()));
}

/// What is said of a path: its text, what it stands for, and whether its parts are there.
pub fn show(path: &SearchPath, what: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let text = Cell::new(Some(path.text()).filter(|text| !text.is_empty())).absent("<empty>");
    let record = Record::new("search_path")
        .label(what)
        .label(" search path is: ")
        .cell("path", text.role(Role::Value))
        .line(Line::new().label(format!("Expanded {what} search path is: ")))
        .cell("expanded", Cell::new(path.expanded()).role(Role::Value));
    context.out.emit(record)?;
    for warning in path.warnings() {
        context.out.emit(Line::new().role(Role::Warning, format!("Warning: {warning}")))?;
    }
    if path.is_empty() {
        return Ok(());
    }
    context.out.blank()?;
    context.out.emit(Line::of("************* Path validation summary **************"))?;
    let columns = [Column::left("response", "", 47), Column::left("location", "", 0).after(0)];
    let table = Table::new("path_element", &columns);
    let heading = "Response                         Time (ms)     Location";
    context.out.within(table.clone().headed(heading), |out| {
        path.elements().iter().try_for_each(|element| {
            let (response, place) = validate(element);
            let role = if response == "Error" { Role::Warning } else { Role::Text };
            out.emit(table.row([Cell::new(response).role(role), place.into()]))
        })
    })
}

/// Servers are asked when a file is needed; folders are there or not.
fn validate(element: &Element) -> (&'static str, String) {
    let folder = |path: &Path| if path.exists() { "OK" } else { "Error" };
    match element {
        Element::Folder(path) => (folder(path), path.display().to_string()),
        Element::Isf(path) => (folder(path), format!("isf*{}", path.display())),
        Element::Cache(None) => ("OK", "cache*".to_owned()),
        Element::Cache(Some(path)) => ("OK", format!("cache*{}", path.display())),
        Element::Server(stores) => {
            let part = |store: &Store| match store {
                Store::Default => String::new(),
                Store::Folder(path) => path.display().to_string(),
                Store::Http(url) => url.clone(),
            };
            let parts: Vec<String> = stores.iter().map(part).collect();
            ("Deferred", format!("srv*{}", parts.join("*")))
        }
    }
}
