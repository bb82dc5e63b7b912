//! The gateway against a data centre that answers as it likes, and the evidence that it keeps.

mod country;
mod evidence;
mod hostile;
mod scripted;
