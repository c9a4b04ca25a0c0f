//! Lends a borrowed state view to the engine, whose store can only hold what is `'static`.

use senim_types::StateView;
use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;

/// A view that is lent until [`lend`] returns.
#[derive(Clone)]
pub struct Lent(Rc<Cell<Option<NonNull<dyn StateView>>>>);

/// Takes the view back, also when the borrower panics.
struct Lease(Lent);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.0.set(None);
    }
}

/// Runs `borrow` with a handle to `view`. A handle kept beyond this call is empty.
pub fn lend<R>(view: &dyn StateView, borrow: impl FnOnce(Lent) -> R) -> R {
    let pointer: NonNull<dyn StateView + '_> = NonNull::from(view);
    #[expect(
        unsafe_code,
        reason = "only the lifetime is erased; `Lease` empties the handle before it ends"
    )]
    // SAFETY: the two types differ in lifetime alone, and `Lent::with` reads the pointer only while
    // `Lease` lives, which is within the borrow of `view`.
    let pointer: NonNull<dyn StateView> = unsafe { std::mem::transmute(pointer) };
    let lease = Lease(Lent(Rc::new(Cell::new(Some(pointer)))));
    borrow(lease.0.clone())
}

impl Lent {
    /// Reads the view.
    pub fn with<R>(&self, read: impl FnOnce(&dyn StateView) -> R) -> R {
        let pointer = self
            .0
            .get()
            .expect("a handle is used only within the call of `lend` that made it");
        #[expect(unsafe_code, reason = "see `lend`")]
        // SAFETY: the handle is not empty, so the call of `lend` that borrowed the view is still
        // below on this thread's stack (`Rc` keeps the handle on it), and it ends after `read`.
        let view = unsafe { pointer.as_ref() };
        read(view)
    }
}
