//! What lies over the screen: a stack of layers. The topmost one takes a key, or passes it to what is below.

mod does;
mod filter;
mod find;
mod fuzzy;
mod help;
mod list;
mod menu;
mod palette;

pub(super) use does::Does;
pub(super) use menu::Menu;
pub(super) use palette::Palette;

use super::app::App;
use super::layout::Layout;
use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;

/// A layer.
#[derive(Debug)]
pub(super) enum Layer {
    /// The list of keys, scrolled so far.
    Help(usize),
    /// The text to find is typed.
    Find {
        /// The pane that was active while the prompt had the keyboard, if it is to have it again.
        from_prompt: Option<usize>,
    },
    /// The text is typed that rows have to hold.
    Filter(String),
    /// What can be done with something.
    Menu(Menu),
    /// All that can be gone to or run.
    Palette(Palette),
}

/// What a key did to a layer, which was taken from the stack.
pub(super) enum Took {
    /// It was used, and the layer goes back.
    Stays(Layer),
    /// It was used, and the layer is done with.
    Gone,
    /// The layer is done with, and the key is for what is below.
    Passes,
}

impl App {
    /// The layer that gets keys first.
    pub(super) fn top_layer(&self) -> Option<&Layer> {
        self.layers.last()
    }

    /// Gives a key to the layers; false where none of them takes it.
    pub(super) fn layer_key(&mut self, key: KeyEvent) -> bool {
        while let Some(layer) = self.layers.pop() {
            let took = match layer {
                Layer::Help(top) => self.help_key(key, top),
                Layer::Find { from_prompt } => self.find_key(key, from_prompt),
                Layer::Filter(text) => self.filter_key(key, text),
                Layer::Menu(menu) => self.menu_key(key, menu),
                Layer::Palette(palette) => self.palette_key(key, palette),
            };
            match took {
                Took::Stays(layer) => {
                    self.layers.push(layer);
                    return true;
                }
                Took::Gone => return true,
                Took::Passes => {}
            }
        }
        false
    }

    /// Gives pasted text to the layer that text is typed into; false where there is none.
    pub(super) fn layer_paste(&mut self, text: &str) -> bool {
        // Nobody types more into one line.
        let text: String = text.chars().filter(|c| !c.is_control()).take(1_000).collect();
        match self.layers.pop() {
            Some(Layer::Find { from_prompt }) => {
                self.find.push_str(&text);
                self.layers.push(Layer::Find { from_prompt });
                self.look_for(true);
                true
            }
            Some(Layer::Filter(mut filter)) => {
                filter.push_str(&text);
                self.filter_by(&filter);
                self.layers.push(Layer::Filter(filter));
                true
            }
            Some(Layer::Palette(mut palette)) => {
                palette.type_text(&text);
                self.palette_typed(&palette);
                self.layers.push(Layer::Palette(palette));
                true
            }
            // Pasted text is for the prompt, and what lay over it is done with.
            _ => {
                self.layers.clear();
                false
            }
        }
    }

    /// What is typed into the topmost layer in place of the prompt: what stands before it, and the text.
    pub(super) fn typed_over(&self) -> Option<(String, &str)> {
        match self.top_layer()? {
            Layer::Find { .. } => Some(("/".to_owned(), self.find.as_str())),
            Layer::Filter(text) => Some(("f ".to_owned(), text.as_str())),
            Layer::Palette(palette) => Some((palette.label(self.language()), palette.text())),
            Layer::Help(_) | Layer::Menu(_) => None,
        }
    }

    /// The key of the text of the topmost layer's keys.
    pub(super) fn layer_hints(&self) -> Option<&'static str> {
        Some(match self.top_layer()? {
            Layer::Help(_) => "explorer.hints.help",
            Layer::Find { .. } => "explorer.hints.find",
            Layer::Filter(_) => "explorer.hints.filter",
            Layer::Menu(_) => "explorer.hints.menu",
            Layer::Palette(_) => "explorer.hints.palette",
        })
    }
}

/// Draws the layers that cover something.
pub(super) fn draw(app: &App, buffer: &mut Buffer, layout: &Layout) {
    for layer in &app.layers {
        match layer {
            Layer::Help(top) => help::draw(app, buffer, layout.middle, *top),
            Layer::Find { .. } | Layer::Filter(_) => {}
            Layer::Menu(menu) => menu.draw(buffer, layout.middle, &app.theme, app.language()),
            Layer::Palette(palette) => palette.draw(buffer, layout.middle, &app.theme, app.language()),
        }
    }
}
