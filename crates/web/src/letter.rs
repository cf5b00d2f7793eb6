//! What is written to a customer with a receipt.

use counterfoil_oauth::sending::{Due, Occasion};

use crate::page_set::{MAIN_LANGUAGE, PageSet};
use crate::words::Word;

/// A letter, in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, in one line.
    pub subject: String,
    /// What it says. Holds the stop link while there is one: a secret.
    pub text: String,
}

impl PageSet {
    /// The letter with a receipt, in the language in which its customer was asked.
    pub fn letter(&self, due: &Due) -> Letter {
        let language = due.language.as_deref().unwrap_or(MAIN_LANGUAGE);
        let spoken = self.spoken(language).or_else(|| self.languages().next());
        let Some(spoken) = spoken else { return Letter { subject: String::new(), text: String::new() } };
        let words = spoken.words();
        let (subject, first) = match due.occasion {
            Occasion::Given => (Word::LetterGiven, Word::LetterGivenText),
            Occasion::Amended => (Word::LetterAmended, Word::LetterAmendedText),
            Occasion::Ended => (Word::LetterEnded, Word::LetterEndedText),
        };
        // What others wrote stands on one line, whatever they put into it.
        let plain = |text: &str| text.chars().filter(|letter| !letter.is_control()).collect::<String>();
        let (app, shop) = (plain(&due.view.app_name), plain(&self.settings().shop));
        let grant = format!("{}", due.view.grant_id);
        let values = [("app", app.as_str()), ("shop", shop.as_str()), ("reference", grant.as_str())];
        let mut parts = vec![words.say_with(first, &values)];
        if let Some(link) = &due.stop_link {
            parts.push(format!("{}\n{link}", words.say_with(Word::LetterStop, &values)));
        }
        parts.push(words.say_with(Word::LetterReceipt, &values));
        parts.push(shop.clone());
        Letter { subject: words.say_with(subject, &values), text: format!("{}\n", parts.join("\n\n")) }
    }
}
