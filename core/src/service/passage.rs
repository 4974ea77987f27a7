//! What stands between the callers of a method and its handler: interceptors, then its schemas.

use std::sync::Arc;

use super::{Method, Observed, Service};
use crate::buffer::Buffer;
use crate::call::{OnOutcome, Outcome, Request};
use crate::error::Result;
use crate::proto::StreamType;

/// A call that was let pass, and what will look at its end.
pub(crate) struct Passage {
    observed: Option<Observed>,
    /// The method, if its answers are checked.
    checked: Option<Arc<Method>>,
}

impl Service {
    /// Lets a call pass, or refuses it. `None` = nothing stands there, as with most methods. Beside the passage: the request's body
    /// with the defaults that it left out, if any, for [`Request::completed`].
    #[inline(always)]
    pub(crate) fn enter(
        &self,
        method: &Arc<Method>,
        request: &Request<'_>,
    ) -> Result<Option<(Passage, Option<Arc<Buffer>>)>> {
        if method.contract.is_none() && !self.is_intercepted() {
            return Ok(None);
        }
        self.pass(method, request).map(Some)
    }

    #[inline(never)]
    fn pass(&self, method: &Arc<Method>, request: &Request<'_>) -> Result<(Passage, Option<Arc<Buffer>>)> {
        let observed = self.observe(method, request)?;
        let Some(contract) = &method.contract else { return Ok((Passage { observed, checked: None }, None)) };
        let checked = contract.checks_answers().then(|| method.clone());
        let passage = Passage { observed, checked };
        // Where messages follow, the schema is theirs.
        let is_opening =
            matches!(method.stream_type, StreamType::ClientStreaming | StreamType::BidirectionalStreaming);
        if is_opening {
            return Ok((passage, None));
        }
        match contract.check_input(request.body, request.encoding) {
            Ok(completed) => Ok((passage, completed.map(Arc::new))),
            Err(refused) => {
                if let Some(observed) = passage.observed {
                    observed.ended(&Err(refused.clone()));
                }
                Err(refused)
            }
        }
    }
}

impl Passage {
    /// The outcome as its caller gets it.
    #[inline]
    pub fn leave(self, outcome: Outcome) -> Outcome {
        let outcome = match self.checked {
            Some(method) => check(&method, outcome),
            None => outcome,
        };
        if let Some(observed) = self.observed {
            observed.ended(&outcome);
        }
        outcome
    }

    /// The same for an outcome that comes later, if there was a passage.
    pub fn leave_by(passage: Option<Passage>, completion: OnOutcome) -> OnOutcome {
        match passage.filter(|passage| passage.observed.is_some() || passage.checked.is_some()) {
            Some(passage) => Box::new(move |outcome| completion(passage.leave(outcome))),
            None => completion,
        }
    }
}

fn check(method: &Method, outcome: Outcome) -> Outcome {
    let Some(contract) = &method.contract else { return outcome };
    // Where messages were sent, what ends the stream is empty.
    let is_answer = matches!(method.stream_type, StreamType::Unspecified | StreamType::ClientStreaming);
    match outcome {
        Ok(answer) if is_answer => {
            contract.check_output(answer.body.as_slice(), answer.encoding()).map(|()| answer)
        }
        Ok(end) => Ok(end),
        Err(error) => Err(contract.checked_error(error)),
    }
}
