//! What happens when a mapped file has become shorter: touching a page behind its new end raises SIGBUS, which ends a process
//! that does nothing about it. Here that page and all behind it are replaced by zeros, the mapping is marked as lost, and
//! the reader goes on; [`super::Mapping`] then shows nothing any more, and who read asks it whether to believe what was read.
//!
//! Part of `mapping` as one of the two places with `unsafe`.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use libc::{c_int, c_void, siginfo_t};

/// A watched stretch of addresses. Slots are made once, used again and never freed, so that the handler may walk them at
/// any moment without a lock.
struct Slot {
    /// First address; 0 while the slot is free.
    start: AtomicUsize,
    /// Address after the last.
    end: AtomicUsize,
    /// 0, or 1 more than the offset at which the file turned out to end.
    lost: AtomicUsize,
    next: Option<&'static Slot>,
}

/// The slot made last.
static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());
/// Held while slots are taken and made; never by the handler.
static TAKING: Mutex<()> = Mutex::new(());
/// Bytes in a page of this machine, known before the handler is in place.
static PAGE: AtomicUsize = AtomicUsize::new(0x1000);

/// A stretch of mapped addresses, watched until this is dropped. It must be dropped before the mapping is.
pub(super) struct Watch(&'static Slot);

impl Watch {
    /// Watches the `len` bytes at `start`.
    pub(super) fn new(start: *const u8, len: usize) -> Watch {
        install();
        let _taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots().find(|slot| slot.start.load(Ordering::Acquire) == 0).unwrap_or_else(|| {
            let next = slots().next();
            let slot: &'static Slot = Box::leak(Box::new(Slot {
                start: AtomicUsize::new(0),
                end: AtomicUsize::new(0),
                lost: AtomicUsize::new(0),
                next,
            }));
            SLOTS.store(ptr::from_ref(slot).cast_mut(), Ordering::Release);
            slot
        });
        slot.lost.store(0, Ordering::Release);
        slot.end.store((start as usize).saturating_add(len), Ordering::Release);
        slot.start.store(start as usize, Ordering::Release);
        Watch(slot)
    }

    /// The offset at which the file turned out to end; `None` while it is whole, as far as it was touched.
    pub(super) fn lost_at(&self) -> Option<usize> {
        self.0.lost.load(Ordering::Acquire).checked_sub(1)
    }

    /// Marks the stretch as lost from `offset` on.
    pub(super) fn lose(&self, offset: usize) {
        self.0.lose(offset);
    }
}

