//! File sources from the file on disk to the dataset.

mod bench;
mod focus;
mod limits;
mod usage;
