//! The store, driven as services drive it.

mod commit;
mod faults;
mod national;
mod toy;
