//! Drawing the state.

use super::app::{App, Keyboard};
use super::canvas::{self, LineLook, bar, put};
use super::last_line::{hints, position};
use super::layers;
use super::layout::Place;
use super::panes::{self, CONSOLE, DISASSEMBLY, PANES, PROCESSES, PROCESSORS, STACK, THREADS};
use crate::output::{Action, Line, Role};
use crate::util::width::{clip, columns};
use crate::words::{Language, Message, text};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::time::Instant;

/// Draws everything; returns where the cursor stands, if it is in sight.
pub(super) fn draw(app: &mut App, buffer: &mut Buffer, now: Instant) -> Option<Position> {
    app.screen = buffer.area;
    let layout = app.layout();
    app.dumps.draw(buffer, layout.dumps, &app.theme);
    ticket(app, buffer, layout.ticket);
    tabs(app, buffer, layout.tabs);
    for rule in layout.rules.iter().chain(&layout.seams) {
        for row in 0..rule.height {
            put(buffer, *rule, 0, row, "|", app.theme.role(Role::Dim));
        }
    }
    layout.panes.iter().for_each(|place| fit(app, *place));
    app.look_on();
    for place in &layout.panes {
        pane(app, buffer, *place);
    }
    if let Some(offer) = app.prompt.offered().filter(|_| app.keyboard == Keyboard::Prompt) {
        offer.draw(buffer, layout.middle, &app.theme, app.language());
    }
    layers::draw(app, buffer, &layout);
    hints(app, buffer, &layout, now);
    prompt(app, buffer, layout.prompt)
}

fn ticket(app: &App, buffer: &mut Buffer, area: Rect) {
    let prompt = app.state.prompt.trim_end().trim_end_matches('>');
    let mut right = String::new();
    for selected in &app.state.selected {
        right.push_str(&selected.in_language(app.language()));
        right.push_str("  ");
    }
    right.push_str(prompt);
    let room = usize::from(area.width).saturating_sub(columns(&right) + 1);
    bar(buffer, area, 0, &app.ticket.text(room), &right, app.theme.bar(true));
}

/// The tabs with the first column of each: names if all fit, else short ones of as many as do, and the active one's.
fn tab_texts(app: &App, width: u16) -> Vec<(u16, usize, String)> {
    let (active, image, language) = (panes::whole(app.active), app.ticket.image.is_some(), app.language());
    let panes = PANES.get(..app.pane_count()).unwrap_or_default();
    let room = usize::from(width);
    let is_hidden = |pane: usize| pane != active && app.arranged.hides(pane);
    let long: usize = panes.iter().map(|pane| columns(pane.name(image, language)) + 4).sum();
    // Of a tab without a name a blank and the key stay; a bracket behind the active one, and the mark of the help.
    let marks = 3;
    let mut left = room.saturating_sub(panes.len() * 2 + marks);
    let mut named = vec![false; panes.len()];
    for pane in std::iter::once(active).chain(0..panes.len()) {
        let name = panes.get(pane).map_or(0, |spec| columns(spec.short(image, language)) + 1);
        match named.get_mut(pane) {
            Some(_) if is_hidden(pane) => {}
            Some(named) if !*named && name <= left => {
                *named = true;
                left -= name;
            }
            Some(named) if !*named => break,
            _ => {}
        }
    }
    let mut column = 0;
    let tabs = panes.iter().enumerate().map(|(pane, spec)| {
        let (open, close) = if pane == active { ("[", "]") } else { (" ", " ") };
        let (name, close) = match named.get(pane) {
            _ if is_hidden(pane) => ("", close.trim_end()),
            _ if long <= room => (spec.name(image, language), close),
            Some(true) => (spec.short(image, language), close.trim_end()),
            _ => ("", close.trim_end()),
        };
        let blank = if name.is_empty() { "" } else { " " };
        let text = format!("{open}{}{blank}{name}{close}", panes::key(pane));
        let start = column;
        column += u16::try_from(columns(&text)).unwrap_or(0);
        (start, pane, text)
    });
    tabs.collect()
}

/// The pane whose tab is at a column.
pub(super) fn tab_at(app: &App, width: u16, column: u16) -> Option<usize> {
    tab_texts(app, width).into_iter().rev().find(|(start, ..)| *start <= column).map(|(_, pane, _)| pane)
}

