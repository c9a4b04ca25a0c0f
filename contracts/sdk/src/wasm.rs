//! The glue between a contract and the host on wasm32: imports, exports, allocator, panic handler.
//!
//! An instance serves one call and is thrown away, so the allocator only moves forward and takes nothing back: what a
//! call leaves is gone with its instance. Panics carry no message: the host reports a trap by a coarse code, and text
//! would be dead weight in every module.

use crate::codec;
use crate::env::{Env, ScanEntry};
use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use senim_abi::context::ABI_VERSION;
use senim_abi::{CallContext, Entry, Outcome, Refusal};
use senim_types::{Code, ContractId, Domain, Hash, Height, PublicKey, TimeMs};

mod host {
    // The imports of `senim_abi::host`, name by name.
    #[link(wasm_import_module = "senim1")]
    unsafe extern "C" {
        pub fn get(key: *const u8, key_length: usize, out: *mut u8, out_capacity: usize) -> i32;
        pub fn put(key: *const u8, key_length: usize, value: *const u8, value_length: usize);
        pub fn delete(key: *const u8, key_length: usize);
        pub fn scan(
            prefix: *const u8,
            prefix_length: usize,
            after: *const u8,
            after_length: usize,
            limit: u32,
        ) -> i32;
        pub fn take(out: *mut u8, out_capacity: usize) -> i32;
        pub fn call(contract: u32, input: *const u8, input_length: usize) -> i32;
        pub fn query(contract: u32, input: *const u8, input_length: usize) -> i32;
        pub fn emit(kind: u32, version: u32, body: *const u8, body_length: usize);
        pub fn now() -> u64;
        pub fn height() -> u64;
        pub fn context(out: *mut u8, out_capacity: usize) -> i32;
        pub fn witnessed(
            key: *const u8,
            domain: u32,
            message: *const u8,
            message_length: usize,
        ) -> i32;
        pub fn schedule(at_ms: u64, input: *const u8, input_length: usize);
        pub fn hash(data: *const u8, data_length: usize, out: *mut u8);
    }
}

/// The host as an [`Env`].
pub struct Host;

/// Room for a value at the first try: most records are shorter.
const FIRST_CAPACITY: usize = 384;

/// Fetches the `length` bytes that the host keeps.
fn take(length: i32) -> Vec<u8> {
    let length = length as usize;
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    // SAFETY: the host writes exactly `length` bytes, which the vector has room for, or traps.
    unsafe {
        host::take(bytes.as_mut_ptr(), length);
        bytes.set_len(length);
    }
    bytes
}

impl Env for Host {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut value: Vec<u8> = Vec::with_capacity(FIRST_CAPACITY);
        loop {
            // SAFETY: pointers and lengths are of live buffers; the host writes only what fits the capacity.
            let length = unsafe {
                host::get(
                    key.as_ptr(),
                    key.len(),
                    value.as_mut_ptr(),
                    value.capacity(),
                )
            };
            if length < 0 {
                return None;
            }
            let length = length as usize;
            if length <= value.capacity() {
                // SAFETY: the host has just written `length` bytes.
                unsafe { value.set_len(length) };
                return Some(value);
            }
            value = Vec::with_capacity(length);
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        // SAFETY: pointers and lengths are of live buffers.
        unsafe { host::put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) }
    }

    fn delete(&mut self, key: &[u8]) {
        // SAFETY: as above.
        unsafe { host::delete(key.as_ptr(), key.len()) }
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: u32) -> Vec<ScanEntry> {
        // SAFETY: as above.
        let length = unsafe {
            host::scan(
                prefix.as_ptr(),
                prefix.len(),
                after.as_ptr(),
                after.len(),
                limit,
            )
        };
        match codec::read(&take(length)) {
            Some(entries) => entries,
            None => core::arch::wasm32::unreachable(),
        }
    }

    fn emit(&mut self, kind: u16, version: u8, body: &[u8]) {
        // SAFETY: as above.
        unsafe { host::emit(kind.into(), version.into(), body.as_ptr(), body.len()) }
    }

    fn now(&self) -> TimeMs {
        // SAFETY: no arguments.
        TimeMs(unsafe { host::now() })
    }

    fn height(&self) -> Height {
        // SAFETY: no arguments.
        Height(unsafe { host::height() })
    }

    fn context(&self) -> CallContext {
        // Larger than any context of this ABI version.
        let mut bytes = [0; 160];
        // SAFETY: the buffer is live; the host writes only what fits.
        let length = unsafe { host::context(bytes.as_mut_ptr(), bytes.len()) } as usize;
        match bytes.get(..length).and_then(codec::read) {
            Some(context) => context,
            None => core::arch::wasm32::unreachable(),
        }
    }

    fn witnessed(&self, key: &PublicKey, domain: Domain, message: &[u8]) -> bool {
        let key = key.encoded();
        // SAFETY: pointers and lengths are of live buffers; the key has the 33 bytes that the host reads.
        unsafe {
            host::witnessed(key.as_ptr(), domain as u32, message.as_ptr(), message.len()) != 0
        }
    }

    fn call(&mut self, contract: ContractId, input: &[u8]) -> Outcome {
        // SAFETY: as above. A refusal does not come back.
        Ok(take(unsafe {
            host::call(contract.0, input.as_ptr(), input.len())
        }))
    }

    fn query(&mut self, contract: ContractId, input: &[u8]) -> Outcome {
        // SAFETY: as above.
        Ok(take(unsafe {
            host::query(contract.0, input.as_ptr(), input.len())
        }))
    }

    fn schedule(&mut self, at: TimeMs, input: &[u8]) {
        // SAFETY: as above.
        unsafe { host::schedule(at.0, input.as_ptr(), input.len()) }
    }

    fn hash(&self, data: &[u8]) -> Hash {
        let mut out = [0; 32];
        // SAFETY: the host writes 32 bytes.
        unsafe { host::hash(data.as_ptr(), data.len(), out.as_mut_ptr()) };
        Hash(out)
    }
}

