//! What an act on volunteered data is refused with.

use counterfoil_oauth::access::refusal;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_volunteered::VolunteeredError;

/// The problem that a refusal is answered with.
pub(crate) fn problem(error: VolunteeredError) -> Problem {
    match error {
        VolunteeredError::NotFound => Problem::new(Code::NotFound),
        VolunteeredError::UnknownAsk => Problem::new(Code::UnknownAsk),
        VolunteeredError::UnknownPurpose => Problem::new(Code::UnknownPurpose),
        VolunteeredError::AskClosed => Problem::new(Code::AskClosed),
        VolunteeredError::TooLarge => Problem::new(Code::AnswerTooLarge),
        VolunteeredError::NotNow(state) => Problem::new(Code::NotNow).detail(format!("It is {state}.")),
        VolunteeredError::Quiet => Problem::new(Code::GoneDark),
        VolunteeredError::Changed => Problem::new(Code::NoticeChanged),
        VolunteeredError::NotNamed => Problem::new(Code::AskNotNamed),
        VolunteeredError::Invalid(faults) => {
            faults.into_iter().fold(Problem::new(Code::InvalidAnswer), |problem, fault| {
                problem.pointer(fault.pointer, fault.says)
            })
        }
        VolunteeredError::KeyReused => Problem::new(Code::KeyReused),
        VolunteeredError::Refused(refused) => refusal(&refused),
        VolunteeredError::Store(error) => error.into(),
    }
}
