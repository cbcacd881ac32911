//! What pages read: queries that join a record with the names beside it. They change nothing and decide nothing;
//! reach is bound where rows belong to sections or people.

mod account;
mod assurance;
mod document;
mod evidence;
mod exception;
mod position;
mod relation;
mod seat;
mod section;
mod verdict;

pub use account::{AccountReview, ReviewRow, UNUSED_MS};
pub use assurance::OutsideLine;
pub use document::{
    AdoptionLine, ClauseChange, ClauseLine, DocumentLine, EntryLine, PublicationLine, RevisionLine, Touched,
    WarningLine,
};
pub use evidence::EvidenceLine;
pub use exception::ExceptionLine;
pub use position::{AssignmentLine, Incumbent, PositionLine, RoleSeatLine};
pub use relation::{Held, Used};
pub use seat::SeatWords;
pub use section::{Counts, PersonLine, SectionLine};
pub use verdict::{Interval, Judged, VerdictLine};

/// Every statement of this module, by file.
pub(crate) const SQL: &[&[&str]] = &[
    account::SQL,
    assurance::SQL,
    document::SQL,
    evidence::SQL,
    exception::SQL,
    position::SQL,
    relation::SQL,
    seat::SQL,
    section::SQL,
    verdict::SQL,
];
