//! The last line: what keys do, what was said, how far a command is, what is in sight of how much.

use super::app::{App, Keyboard};
use super::canvas::{bar, put};
use super::layout::{Layout, Place};
use super::panes::{self, CONSOLE, REGISTERS};
use crate::output::Role;
use crate::util::width::{clip, columns, wrap};
use crate::words::{Message, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::time::{Duration, Instant};

/// A command that has run for less is not worth a word.
pub(super) const QUIET: Duration = Duration::from_millis(250);
/// Lines that a message may take.
const TOLD: usize = 3;

/// The line that a link led to, where no title bar tells it; its end gives way to the keys.
fn followed(app: &App, place: Place) -> String {
    let pinned = app.panes.get(place.pane).is_some_and(|pane| pane.page.pinned.is_some());
    let Some(line) = app.line_of(place.pane, place.body.width).filter(|_| pinned) else {
        return String::new();
    };
    let room = usize::from(place.body.width) / 3;
    match clip(&line, room) {
        whole if whole.len() == line.len() => format!("[{line}] "),
        cut => format!("[{}..] ", cut.trim_end()),
    }
}

/// `3/17 lines `: the lines that hold what is searched for; `12 of 340 rows `: those that a filter keeps.
fn kept_rows(app: &App) -> String {
    let language = app.language();
    let mut said = String::new();
    if let (Some(found), Some(pattern)) = (app.found(), &app.pattern) {
        let key = match pattern.is_expression() {
            true => "explorer.status.found_expression",
            false => "explorer.status.found",
        };
        let more = if found.percent.is_some() { "+" } else { "" };
        let message = match (found.count, found.percent) {
            (0, None) => None,
            (0, Some(percent)) => Some(Message::new("explorer.status.searching").with("percent", percent)),
            (count, _) => {
                Some(Message::new(key).with("place", found.place).with("count", format!("{count}{more}")))
            }
        };
        said = message.map(|message| format!("{} ", message.in_language(language))).unwrap_or_default();
    }
    if let Some(message) = filtered(app) {
        said.push_str(&format!("{} ", message.in_language(language)));
    }
    said
}

/// How many rows the filter of the active pane keeps.
fn filtered(app: &App) -> Option<Message> {
    let page = &app.panes.get(app.active)?.page;
    let (filter, kept, all) = match app.active {
        CONSOLE => {
            let (kept, whole) = app.console.filtered()?;
            let more = if whole { "" } else { "+" };
            (app.console.filter()?, format!("{kept}{more}"), app.console.kept().count())
        }
        _ => page.filtered().and_then(|(kept, all)| Some((page.filter()?, kept.to_string(), all)))?,
    };
    let key = match filter.is_expression() {
        true => "explorer.status.filtered_expression",
        false => "explorer.status.filtered",
    };
    Some(Message::new(key).with("kept", kept).with("all", all).with("text", filter.text()))
}

/// `12-40/203`: the rows in sight, where not all are.
pub(super) fn position(app: &App, place: Place) -> String {
    let (Some(kept), Some(pane)) = (app.kept(place.pane), app.panes.get(place.pane)) else {
        return String::new();
    };
    let (count, top) = (kept.rows(), pane.page.view.top_row(kept));
    let end = (top + usize::from(place.body.height)).min(count);
    let first = top + pane.page.view.heading(kept, usize::from(place.body.height)).len() + 1;
    if top == 0 && end == count { String::new() } else { format!("{first}-{end}/{count} ") }
}

/// A message, whose end is in the last line: what does not fit there stands in the lines over it until the next key.
fn told(buffer: &mut Buffer, area: Rect, said: &str, style: Style) {
    let room = usize::from(area.width).saturating_sub(2);
    let lines = wrap(said, room, room);
    let rows = lines.len().min(TOLD).min(usize::from(area.y.saturating_sub(buffer.area.y)) + 1);
    for (row, line) in (1u16..).zip(lines.iter().take(rows)) {
        let up = u16::try_from(rows).unwrap_or(row).saturating_sub(row);
        bar(buffer, Rect { y: area.y - up, ..area }, 0, &format!(" {line}"), "", style);
    }
}

/// The last line: what runs, else a message, else the pane's keys.
pub(super) fn hints(app: &App, buffer: &mut Buffer, layout: &Layout, now: Instant) {
    let (area, language) = (layout.hints, app.language());
    if let Some((text, clock)) = running(app, now) {
        return status(app, buffer, area, &text, &clock);
    }
    if let Some(fetching) = &app.fetching {
        let (said, wish) = match &app.message {
            Some((_, message)) => {
                (message.in_language(language).into_owned(), "explorer.status.fetching_symbols")
            }
            None => (fetching.in_language(language), "explorer.status.escape_stops"),
        };
        return status(app, buffer, area, &format!(" {said}"), &format!("{} ", text(wish, language)));
    }
    if let Some((role, message)) = &app.message {
        return told(buffer, area, &message.in_language(language), app.theme.role(*role));
    }
    let of_layer = app.layer_hints();
    let key = match app.keyboard {
        _ if of_layer.is_some() => of_layer.unwrap_or_default(),
        Keyboard::Pane if lacks_value(app) => "explorer.hints.not_recovered",
        Keyboard::Pane => match folded(app) {
            Some(true) => "explorer.hints.folded",
            Some(false) => "explorer.hints.unfolded",
            None => panes::spec(app.active).map_or("", |pane| pane.hints),
        },
        Keyboard::Prompt if app.prompt.offered().is_some() => "explorer.hints.choices",
        Keyboard::Prompt if hides_output(app, layout) => "explorer.hints.prompt_scrolls",
        Keyboard::Prompt => "explorer.hints.prompt",
    };
    let place = layout.place(app.active).filter(|place| place.title.is_none());
    let right = match place {
        Some(place) if of_layer.is_none() => {
            format!("{}{}{}", kept_rows(app), followed(app, place), position(app, place))
        }
        _ => kept_rows(app),
    };
    let text = format!(" {}", text(key, language));
    let room = usize::from(area.width).saturating_sub(columns(&right) + 1);
    put(buffer, area, 0, 0, whole_hints(&text, room), app.theme.role(Role::Dim));
    let start = usize::from(area.width).saturating_sub(columns(&right));
    put(buffer, area, u16::try_from(start).unwrap_or(0), 0, &right, app.theme.role(Role::Dim));
}

/// As many of the hints, which stand two blanks apart, as fit.
fn whole_hints(text: &str, room: usize) -> &str {
    let fits = clip(text, room);
    match fits.rsplit_once("  ") {
        Some((whole, _)) if fits.len() < text.len() => whole,
        _ => fits,
    }
}

/// Whether the last command said more than is in sight.
fn hides_output(app: &App, layout: &Layout) -> bool {
    layout.place(CONSOLE).is_some_and(|place| app.said() > usize::from(place.body.height))
}

/// Whether the head under the cursor is folded; `None` where there is no head.
fn folded(app: &App) -> Option<bool> {
    let (kept, pane) = (app.kept(app.active)?, app.panes.get(app.active)?);
    Some(kept.folds().is_folded(kept.folds().headed(pane.page.view.cursor)?))
}

/// Whether the line under the cursor of the registers has a value that is not known.
fn lacks_value(app: &App) -> bool {
    let pane = app.panes.get(app.active).filter(|_| panes::whole(app.active) == REGISTERS);
    let line = pane.and_then(|pane| pane.page.kept().line(pane.page.view.cursor));
    line.is_some_and(|line| line.line().spans().iter().any(|span| span.role == Role::Unreadable))
}

/// A bar whose right part, which tells how to stop, is in sight however long the left one is.
fn status(app: &App, buffer: &mut Buffer, area: Rect, left: &str, right: &str) {
    let room = usize::from(area.width).saturating_sub(columns(right) + 1);
    bar(buffer, area, 0, clip(left, room), right, app.theme.bar(false));
}

/// ` lm  1.2 s  Esc stops ` once a command has run for a while.
fn running(app: &App, now: Instant) -> Option<(String, String)> {
    let running = app.running.as_ref()?;
    let time = now.saturating_duration_since(running.since);
    if time < QUIET {
        return None;
    }
    let spinner = ["|", "/", "-", "\\"];
    let turn = usize::try_from(time.as_millis() / QUIET.as_millis()).unwrap_or(0) % spinner.len();
    let language = app.language();
    let wish = if running.stopping { "explorer.status.stopping" } else { "explorer.status.escape_stops" };
    let wish = text(wish, language);
    let left = format!(
        " {} {}  {}",
        spinner.get(turn)?,
        running.request.line,
        match (&app.fetching, &running.how_far) {
            (Some(fetching), _) => fetching.in_language(language),
            (None, Some(how_far)) => how_far.in_language(language).into_owned(),
            (None, None) => String::new(),
        }
    );
    Some((left, format!("{:.1} s  {wish} ", time.as_secs_f32())))
}