fn tabs(app: &App, buffer: &mut Buffer, area: Rect) {
    let mut end = 0;
    for (start, pane, text) in tab_texts(app, area.width) {
        let style =
            if pane == panes::whole(app.active) { app.theme.bar(true) } else { app.theme.role(Role::Label) };
        end = put(buffer, area, start, 0, &text, style);
    }
    if area.width > end + 1 {
        put(buffer, area, area.width - 1, 0, "?", app.theme.role(Role::Label));
    }
}

/// Makes a pane's lines for the room that it has.
fn fit(app: &mut App, place: Place) {
    let (Some(spec), Some(pane)) = (panes::spec(place.pane), app.panes.get_mut(place.pane)) else { return };
    if place.pane != CONSOLE && !pane.page.is_loading() {
        // Prose does not touch what stands beside it.
        let edge = u16::from(spec.wrap && place.body.right() < app.screen.right());
        let width = usize::from(place.body.width.saturating_sub(spec.gutter + edge));
        pane.page.fit(width, usize::from(place.body.height), spec);
    }
}

fn pane(app: &mut App, buffer: &mut Buffer, place: Place) {
    let Some(spec) = panes::spec(place.pane) else { return };
    let mut body = place.body;
    let height = usize::from(body.height);
    if let Some(pane) = app.panes.get_mut(place.pane) {
        let (view, kept) = pane.page.parts();
        view.settle(if place.pane == CONSOLE { app.console.kept() } else { kept }, height);
    }
    let active = place.pane == app.active;
    if let Some(title) = place.title {
        let (left, right) = title_text(app, place);
        bar(buffer, title, 0, &left, &right, app.theme.bar(active));
    }
    let Some(view) = app.panes.get(place.pane).map(|pane| pane.page.view.clone()) else {
        return;
    };
    let Some(lines) = app.kept(place.pane) else { return };
    let gutter = spec.gutter.min(body.width);
    let marks = Rect { width: gutter, ..body };
    body = Rect { x: body.x + gutter, width: body.width - gutter, ..body };
    let with_cursor = active && app.keyboard == Keyboard::Pane;
    let heading = view.heading(lines, height);
    let under = lines.rows_from(view.top_row(lines) + heading.len());
    let over = heading.filter_map(|number| Some((number, lines.line(number)?)));
    for (row, (number, kept)) in over.chain(under).take(height).enumerate() {
        let line = &kept.line();
        let look = LineLook {
            theme: &app.theme,
            left: view.left,
            cursor: (with_cursor && number == view.cursor).then(|| view.chosen_span(line)),
            pattern: app.pattern.as_ref().filter(|_| active),
        };
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        canvas::line(buffer, body, row, line, look);
        hidden(
            app,
            buffer,
            body,
            row,
            line.columns().saturating_sub(view.left),
            lines.folds().hidden_under(number),
        );
        left_out(app, buffer, body, row, lines.left_out(number));
        if let Some((column, descending)) = lines.order_mark(number)
            && let Some(column) = column.checked_sub(view.left)
        {
            let mark = if descending { "v" } else { "^" };
            let column = u16::try_from(column).unwrap_or(u16::MAX);
            put(buffer, body, column, row, mark, app.theme.role(Role::Changed));
        }
        if gutter > 0 && is_selected(app, place.pane, line) {
            put(buffer, marks, 0, row, ">", app.theme.role(Role::Heading));
        } else if gutter > 0 && line.spans().iter().any(|span| span.role == Role::ThirdParty) {
            put(buffer, marks, 0, row, "*", app.theme.role(Role::ThirdParty));
        }
    }
    if lines.count() == 0 {
        put(buffer, body, 0, 0, &empty_text(app, place.pane), app.theme.role(Role::Dim));
    }
}

/// How many lines a folded head stands for, behind it; over its end where there is no room.
fn hidden(app: &App, buffer: &mut Buffer, body: Rect, row: u16, end: usize, count: usize) {
    if count == 0 {
        return;
    }
    let key = if count == 1 { "explorer.status.folded_one" } else { "explorer.status.folded_many" };
    let said = Message::new(key).with("count", count);
    let said = format!(" [{}]", said.in_language(app.language()));
    let start = end.min(usize::from(body.width).saturating_sub(columns(&said)));
    put(buffer, body, u16::try_from(start).unwrap_or(0), row, &said, app.theme.role(Role::Label));
}

