//! Sends receipts outside the pages: by mail, or into a folder.

use std::thread;
use std::time::{Duration, SystemTime};

use counterfoil_domain::clock::Clock;
use counterfoil_oauth::receipts::{ReceiptError, Receipts};
use counterfoil_oauth::sending::Due;
use counterfoil_oauth::upstream::is_customer_id;
use counterfoil_web::{Letter, PageSet};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::{FileTransport, SmtpTransport, Transport as _};

use crate::config::{Mail, MailTransport, Settings};
use crate::failure::Failure;

/// How often it looks for what is owed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What stands for the customer id in `mail.address`.
pub const CUSTOMER: &str = "{customer}";

/// Why a receipt was not sent.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    /// The sign-in told no address, and the customer id makes none. Which one is not said.
    #[error("the sign-in told no address, and mail.address and the customer's id make none")]
    Address,
    /// The letter.
    #[error("the letter: {0}")]
    Letter(#[from] lettre::error::Error),
    /// The attachment.
    #[error("the attachment: {0}")]
    Attachment(#[from] lettre::message::header::ContentTypeErr),
    /// The folder.
    #[error("the folder: {0}")]
    Folder(#[from] lettre::transport::file::Error),
    /// The server. What it said may hold the address.
    #[error("the mail server: {0}")]
    Server(&'static str),
}

enum Way {
    Folder(FileTransport),
    Smtp(Box<SmtpTransport>),
}

/// What sends letters.
struct Post {
    way: Way,
    from: Mailbox,
    address: String,
    clock: Clock,
}

/// Starts sending, on a thread that ends with the process, where the configuration says how.
///
/// # Errors
/// [`Failure`] when it cannot be set up like this.
pub fn start(settings: &Settings, receipts: Receipts, pages: PageSet, clock: Clock) -> Result<(), Failure> {
    let Some(post) = Post::new(settings, clock)? else { return Ok(()) };
    let work = move || {
        let mut said = String::new();
        loop {
            let says =
                pass(&post, &receipts, &pages).err().map(|error| format!("{error}")).unwrap_or_default();
            if says != said && !says.is_empty() {
                tracing::warn!(error = says, "receipts cannot be sent now");
            }
            said = says;
            thread::sleep(LOOK_EVERY);
        }
    };
    thread::Builder::new().name("post".to_owned()).spawn(work).map(drop).map_err(Failure::io("post"))
}

fn pass(post: &Post, receipts: &Receipts, pages: &PageSet) -> Result<(), ReceiptError> {
    for due in receipts.due()? {
        match post.send(&due, &pages.letter(&due)) {
            Ok(()) => receipts.sent(&due)?,
            Err(error) => {
                tracing::warn!(%error, grant = %due.view.grant_id, "a receipt was not sent; it is tried again");
                receipts.not_sent(&due)?;
            }
        }
    }
    Ok(())
}

impl Post {
    fn new(settings: &Settings, clock: Clock) -> Result<Option<Self>, Failure> {
        let Mail { transport, folder, from, address, .. } = &settings.mail;
        let usage = |name: &str, why: &dyn std::fmt::Display| Failure::Usage(format!("{name}: {why}"));
        let way = match transport {
            MailTransport::None => return Ok(None),
            MailTransport::Folder => {
                std::fs::create_dir_all(folder).map_err(Failure::io(format!("{}", folder.display())))?;
                Way::Folder(FileTransport::new(folder))
            }
            MailTransport::Smtp => {
                let url = settings.mail_url().map_err(Failure::io("mail.url_file"))?;
                // The address holds a password: what is wrong with it is not repeated.
                let smtp = SmtpTransport::from_url(&url)
                    .map_err(|_| usage("mail.url", &"is no smtp or smtps address"))?;
                Way::Smtp(Box::new(smtp.timeout(Some(Duration::from_secs(20))).build()))
            }
        };
        let from = from.parse().map_err(|error| usage("mail.from", &error))?;
        Ok(Some(Self { way, from, address: address.clone(), clock }))
    }

    /// The address that the sign-in told, or else the one that is made of the customer id.
    fn address_of(&self, due: &Due) -> Result<String, Unsent> {
        if let Some(address) = &due.address {
            return Ok(address.clone());
        }
        let id = Some(&due.customer_id).filter(|id| is_customer_id(id) && !self.address.is_empty());
        Ok(self.address.replace(CUSTOMER, id.ok_or(Unsent::Address)?))
    }

    fn send(&self, due: &Due, letter: &Letter) -> Result<(), Unsent> {
        let to: Mailbox = self.address_of(due)?.parse().map_err(|_| Unsent::Address)?;
        let zip = Attachment::new(due.receipt.name.clone())
            .body(due.receipt.bytes.clone(), ContentType::parse("application/zip")?);
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(SystemTime::from(self.clock.now()))
            .subject(letter.subject.as_str())
            .multipart(
                MultiPart::mixed().singlepart(SinglePart::plain(letter.text.clone())).singlepart(zip),
            )?;
        match &self.way {
            Way::Folder(folder) => drop(folder.send(&message)?),
            Way::Smtp(server) => {
                let sent = server.send(&message);
                drop(sent.map_err(|error| {
                    Unsent::Server(if error.is_permanent() {
                        "refused the letter"
                    } else {
                        "did not take the letter now"
                    })
                })?);
            }
        }
        Ok(())
    }
}
