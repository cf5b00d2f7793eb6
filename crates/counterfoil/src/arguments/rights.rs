//! Arguments about customers' rights and about asks.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// `rights …`.
#[derive(Debug, Subcommand)]
pub enum Rights {
    /// Lists those that wait for an answer, the most pressing first.
    List {
        /// Only those whose time is over.
        #[arg(long)]
        overdue: bool,
    },
    /// Shows one, with what was said.
    Show {
        /// Its name: `rgt_…`.
        right: String,
    },
    /// Answers one.
    Answer {
        /// Its name: `rgt_…`.
        right: String,
        /// Who answers.
        #[arg(long = "as", value_name = "STAFF")]
        by: String,
        /// What was asked is not done; the file says why, and where the customer can complain.
        #[arg(long)]
        refuse: bool,
        /// A file with the answer.
        #[arg(long)]
        file: PathBuf,
    },
    /// Says why the answer takes two months longer; within the first month, and once.
    Extend {
        /// Its name: `rgt_…`.
        right: String,
        /// Who says so.
        #[arg(long = "as", value_name = "STAFF")]
        by: String,
        /// A file with the reason.
        #[arg(long)]
        file: PathBuf,
    },
}

/// `asks …`.
#[derive(Debug, Subcommand)]
pub enum Asks {
    /// How each ask is met: shown, answered, refused, withdrawn, what was promised and given.
    Report {
        /// In which form.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A table.
    Text,
    /// One JSON object.
    Json,
}
