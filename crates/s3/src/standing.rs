//! Whether a request's key stands: asked by whoever acts on it, and at the latest by the answer. Where rows are far away the
//! question travels with the request's own.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::refusal::Refusal;

type Told = Result<(), Refusal>;

/// What is known of one request's key. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Standing(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    /// The request never came to the gate.
    #[default]
    Nobody,
    /// Whoever wants to know asks this.
    Question(Pin<Box<dyn Future<Output = Told> + Send>>),
    Told(Told),
}

impl Standing {
    /// Keeps the question until somebody wants to know.
    pub(crate) async fn keep(&self, question: impl Future<Output = Told> + Send + 'static) {
        *self.0.lock().await = State::Question(Box::pin(question));
    }

    /// Asks, once, and waits for the answer; a request that never came to the gate relies on nobody's key.
    ///
    /// # Errors
    /// That the key doesn't stand, or that nobody can say.
    pub(crate) async fn told(&self) -> Told {
        let mut state = self.0.lock().await;
        if let State::Question(question) = &mut *state {
            let told = question.await;
            *state = State::Told(told);
        }
        match &*state {
            State::Told(told) => told.clone(),
            State::Nobody | State::Question(_) => Ok(()),
        }
    }
}
