//! What every format module is handed: rules, passwords, fuel, and the report in the making.

use crate::{
    Action, Item, Kind, Limits, Member, Meter, Refusal, Ruleset, Secrets, Severity, Threat, limits::Fuel,
};

/// Items kept one by one. Beyond this, further ones of the same sort are only counted.
const ITEMS: usize = 2_000;

/// A rebuilt file: its bytes and what they are now (docm becomes docx, BMP becomes PNG).
#[derive(Debug)]
pub(crate) struct Rebuilt {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: Kind,
    /// Extension without the dot, when the kind's usual one would be wrong (`dotx`, `ppsx`).
    pub(crate) extension: Option<&'static str>,
}

impl Rebuilt {
    pub(crate) fn new(kind: Kind, bytes: Vec<u8>) -> Self {
        Self { bytes, kind, extension: None }
    }

    pub(crate) fn extension(&self) -> &'static str {
        self.extension.unwrap_or(self.kind.extension())
    }
}

/// One call of [`crate::disarm`] in progress.
#[derive(Debug)]
pub(crate) struct Ctx<'a> {
    pub(crate) rules: &'a Ruleset,
    pub(crate) limits: &'a Limits,
    pub(crate) secrets: &'a Secrets,
    pub(crate) items: Vec<Item>,
    pub(crate) members: Vec<Member>,
    fuel: Fuel,
    depth: u64,
    /// Prefix of locations while inside an archive member or an embedded document.
    within: String,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(rules: &'a Ruleset, limits: &'a Limits, secrets: &'a Secrets) -> Self {
        Self {
            rules,
            limits,
            secrets,
            items: Vec::new(),
            members: Vec::new(),
            fuel: Fuel::default(),
            depth: 0,
            within: String::new(),
        }
    }

    /// Uses fuel; the error is the refusal to hand up.
    pub(crate) fn spend(&mut self, meter: Meter, amount: u64) -> Result<(), Refusal> {
        self.fuel.spend(self.limits, meter, amount)
    }

    /// Runs `work` one container deeper; locations it reports start with `name`.
    pub(crate) fn inside<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mark = self.within.len();
        self.within.push_str(name);
        self.within.push_str(" › ");
        self.depth += 1;
        let result = self.spend(Meter::Depth, self.depth).and_then(|()| work(self));
        self.depth -= 1;
        self.within.truncate(mark);
        result
    }

    /// Reports something. `what` is a Japanese noun (「マクロ」): the summary counts items with the same one.
    pub(crate) fn report(
        &mut self,
        threat: Threat,
        severity: Severity,
        action: Action,
        what: &str,
        location: impl AsRef<str>,
    ) {
        let location = format!("{}{}", self.within, location.as_ref());
        let same = |item: &&mut Item| {
            item.threat == threat && item.severity == severity && item.action == action && item.what == what
        };
        let full = self.items.len() >= ITEMS;
        if let Some(item) = self.items.iter_mut().rev().filter(same).find(|i| full || i.location == location)
        {
            item.count += 1;
            return;
        }
        self.items.push(Item { threat, severity, action, what: what.to_owned(), location, count: 1 });
    }

    /// Something active was dropped.
    pub(crate) fn dropped(&mut self, threat: Threat, what: &str, location: impl AsRef<str>) {
        self.report(threat, Severity::Active, Action::Dropped, what, location);
    }

    /// Something harmless that does not show was dropped (printer settings, thumbnails, metadata).
    pub(crate) fn note(&mut self, threat: Threat, what: &str, location: impl AsRef<str>) {
        self.report(threat, Severity::Note, Action::Dropped, what, location);
    }
}
