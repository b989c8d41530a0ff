//! Where the user went: links that were followed, and what was selected on the way. Back undoes a step, forward does it again.

use crate::session::Selection;

/// Steps that can be undone at most.
const MAX_STEPS: usize = 200;

/// A step.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The pane that was active before it.
    pub(super) from: usize,
    /// The pane that is active after it.
    pub(super) to: usize,
    /// The pane that got a new page.
    pub(super) pushed: Option<usize>,
    /// What was selected before it and after it, if it selects.
    pub(super) selected: Option<(Selection, Selection)>,
    /// Whether its command has not ended: what that selects belongs to the step.
    pub(super) runs: bool,
}

/// The steps, the last one last.
#[derive(Debug, Default)]
pub(super) struct Trail {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl Trail {
    /// Adds a step: what was undone cannot be done again. Returns the step that is too old to be undone now.
    pub(super) fn push(&mut self, step: Step) -> Option<Step> {
        self.undone.clear();
        self.done.push(step);
        (self.done.len() > MAX_STEPS).then(|| self.done.remove(0))
    }

    /// A command has ended; if it selected something, that is part of its step. Returns what has to become a step of its own.
    pub(super) fn command_ended(
        &mut self,
        selected: Option<(Selection, Selection)>,
    ) -> Option<(Selection, Selection)> {
        let step = self.done.iter_mut().find(|step| step.runs);
        match step {
            Some(step) => {
                step.runs = false;
                step.selected = selected;
                None
            }
            None => selected,
        }
    }

    /// Half of a pane was closed and the other one is the whole pane: nothing leads to the pages of the closed one.
    pub(super) fn close_half(&mut self, stays: usize, closed: usize, pane: usize) {
        for steps in [&mut self.done, &mut self.undone] {
            steps.retain(|step| step.pushed != Some(closed));
            for step in steps {
                let ends = [&mut step.from, &mut step.to].into_iter().chain(&mut step.pushed);
                ends.filter(|it| [stays, closed].contains(it)).for_each(|it| *it = pane);
            }
        }
    }

    /// The step to undo.
    pub(super) fn back(&mut self) -> Option<Step> {
        let step = self.done.pop()?;
        self.undone.push(step.clone());
        Some(step)
    }

    /// The step to do again.
    pub(super) fn forward(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push(step.clone());
        Some(step)
    }
}