impl Slot {
    /// Keeps the lowest offset that is gone.
    fn lose(&self, offset: usize) {
        let found = offset.saturating_add(1);
        let _ = self.lost.fetch_update(Ordering::AcqRel, Ordering::Acquire, |known| {
            (known == 0 || found < known).then_some(found)
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.start.store(0, Ordering::Release);
    }
}

/// All slots, the newest first.
fn slots() -> impl Iterator<Item = &'static Slot> {
    // SAFETY: the pointer is null or of a leaked slot, which lives as long as the process and is only ever shared.
    let first = unsafe { SLOTS.load(Ordering::Acquire).as_ref() };
    std::iter::successors(first, |slot| slot.next)
}

/// What stood in the handler's place before.
static BEFORE: [OnceLock<libc::sigaction>; SIGNALS.len()] = [const { OnceLock::new() }; SIGNALS.len()];
/// The signals that can be taken over: SIGBUS always, the others only where something is to be done before they end the process.
const SIGNALS: [c_int; 5] = [libc::SIGBUS, libc::SIGSEGV, libc::SIGABRT, libc::SIGILL, libc::SIGFPE];
/// What is to be done before a fault ends the process.
static LAST: OnceLock<fn()> = OnceLock::new();

/// From now on `act` runs before a fault (a bad address, an illegal instruction, an abort, a stack overflow) ends the
/// process. It may only call what POSIX lets signal handlers call. The first one stays.
pub fn before_death(act: fn()) {
    let _ = LAST.set(act);
    install();
    static OTHERS: Once = Once::new();
    OTHERS.call_once(|| SIGNALS.iter().skip(1).for_each(|&signal| take(signal)));
}

fn install() {
    static BUS: Once = Once::new();
    BUS.call_once(|| {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        if let Some(page) = usize::try_from(page).ok().filter(|page| page.is_power_of_two()) {
            PAGE.store(page, Ordering::Release);
        }
        take(libc::SIGBUS);
    });
}

/// Puts the handler in place of what stands there, which it calls for what is not its own.
fn take(signal: c_int) {
    let Some(before) = SIGNALS.iter().position(|&known| known == signal).and_then(|index| BEFORE.get(index))
    else {
        return;
    };
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both structures are plain values, and zeros are valid in each field; the handler has the three arguments that
    // SA_SIGINFO asks for. What stood there is read first, so that the handler never runs without knowing it.
    unsafe {
        if libc::sigaction(signal, ptr::null(), old.as_mut_ptr()) != 0
            || before.set(old.assume_init()).is_err()
        {
            return;
        }
        let mut new: libc::sigaction = MaybeUninit::zeroed().assume_init();
        new.sa_sigaction = handle as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
        // On the stack kept for this: the fault may be that the stack is used up.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut new.sa_mask);
        // A refusal leaves what stood there: the process then ends as it would have.
        libc::sigaction(signal, &raw const new, ptr::null_mut());
    }
}

/// The code of a signal that a process sent with kill(2); besides, such codes are below 1 on Linux.
const SENT: c_int = if cfg!(target_vendor = "apple") { 0x10001 } else { 0 };

/// Runs inside the fault: nothing here locks or allocates.
extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the system passes a valid record with SA_SIGINFO.
    let code = unsafe { (*info).si_code };
    // A signal that somebody sent has no address, and no instruction that would fault again.
    let sent = code <= 0 || code == SENT;
    // SAFETY: what the system raises as SIGBUS has an address.
    if signal == libc::SIGBUS && !sent && mend(unsafe { (*info).si_addr() } as usize) {
        return;
    }
    if let Some(act) = LAST.get() {
        act();
    }
    let before = SIGNALS.iter().position(|&known| known == signal).and_then(|index| BEFORE.get(index));
    let before = before.and_then(OnceLock::get).filter(|_| !sent);
    match before.map_or(libc::SIG_DFL, |before| before.sa_sigaction) {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: plain calls that signal handlers may make. The signal is blocked until the handler returns, and then ends
            // the process as if nobody had listened.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
        handler if before.is_some_and(|before| before.sa_flags & libc::SA_SIGINFO != 0) => {
            // SAFETY: whoever set SA_SIGINFO gave a function of these three arguments, which are passed on unchanged.
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO a handler takes the signal alone.
            let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}

/// Puts zeros over what is left of the watched stretch from the page of `address` on; false if the address is not watched.
fn mend(address: usize) -> bool {
    let Some((slot, start, end)) = slots().find_map(|slot| {
        let start = slot.start.load(Ordering::Acquire);
        let end = slot.end.load(Ordering::Acquire);
        // Read again: a slot that is used again in between has another start, or none for a moment.
        let same = start != 0 && start == slot.start.load(Ordering::Acquire);
        (same && (start..end).contains(&address)).then_some((slot, start, end))
    }) else {
        return false;
    };
    let in_page = PAGE.load(Ordering::Acquire) - 1;
    let from = address & !in_page;
    let end = end.saturating_add(in_page) & !in_page;
    // SAFETY: the pages belong to a read-only mapping that is alive, for the thread that faulted is reading from it, and so is
    // whoever else does; `Watch` is dropped before it is unmapped. They are replaced by pages of zeros of the same length
    // that may be read, in one step, and nobody holds a reference through which they could be written. mmap is a bare system
    // call here; errno is put back, for the code that was interrupted may be about to look at it.
    unsafe {
        let errno = errno();
        let kept = *errno;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        let zeros = libc::mmap(from as *mut c_void, end - from, libc::PROT_READ, flags, -1, 0);
        *errno = kept;
        if zeros == libc::MAP_FAILED {
            return false;
        }
    }
    slot.lose(from - start);
    true
}

/// Where this thread's error number lies.
unsafe fn errno() -> *mut c_int {
    // SAFETY: takes no argument; the pointer is valid as long as the thread.
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    return unsafe { libc::__error() };
    #[cfg(not(any(target_os = "macos", target_os = "ios", target_os = "freebsd")))]
    return unsafe { libc::__errno_location() };
}