/// Runs the contract on the input and hands the encoded outcome to the host. Called by [`contract!`](crate::contract).
pub fn enter(
    entry: u32,
    input: *const u8,
    length: usize,
    run: fn(&mut Host, Entry, &[u8]) -> Outcome,
) -> u64 {
    // SAFETY: the host has written `length` bytes to what `alloc(length)` returned.
    let input = unsafe { core::slice::from_raw_parts(input, length) };
    let outcome = match Entry::from_number(entry) {
        Some(entry) => run(&mut Host, entry, input),
        None => Err(Refusal::new(Code::BAD_ENTRY)),
    };
    let bytes = codec::encode(&outcome);
    let answer = (bytes.as_ptr() as u64) << 32 | bytes.len() as u64;
    core::mem::forget(bytes);
    answer
}

/// Room for the host to write the input to.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    let mut bytes: Vec<u8> = Vec::with_capacity(length);
    let pointer = bytes.as_mut_ptr();
    core::mem::forget(bytes);
    pointer
}

/// The version of the interface that the contract was built for.
#[unsafe(no_mangle)]
pub extern "C" fn abi_version() -> u32 {
    ABI_VERSION
}

/// Moves forward from the end of the static data, and takes nothing back; what was given last can grow in place.
///
/// With nothing to give back, the compiler drops the code that would walk a value to do so: an eighth of an artefact. The
/// host's limit of memory is what a call may allocate in all; docs/contracts.md has how much calls use.
struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: there is one thread.
unsafe impl Sync for Bump {}

const PAGE_BYTES: usize = 64 * 1024;

unsafe extern "C" {
    /// Set by the linker: the first byte after stack and static data.
    static __heap_base: u8;
}

// SAFETY: every block is within memory that has been grown to hold it, aligned, and given out once.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.next.get() == 0 {
            self.next.set(&raw const __heap_base as usize);
            self.end
                .set(core::arch::wasm32::memory_size::<0>() * PAGE_BYTES);
        }
        let aligned = (self.next.get() + layout.align() - 1) & !(layout.align() - 1);
        let Some(next) = aligned.checked_add(layout.size()) else {
            return core::ptr::null_mut();
        };
        if next > self.end.get() {
            let pages = (next - self.end.get()).div_ceil(PAGE_BYTES);
            if core::arch::wasm32::memory_grow::<0>(pages) == usize::MAX {
                return core::ptr::null_mut();
            }
            self.end.set(self.end.get() + pages * PAGE_BYTES);
        }
        self.next.set(next);
        aligned as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let last = block as usize + layout.size() == self.next.get();
        if last {
            self.next.set(block as usize);
        }
        // SAFETY: size and alignment come from a valid layout; a last block is extended in place.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() && moved != block {
                core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
            }
            moved
        }
    }
}

#[global_allocator]
static ALLOCATOR: Bump = Bump {
    next: Cell::new(0),
    end: Cell::new(0),
};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
