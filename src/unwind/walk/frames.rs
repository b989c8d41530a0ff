//! The frames that a walk has found so far.

use super::WalkOptions;
use crate::unwind::frame::{End, Frame, FrameKind, Stack, Trust};
use crate::unwind::host::UnwindHost;

/// The frames of a walk as they are found, each behind what is inlined in it.
pub(crate) struct Frames<'a> {
    host: &'a dyn UnwindHost,
    inline: bool,
    frames: Vec<Frame>,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(host: &'a dyn UnwindHost, options: &WalkOptions) -> Frames<'a> {
        Frames { host, inline: options.inline, frames: Vec::new() }
    }

    /// Adds a physical frame and, before it, the functions inlined at its address.
    pub(crate) fn push(&mut self, mut frame: Frame) {
        if self.inline {
            let chain = self.host.inline_chain(frame.lookup_ip());
            for (depth, inline) in chain.into_iter().enumerate() {
                let number = self.next_number();
                self.frames.push(Frame {
                    number,
                    kind: FrameKind::Inline,
                    trust: Trust::Inline,
                    notes: Vec::new(),
                    inline: Some(inline),
                    inline_depth: Some(depth),
                    ..frame.clone()
                });
            }
        }
        frame.number = self.next_number();
        self.frames.push(frame);
    }

    fn next_number(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn finish(self, end: End) -> Stack {
        Stack { frames: self.frames, end }
    }
}
