//! Who waits for whom among all threads: circles, and who holds up most.

use super::thread::Thread;
use super::wait::ThreadState;
use super::wait_chain::WaitChains;
use crate::debuggee::{Lack, Scope};
use crate::util::order::Order;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The threads that wait for other threads.
#[derive(Debug, Clone, Default)]
pub struct WaitGraph {
    /// By the thread that waits: those that hold what it waits for.
    waits: HashMap<u64, Vec<u64>>,
    /// Threads that were looked at.
    pub threads: u64,
    /// Those of them that wait for anything at all.
    pub waiting: u64,
    /// Waits of which it is not known who holds what is waited for, and threads that could not be read.
    pub unknown: u64,
}

impl WaitGraph {
    /// Looks at every thread.
    ///
    /// # Errors
    /// Where the threads are not known, and [`Lack::Stopped`].
    pub fn of<'s>(chains: &WaitChains<'s>, scope: &'s Scope<'s>) -> Result<WaitGraph, Lack> {
        let mut graph = WaitGraph::default();
        for thread in Thread::all(scope)? {
            scope.check()?;
            let Ok(thread) = thread else {
                graph.unknown += 1;
                continue;
            };
            graph.threads += 1;
            graph.waiting += u64::from(thread.state() == Ok(ThreadState::WAITING));
            let found = match chains.of(&thread) {
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(_) => {
                    graph.unknown += 1;
                    continue;
                }
                Ok(found) => found,
            };
            graph.unknown += found.iter().filter(|wait| wait.holders.is_err()).count() as u64;
            let holders: Vec<u64> =
                found.into_iter().flat_map(|wait| wait.holders.unwrap_or_default()).collect();
            if !holders.is_empty() {
                graph.waits.insert(thread.address(), holders);
            }
        }
        Ok(graph)
    }

    /// How many threads wait for threads that are known.
    pub fn held_up_count(&self) -> usize {
        self.waits.len()
    }

    /// The circles that the waits make, each once, from its lowest thread on: a deadlock if every wait in it is for all that is
    /// waited for.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn cycles(&self, scope: &Scope<'_>) -> Result<Vec<Vec<u64>>, Lack> {
        let mut found: Vec<Vec<u64>> = Vec::new();
        let mut done: HashMap<u64, bool> = HashMap::new();
        let mut starts: Vec<u64> = self.waits.keys().copied().collect();
        starts.sort_unstable();
        for start in starts {
            scope.check()?;
            // Depth first without recursion: the path, with the next holder of each to look at.
            let mut path: Vec<(u64, usize)> = vec![(start, 0)];
            while let Some((at, next)) = path.last_mut() {
                let at = *at;
                let holder = self.waits.get(&at).and_then(|holders| holders.get(*next)).copied();
                *next += 1;
                match holder {
                    None => {
                        done.insert(at, true);
                        path.pop();
                    }
                    Some(holder) if done.contains_key(&holder) => {}
                    Some(holder) => match path.iter().position(|(thread, _)| *thread == holder) {
                        Some(from) => {
                            let mut cycle: Vec<u64> =
                                path.iter().skip(from).map(|(thread, _)| *thread).collect();
                            let lowest = cycle.iter().enumerate().min_by_key(|(_, thread)| **thread);
                            let lowest = lowest.map_or(0, |(index, _)| index);
                            cycle.rotate_left(lowest);
                            if !found.contains(&cycle) {
                                found.push(cycle);
                            }
                        }
                        None => path.push((holder, 0)),
                    },
                }
            }
        }
        Ok(found)
    }

    /// The threads that hold up others and are held up by nobody, each with those that it holds up, itself or through others:
    /// those with most first. Who is in a circle is told there.
    pub fn held_up(&self) -> Vec<(u64, Vec<u64>)> {
        let mut waiters: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (&waiter, holders) in &self.waits {
            holders.iter().for_each(|&holder| waiters.entry(holder).or_default().push(waiter));
        }
        let free = waiters.keys().filter(|holder| !self.waits.contains_key(holder));
        let mut found: Vec<(u64, Vec<u64>)> = free
            .map(|&holder| {
                let (mut seen, mut next) = (HashSet::from([holder]), vec![holder]);
                let mut held = Vec::new();
                while let Some(at) = next.pop() {
                    let new = waiters.get(&at).into_iter().flatten().copied();
                    let new: Vec<u64> = new.filter(|&waiter| seen.insert(waiter)).collect();
                    held.extend(&new);
                    next.extend(new);
                }
                held.sort_unstable();
                (holder, held)
            })
            .collect();
        found.order_by_key(|(holder, held)| (Reverse(held.len()), *holder));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(waits: &[(u64, &[u64])]) -> WaitGraph {
        let waits = waits.iter().map(|(waiter, holders)| (*waiter, holders.to_vec())).collect();
        WaitGraph { waits, ..WaitGraph::default() }
    }

    #[test]
    fn whoever_holds_up_most_comes_first() {
        // 1 and 2 wait for 3, which waits for 4; 5 waits for 6.
        let found = graph(&[(1, &[3]), (2, &[3]), (3, &[4]), (5, &[6])]).held_up();
        assert_eq!(found, [(4, vec![1, 2, 3]), (6, vec![5])]);
        // In a circle everybody is held up.
        assert_eq!(graph(&[(1, &[2]), (2, &[1])]).held_up(), []);
    }
}
