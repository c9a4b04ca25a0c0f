//! What the module exports, with allocator and panic handler: the part that exists on wasm32 only.
#![expect(
    unsafe_code,
    reason = "fixed names, and places in linear memory that the caller has filled"
)]

extern crate alloc;

use crate::{Verify, verify_receipt, verify_state};
use alloc::alloc::{Layout, alloc_zeroed, dealloc};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic carries no message: the caller sees a trap.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Room for so many bytes, zeros at first; null if there is none, or for no bytes at all.
#[unsafe(no_mangle)]
pub extern "C" fn senim_allocate(bytes: usize) -> *mut u8 {
    match Layout::array::<u8>(bytes) {
        // SAFETY: the layout is not of size zero.
        Ok(layout) if bytes > 0 => unsafe { alloc_zeroed(layout) },
        _ => core::ptr::null_mut(),
    }
}

/// Gives room back.
///
/// # Safety
/// `place` and `bytes` are of one [`senim_allocate`], and it was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn senim_free(place: *mut u8, bytes: usize) {
    if let Ok(layout) = Layout::array::<u8>(bytes)
        && !place.is_null()
    {
        // SAFETY: allocated with this layout, as the caller has to make sure.
        unsafe { dealloc(place, layout) }
    }
}

/// [`verify_receipt`] of what the caller has written to the two places: 0, or the error's code.
///
/// # Safety
/// Both places are of [`senim_allocate`] with at least so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn senim_verify_receipt(
    genesis: *const u8,
    genesis_bytes: usize,
    proof: *const u8,
    proof_bytes: usize,
) -> u32 {
    // SAFETY: the caller's.
    let (genesis, proof) = unsafe { (read(genesis, genesis_bytes), read(proof, proof_bytes)) };
    verdict(verify_receipt, genesis, proof)
}

/// [`verify_state`] of what the caller has written to the two places: 0, or the error's code.
///
/// # Safety
/// As of [`senim_verify_receipt`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn senim_verify_state(
    genesis: *const u8,
    genesis_bytes: usize,
    proof: *const u8,
    proof_bytes: usize,
) -> u32 {
    // SAFETY: the caller's.
    let (genesis, proof) = unsafe { (read(genesis, genesis_bytes), read(proof, proof_bytes)) };
    verdict(verify_state, genesis, proof)
}

fn verdict(verify: Verify, genesis: &[u8], proof: &[u8]) -> u32 {
    verify(genesis, proof).map_or_else(|code| code.0.into(), |()| 0)
}

/// The bytes at a place; none at the null place.
///
/// # Safety
/// `place` is null, or of an allocation of at least `bytes`.
unsafe fn read<'a>(place: *const u8, bytes: usize) -> &'a [u8] {
    if place.is_null() {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { core::slice::from_raw_parts(place, bytes) }
}
