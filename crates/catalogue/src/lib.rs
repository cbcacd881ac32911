//! What a municipality can be asked to do for information security, and who is asked: the requirement
//! catalogue (441 rows in our own words plus the rows that the policy itself implies), the clauses of the
//! model policy, the security roles with their capabilities, and the fictional demo city.
//!
//! The data lives in `/catalogue` and `/demo` as TOML and CSV that an office can edit and diff. It is embedded
//! in the binary and parsed once; a row that does not parse, refers to something unknown or breaks the count
//! refuses the whole file. Pure: no clock, no file system, no network.

pub mod classification;
pub mod demo;
mod model;
mod parse;
mod place;
mod role;

pub use model::{
    Cadence, Catalogue, Chapter, CheckKind, Clause, ClauseKind, Confidence, Edition, Requirement,
    RequirementId, Section, Stage,
};
pub use parse::{CatalogueError, Source};
pub use place::OwnClause;
pub use role::{Capability, Conflict, Exclusive, JudgedBy, Role, RoleScope};

use std::sync::LazyLock;

/// The embedded catalogue files, in chapter order.
pub const SOURCE: Source<'static> = Source {
    meta: include_str!("../../../catalogue/requirements/meta.toml"),
    clauses: include_str!("../../../catalogue/requirements/clauses.toml"),
    roles: include_str!("../../../catalogue/requirements/roles.toml"),
    chapters: &[
        ("01-organisation.toml", include_str!("../../../catalogue/requirements/01-organisation.toml")),
        ("02-assets.toml", include_str!("../../../catalogue/requirements/02-assets.toml")),
        ("03-network-zones.toml", include_str!("../../../catalogue/requirements/03-network-zones.toml")),
        ("04-physical.toml", include_str!("../../../catalogue/requirements/04-physical.toml")),
        ("05-people.toml", include_str!("../../../catalogue/requirements/05-people.toml")),
        ("06-technical.toml", include_str!("../../../catalogue/requirements/06-technical.toml")),
        ("07-operation.toml", include_str!("../../../catalogue/requirements/07-operation.toml")),
        (
            "08-outsourcing-cloud.toml",
            include_str!("../../../catalogue/requirements/08-outsourcing-cloud.toml"),
        ),
        ("09-review.toml", include_str!("../../../catalogue/requirements/09-review.toml")),
        ("10-policy.toml", include_str!("../../../catalogue/requirements/10-policy.toml")),
    ],
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    #[expect(
        clippy::panic,
        reason = "the embedded files are parsed by this crate's tests; a bad one cannot ship"
    )]
    Catalogue::parse(&SOURCE).unwrap_or_else(|error| panic!("embedded catalogue: {error}"))
});

/// The catalogue this binary carries.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}
