//! Whom to believe (C2SP tlog-policy): keys of logs, keys of witnesses, and how many witnesses suffice.

use crate::checkpoint::SignedCheckpoint;
use crate::cosign::{Cosignature, cosignatures};
use crate::error::{Error, Result};
use crate::key::{KeyKind, VerifierKey};
use std::collections::{HashMap, HashSet};

/// Lines in a policy file: the specification asks for room for 32 logs, witnesses and groups each.
const MAX_POLICY_LINES: usize = 1024;

/// A trust policy. It is an auditor's own file: taking it from the audited system would prove nothing.
#[derive(Clone, Debug)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    groups: Vec<Group>,
    /// `None` for `quorum none`: level L2 cannot be reached.
    quorum: Option<Member>,
}

#[derive(Clone, Debug)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

#[derive(Clone, Copy, Debug)]
enum Member {
    Witness(usize),
    Group(usize),
}

impl Policy {
    /// Trusts log keys alone.
    pub fn without_witnesses(logs: Vec<VerifierKey>) -> Policy {
        Policy { logs, witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    /// Any `threshold` of the witnesses suffice.
    ///
    /// # Errors
    /// [`Error::BadKey`] when the threshold is 0 or more than there are witnesses, or a witness is listed twice.
    pub fn k_of_n(logs: Vec<VerifierKey>, threshold: usize, witnesses: Vec<VerifierKey>) -> Result<Policy> {
        let distinct: HashSet<_> = witnesses.iter().map(VerifierKey::key_bytes).collect();
        if threshold == 0 || threshold > witnesses.len() || distinct.len() != witnesses.len() {
            return Err(Error::BadKey("threshold and witnesses do not fit"));
        }
        let members = (0..witnesses.len()).map(Member::Witness).collect();
        let groups = vec![Group { threshold, members }];
        Ok(Policy { logs, witnesses, groups, quorum: Some(Member::Group(0)) })
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::BadPolicy`] with the line.
    pub fn parse(text: &str) -> Result<Policy> {
        Reader::default().read(text)
    }

    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Whether level L2 can be reached at all.
    pub fn has_quorum(&self) -> bool {
        self.quorum.is_some()
    }

    /// The witnesses that cosigned, and whether they suffice.
    ///
    /// # Errors
    /// [`Error::BadSignature`] when a known witness's line does not verify.
    pub fn cosigned(&self, signed: &SignedCheckpoint) -> Result<(Vec<Cosignature<'_>>, bool)> {
        let found = cosignatures(signed, &self.witnesses)?;
        let by = |witness: usize| found.iter().any(|c| std::ptr::eq(c.witness, &self.witnesses[witness]));
        let enough = self.quorum.is_some_and(|quorum| self.met(quorum, &by));
        Ok((found, enough))
    }

    fn met(&self, member: Member, by: &impl Fn(usize) -> bool) -> bool {
        match member {
            Member::Witness(witness) => by(witness),
            // Groups only name earlier ones, so this ends.
            Member::Group(group) => {
                let group = &self.groups[group];
                group.members.iter().filter(|m| self.met(**m, by)).count() >= group.threshold
            }
        }
    }
}

#[derive(Default)]
struct Reader {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    groups: Vec<Group>,
    names: HashMap<String, Member>,
    /// A name may stand in one group only, so that nobody counts twice.
    used: HashSet<String>,
    quorum: Option<Option<Member>>,
}

type LineResult<T> = std::result::Result<T, &'static str>;

impl Reader {
    fn read(mut self, text: &str) -> Result<Policy> {
        for (line, content) in (1..).zip(text.split('\n')) {
            let words: Vec<&str> = content.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let comment = words.first().is_none_or(|word| word.starts_with('#'));
            let controls = content.bytes().any(|b| b != b'\t' && (b < b' ' || b == 0x7f));
            let read = match () {
                () if controls => Err("control character"),
                () if line > MAX_POLICY_LINES => Err("too many lines"),
                () if comment => Ok(()),
                () => self.line(&words),
            };
            read.map_err(|what| Error::BadPolicy { line, what })?;
        }
        let quorum = self.quorum.ok_or(Error::BadPolicy { line: 0, what: "no quorum line" })?;
        Ok(Policy { logs: self.logs, witnesses: self.witnesses, groups: self.groups, quorum })
    }

    fn line(&mut self, words: &[&str]) -> LineResult<()> {
        match words {
            ["log", key] | ["log", key, _] => {
                let key = read_key(key, KeyKind::Log, &self.logs)?;
                self.logs.push(key);
                Ok(())
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                let key = read_key(key, KeyKind::Witness, &self.witnesses)?;
                self.witnesses.push(key);
                self.define(name, Member::Witness(self.witnesses.len() - 1))
            }
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => {
                let member = if *name == "none" { None } else { Some(self.known(name)?) };
                if self.quorum.replace(member).is_some() { Err("second quorum line") } else { Ok(()) }
            }
            _ => Err("not a line of a policy"),
        }
    }

    fn group(&mut self, name: &str, threshold: &str, names: &[&str]) -> LineResult<()> {
        let members = names.iter().map(|name| self.known(name)).collect::<LineResult<Vec<_>>>()?;
        if !names.iter().all(|name| self.used.insert((*name).to_owned())) {
            return Err("a member is in two groups");
        }
        let threshold = match threshold {
            "any" => 1,
            "all" => members.len(),
            number => number.parse().map_err(|_| "threshold is not a number")?,
        };
        if threshold == 0 || threshold > members.len() {
            return Err("threshold does not fit the members");
        }
        self.groups.push(Group { threshold, members });
        self.define(name, Member::Group(self.groups.len() - 1))
    }

    fn define(&mut self, name: &str, member: Member) -> LineResult<()> {
        let fresh = name != "none" && self.names.insert(name.to_owned(), member).is_none();
        if fresh { Ok(()) } else { Err("name is taken") }
    }

    fn known(&self, name: &str) -> LineResult<Member> {
        self.names.get(name).copied().ok_or("name is not defined above")
    }
}

fn read_key(text: &str, kind: KeyKind, others: &[VerifierKey]) -> LineResult<VerifierKey> {
    let key = VerifierKey::parse(text).map_err(|_| "key is malformed")?;
    if key.kind() != kind {
        return Err("key is of the wrong type");
    }
    if others.iter().any(|other| other.key_bytes() == key.key_bytes()) {
        return Err("key is listed twice");
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::cosign::cosign;
    use crate::key::SigningKey;
    use crate::merkle::empty_root;

    fn witness(n: u8) -> SigningKey {
        SigningKey::generate(&format!("w{n}"), KeyKind::Witness, &[n; 32]).unwrap()
    }

    fn log() -> SigningKey {
        SigningKey::generate("city.example/log", KeyKind::Log, &[99; 32]).unwrap()
    }

    fn cosigned_by(who: &[u8]) -> SignedCheckpoint {
        let mut signed = SignedCheckpoint::sign(Checkpoint::new("city.example/log", 0, empty_root()), &log());
        for n in who {
            signed.note.signatures.push(cosign(&signed, &witness(*n), 1).unwrap());
        }
        signed
    }

    fn nested() -> String {
        let lines = (1..=6).map(|n| format!("witness W{n} {}\n", witness(n).public()));
        format!(
            "# two of X and one of Y\nlog {}\n{}group X 2 W1 W2 W3\n\tgroup Y any W4 W5 W6\ngroup both all X Y\nquorum both\n",
            log().public(),
            lines.collect::<String>()
        )
    }

    #[test]
    fn nested_groups_count_as_the_specification_says() {
        let policy = Policy::parse(&nested()).unwrap();
        for (who, enough) in [
            (&[1, 2, 4][..], true),
            (&[1, 4, 5, 6], false),
            (&[1, 2, 3], false),
            (&[2, 3, 6], true),
            (&[], false),
        ] {
            assert_eq!(policy.cosigned(&cosigned_by(who)).unwrap().1, enough, "{who:?}");
        }
    }

    #[test]
    fn k_of_n_and_no_quorum() {
        let keys = || (1..=3).map(|n| witness(n).public().clone()).collect::<Vec<_>>();
        let policy = Policy::k_of_n(vec![], 2, keys()).unwrap();
        assert!(!policy.cosigned(&cosigned_by(&[1])).unwrap().1);
        assert!(policy.cosigned(&cosigned_by(&[1, 3])).unwrap().1);
        assert!(Policy::k_of_n(vec![], 4, keys()).is_err());
        assert!(Policy::k_of_n(vec![], 2, [keys(), keys()].concat()).is_err());
        let none = Policy::parse("quorum none\n").unwrap();
        assert!(!none.has_quorum() && !none.cosigned(&cosigned_by(&[1])).unwrap().1);
    }

    #[test]
    fn malformed_policies_are_refused_with_their_line() {
        for (from, to, at) in [
            ("quorum both", "", 0),
            ("quorum both", "quorum X\nquorum Y", 13),
            ("quorum both", "quorum nobody", 12),
            ("group X 2", "group X 4", 9),
            ("group X 2", "group X 0", 9),
            ("group Y any W4", "group Y any W1 W4", 10),
            ("group Y", "group X", 10),
            ("group Y any", "group Y any both", 10),
            ("witness W2", "witness none", 4),
            ("witness W2 w2", "witness W2 w1", 4),
            ("log city", "log x", 2),
            ("# two", "\r", 1),
        ] {
            let text = nested().replace(from, to);
            let error = Policy::parse(&text).unwrap_err();
            assert!(matches!(error, Error::BadPolicy { line, .. } if line == at), "{to:?}: {error:?}");
        }
        let twice = nested().replace(&witness(2).public().to_string(), &witness(1).public().to_string());
        assert!(Policy::parse(&twice).is_err());
    }
}
