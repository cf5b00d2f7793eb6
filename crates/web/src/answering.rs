//! A form under way: what was put in, what is wrong with it, a file that was read into it.

use actix_web::web::Bytes;
use counterfoil_domain::config_object::Ask;
use counterfoil_volunteered::{Fault, VolunteeredError};
use minijinja::{Value, context};

use crate::answer_form::{Entered, Flaws, Form, NotRead, Read, import, shape};
use crate::form::Fields;
use crate::pages::Pages;

/// Rows that "More rows" adds.
const MORE_ROWS: usize = 3;

/// A form with what is in it.
#[derive(Debug)]
pub(crate) struct Sheet {
    form: Form,
    entered: Entered,
    flaws: Flaws,
    problem: &'static str,
    was_read: usize,
    more: usize,
}

/// What a press of a button led to.
#[derive(Debug)]
pub(crate) enum Pressed {
    /// An answer, with the form it stood in.
    Answer(serde_json::Value, Sheet),
    /// The form is to be looked at again.
    Again(Sheet),
}

impl Sheet {
    /// The form of an ask, with an answer that was given before; nothing where no form can ask it.
    pub(crate) fn of_ask(pages: &Pages, ask: &Ask, before: Option<&serde_json::Value>) -> Option<Self> {
        let form = shape(&ask.schema, pages.words().tag())?;
        let entered = before.map(|value| Entered::of_value(&form, value)).unwrap_or_default();
        Some(Self { form, entered, flaws: Flaws::default(), problem: "", was_read: 0, more: 0 })
    }

    /// What a button does to what was sent. A file that was chosen is read first, whichever button it was, so that
    /// nothing leaves that nobody has seen.
    pub(crate) fn press(mut self, fields: &Fields, file: Option<&Bytes>, button: &str) -> Pressed {
        self.entered = Entered::of_fields(fields);
        if button == "more" {
            self.more = MORE_ROWS;
            return Pressed::Again(self);
        }
        if let Some(file) = file {
            self.import(file);
            return Pressed::Again(self);
        }
        if button == "read" {
            self.problem = "file-missing";
            return Pressed::Again(self);
        }
        match self.form.read(&mut self.entered) {
            Read::Answer(value) => Pressed::Answer(value, self),
            Read::Nothing => {
                self.problem = "nothing";
                Pressed::Again(self)
            }
            Read::Flawed(flaws) => {
                (self.flaws, self.problem) = (flaws, "flawed");
                Pressed::Again(self)
            }
        }
    }

    fn import(&mut self, file: &Bytes) {
        let Some((pointer, rows)) = self.form.rows() else { return };
        match import(rows, file) {
            Ok(things) => {
                self.was_read = things.len();
                self.entered.fill_rows(rows, &pointer, &things);
            }
            Err(NotRead::Unreadable) => self.problem = "file-unreadable",
            Err(NotRead::NoColumns) => self.problem = "file-columns",
            Err(NotRead::Empty) => self.problem = "file-empty",
        }
    }

    /// What was refused is told in the form, if it can be mended there.
    ///
    /// # Errors
    /// The refusal, if it cannot.
    pub(crate) fn refused(mut self, refusal: VolunteeredError) -> Result<Self, VolunteeredError> {
        self.problem = match &refusal {
            VolunteeredError::Invalid(faults) => {
                self.flaws = self.flaws_of(faults);
                "flawed"
            }
            VolunteeredError::TooLarge => "large",
            VolunteeredError::Changed => "changed",
            _ => return Err(refusal),
        };
        Ok(self)
    }

    fn flaws_of(&self, faults: &[Fault]) -> Flaws {
        Flaws::of_faults(&self.form, &self.entered, faults)
    }

    /// The form says that the question has changed.
    #[must_use]
    pub(crate) fn changed(self) -> Self {
        Self { problem: "changed", ..self }
    }

    /// Whether something is to be mended.
    pub(crate) fn is_flawed(&self) -> bool {
        !self.problem.is_empty()
    }

    /// The values of `answer-form.html`.
    pub(crate) fn render(&self) -> Value {
        context! {
            form => self.form.render(&self.entered, &self.flaws, self.more),
            problem => self.problem,
            was_read => self.was_read,
        }
    }
}

/// The values of a page that has no form to show.
pub(crate) fn without_form() -> Value {
    context! { form => (), problem => "", was_read => 0 }
}