/// How many columns a table has besides those in sight, at the end of its heading.
fn left_out(app: &App, buffer: &mut Buffer, body: Rect, row: u16, count: usize) {
    if count > 0 {
        let said = format!(" +{count}");
        let start = usize::from(body.width).saturating_sub(columns(&said));
        put(buffer, body, u16::try_from(start).unwrap_or(0), row, &said, app.theme.role(Role::Dim));
    }
}

/// Whether a line shows what is selected: the frame, the thread, the process.
fn is_selected(app: &App, pane: usize, line: &Line) -> bool {
    let selected = match panes::whole(pane) {
        STACK => Some(Action::Frame(app.state.frame)),
        THREADS => app.state.thread.map(Action::Thread),
        PROCESSES => app.state.process.map(Action::Process),
        PROCESSORS => app.state.processor.map(Action::Processor),
        // Its first link: others are where it jumps to. A function's name stands over its first instruction.
        DISASSEMBLY => {
            let first = line.spans().iter().find(|span| span.action.is_some());
            let code = app.state.code.map(Action::Code);
            return first.is_some_and(|span| span.action == code && span.role != Role::Symbol);
        }
        _ => None,
    };
    selected.is_some() && line.spans().iter().any(|span| span.action == selected)
}

fn empty_text(app: &App, pane: usize) -> String {
    if let Some(closed) = app.closed.as_ref().filter(|_| pane == app.active) {
        return closed.in_language(app.language()).into_owned();
    }
    let busy = app.running.as_ref().filter(|running| running.is_typed());
    match (app.panes.get(pane), busy) {
        _ if pane == CONSOLE => text("explorer.help.begin", app.language()).to_owned(),
        (Some(pane), Some(running)) if pane.page.is_loading() => {
            let message = Message::new("explorer.status.waits").with("line", &running.request.line);
            message.in_language(app.language()).into_owned()
        }
        (Some(pane), None) if pane.page.is_loading() => "...".to_owned(),
        _ => String::new(),
    }
}

/// A title bar's parts: number, name and command; position.
fn title_text(app: &App, place: Place) -> (String, String) {
    let name = app.name_of(place.pane);
    let command = match app.line_of(place.pane, place.body.width) {
        Some(line) => line,
        None if place.pane != CONSOLE => String::new(),
        None => app
            .echo
            .and_then(|echo| app.console.kept().line(echo))
            .map(|line| line.text().to_owned())
            .unwrap_or_default(),
    };
    let pane = panes::whole(place.pane);
    let half = match app.arranged.divides(pane) {
        true if place.pane == pane => ".1",
        true => ".2",
        false => "",
    };
    let left = format!(" {}{half} {name}  {command}", panes::key(pane));
    (left, position(app, place))
}

fn searched(wanted: &str, language: Language) -> String {
    Message::new("explorer.status.search").with("text", wanted).in_language(language).into_owned()
}

/// Draws the prompt; returns where the cursor stands if the prompt has the keyboard.
fn prompt(app: &App, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let over = app.typed_over();
    let typing = over.is_some() || app.keyboard == Keyboard::Prompt && app.layers.is_empty();
    let (label, text, column) = match (over, app.prompt.searching()) {
        (Some((label, text)), _) => (label, text, columns(text)),
        (_, Some(wanted)) => (searched(wanted, app.language()), app.prompt.text(), app.prompt.column()),
        _ => (app.state.prompt.clone(), app.prompt.text(), app.prompt.column()),
    };
    let width = usize::from(area.width);
    let label = clip(&label, width.saturating_sub(1));
    let role = if typing { Role::Heading } else { Role::Label };
    let start = put(buffer, area, 0, 0, label, app.theme.role(role));
    let room = width.saturating_sub(usize::from(start)).max(1);
    // Scrolled so far that the cursor's own cell is in sight.
    let hidden = (column + 1).saturating_sub(room);
    let line = Line::of(text);
    let inner = Rect { x: area.x + start, width: area.width.saturating_sub(start), ..area };
    let look = LineLook { theme: &app.theme, left: hidden, cursor: None, pattern: None };
    canvas::line(buffer, inner, 0, &line, look);
    let x = inner.x + u16::try_from(column - hidden).unwrap_or(0);
    (typing && inner.area() > 0).then_some(Position { x: x.min(inner.right() - 1), y: inner.y })
}
