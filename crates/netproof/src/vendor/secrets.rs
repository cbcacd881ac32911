//! Credentials are replaced before a configuration is kept, shown or hashed into a report.
//!
//! Two layers: words after which the rest of a line is a credential in any language, and the places of each vendor
//! where a credential follows no such word (`pp auth username NAME PASSWORD`, a FortiGate SNMP community's `name`).
//! Replacing too much costs an unknown line at worst; replacing too little would leak.

use super::Vendor;

/// What stands where a credential stood.
pub const MASK: &str = "********";

/// Words that announce a credential wherever they are part of a word (`ldap-login-password`, `psksecret`).
const PARTS: &[&str] = &["password", "passwd", "passphrase", "secret", "psk", "pwd"];

/// Words that announce a credential as a whole word.
const WORDS: &[&str] = &[
    "community",
    "snmp-community-string",
    "pre-shared-key",
    "key-string",
    "phash",
    "private-key",
    "privatekey",
    "public-key",
    "api-key",
    "authkey",
    "auth-key",
    "authentication-key",
    "enckey",
    "md5-key",
    "wep-key",
    "ca-key",
    "shared-key",
    "sharedkey",
    "tacacs-key",
    "privkey",
    "privpass",
    "authpass",
    "privpwd",
    "authpwd",
    "keyid",
    "enc",
    "encrypted",
    "passcode",
    "token",
    "key",
    "md5",
    "smtp-auth",
    "certificate-key",
    "-AQ==",
];

/// `word word * …`: `*` keeps any one word, what follows the pattern is replaced.
const YAMAHA: &[&str] = &[
    "login user *",
    "pp auth username *",
    "pp auth myname *",
    "pp auth accept *",
    "auth user #",
    "ipsec ike xauth myname * *",
    "ipsec ike eap myname * *",
    "snmpv3 usm user * *",
    "l2tp tunnel auth on *",
    "mail server pop * *",
    "sip server * * * *",
    "yno access code",
    "yno agent",
    "cloud vpn parameter",
    "netvolante-dns auto hostname",
    "snmp trap community",
    "user attribute * key",
];

const CISCO: &[&str] = &[
    "snmp-server host *",
    "snmp-server user * *",
    "standby * authentication",
    "vrrp * authentication",
    "glbp * authentication",
    "ppp chap sent-username *",
    "ppp pap sent-username *",
    "ip ospf message-digest-key *",
    "ntp authentication-key *",
    "vpdn username *",
    "atmf group",
    "isakmp key",
    "crypto isakmp key",
];

const ASA: &[&str] = &["snmp-server host * *", "failover key", "message-digest-key *"];

const fn places(vendor: Vendor) -> &'static [&'static str] {
    match vendor {
        Vendor::YamahaRtx => YAMAHA,
        Vendor::CiscoAsa => ASA,
        Vendor::CiscoIos | Vendor::Awplus | Vendor::AlaxalaAx | Vendor::NecIx => CISCO,
        _ => &[],
    }
}

/// The configuration as one text with every credential replaced: what may be stored and shown. Reading it gives the
/// same device as reading the original; only its SHA-256 differs.
#[must_use]
pub fn strip(vendor: Vendor, text: &str) -> String {
    let mut out = redact(vendor, text).join("\n");
    out.push('\n');
    out
}

/// The configuration, one entry per line, with every credential replaced. Line numbers do not change.
#[must_use]
pub fn redact(vendor: Vendor, text: &str) -> Vec<String> {
    let mut state = State::default();
    text.trim_start_matches('\u{feff}').lines().map(|line| state.line(vendor, unpaged(line))).collect()
}

/// Marks of pagers that wait for a key.
const PAGERS: &[&str] = &["--More--", "-- More --", "<--- More --->", "---つづく---"];

/// A line without the pager's mark before it, which the terminal has overwritten: the mark, then blanks between returns,
/// backspaces and erasing sequences. Where nothing took the mark back it stays, and with it a line nobody reads.
#[must_use]
pub fn unpaged(line: &str) -> &str {
    let (before, _) = overwritten(line);
    let Some(rest) = PAGERS.iter().find_map(|mark| before.strip_prefix(mark)) else { return line };
    match overwritten(rest) {
        (_, Some(shown)) => shown,
        ("", None) => "",
        _ => line,
    }
}

/// A text after leading blanks and control characters, and what stands after the last of these controls.
fn overwritten(text: &str) -> (&str, Option<&str>) {
    let (mut rest, mut shown) = (text, None);
    while let Some(c) = rest.chars().next() {
        rest = match c {
            ' ' => &rest[1..],
            '\r' | '\u{8}' => {
                shown = Some(&rest[1..]);
                &rest[1..]
            }
            // `ESC [ 2 K` and the like
            '\u{1b}' => {
                let body = rest[1..].strip_prefix('[').and_then(|b| {
                    let end = b.find(|c: char| c.is_ascii_alphabetic())?;
                    b[..end].chars().all(|c| c.is_ascii_digit() || c == ';').then(|| &b[end + 1..])
                });
                let Some(body) = body else { break };
                shown = Some(body);
                body
            }
            _ => break,
        };
    }
    (rest, shown)
}

#[derive(Default)]
struct State {
    /// Inside a PEM block.
    pem: bool,
    /// Inside a quoted value that began with a replaced word and goes on over lines.
    quote: bool,
    /// Nesting under `config system snmp community`, where `set name` is the community itself.
    snmp: u32,
    /// Inside an IOS certificate given as hexadecimal lines.
    certificate: bool,
}

impl State {
    fn line(&mut self, vendor: Vendor, line: &str) -> String {
        if self.pem || self.quote {
            self.pem &= !line.contains("-----END");
            if line.matches('"').count() % 2 == 1 {
                self.quote = false;
            }
            return MASK.to_owned();
        }
        if line.contains("-----BEGIN") {
            self.pem = !line.contains("-----END");
            self.quote = line.matches('"').count() % 2 == 1 && !self.pem;
            let words: Vec<&str> = line.split_whitespace().take(2).collect();
            return if words.first() == Some(&"set") {
                format!("{}{} {MASK}", indent(line), words.join(" "))
            } else {
                MASK.to_owned()
            };
        }
        if vendor == Vendor::Fortios && self.snmp_community(line) {
            return format!("{}set name {MASK}", indent(line));
        }
        if matches!(vendor, Vendor::CiscoIos | Vendor::CiscoAsa) && self.hexadecimal(line) {
            return format!("{}{MASK}", indent(line));
        }
        let (out, replaced) = redact_line(vendor, line);
        self.quote = replaced && line.matches('"').count() % 2 == 1;
        out
    }

    fn snmp_community(&mut self, line: &str) -> bool {
        let text = line.trim();
        if self.snmp == 0 {
            self.snmp = u32::from(text == "config system snmp community");
            return false;
        }
        if text.starts_with("config ") {
            self.snmp += 1;
        } else if text == "end" {
            self.snmp -= 1;
        }
        self.snmp == 1 && text.starts_with("set name ")
    }

    fn hexadecimal(&mut self, line: &str) -> bool {
        let text = line.trim();
        if text.starts_with("certificate ") {
            self.certificate = true;
            return false;
        }
        self.certificate &= !text.is_empty()
            && text.split_whitespace().all(|w| w.len() <= 8 && w.chars().all(|c| c.is_ascii_hexdigit()));
        self.certificate
    }
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// Lines of access lists hold no credential, and their object names may be any word.
fn is_rule(vendor: Vendor, words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    let entry = matches!(first, "permit" | "deny" | "access-list" | "access-group" | "remark")
        || first.parse::<u32>().is_ok() && matches!(words.get(1), Some(&("permit" | "deny" | "remark")));
    match vendor {
        Vendor::Nftables | Vendor::Iptables => true,
        Vendor::YamahaRtx => matches!(words, ["ip" | "ipv6", "filter" | "route", ..]),
        _ => entry || matches!(words, ["ip" | "ipv6", "access-list" | "access-group" | "route", ..]),
    }
}

fn redact_line(vendor: Vendor, line: &str) -> (String, bool) {
    let words: Vec<&str> = line.split_whitespace().collect();
    if is_rule(vendor, &words) {
        return (line.to_owned(), false);
    }
    let by_place = places(vendor).iter().filter_map(|p| place(p, &words)).min();
    let by_word = (0..words.len()).find(|&at| announces(vendor, &words, at)).map(|at| at + 1);
    match [by_place, by_word].into_iter().flatten().min() {
        Some(at) if at < words.len() => {
            let tail = if line.trim_end().ends_with(';') { ";" } else { "" };
            (format!("{}{} {MASK}{tail}", indent(line), words[..at].join(" ")), true)
        }
        _ => assignments(line, &words),
    }
}

/// Number of words a pattern keeps, if the line begins with it. `#` is a number.
fn place(pattern: &str, words: &[&str]) -> Option<usize> {
    let parts: Vec<&str> = pattern.split(' ').collect();
    let matches = words.len() > parts.len()
        && parts.iter().zip(words).all(|(p, w)| match *p {
            "*" => true,
            "#" => w.parse::<u32>().is_ok(),
            p => p.eq_ignore_ascii_case(w),
        });
    matches.then_some(parts.len())
}

/// Whether the rest of the line after this word is a credential.
fn announces(vendor: Vendor, words: &[&str], at: usize) -> bool {
    let lower = words[at].trim_matches('"').to_ascii_lowercase();
    // `set NAME …`: only the attribute and what follows it announce; quoted values are names of other things.
    if words[at].starts_with('"') && vendor == Vendor::Fortios {
        return false;
    }
    if lower.starts_with("-aq==") {
        return true;
    }
    let plural =
        lower.ends_with("password-encryption") || lower == "passwords" || lower.contains("password-policy");
    if PARTS.iter().any(|p| lower.contains(p)) && !lower.contains('=') {
        return !(plural || vendor == Vendor::Fortios && at != 1);
    }
    if !WORDS.contains(&lower.as_str()) {
        return false;
    }
    let first = words.first().copied().unwrap_or_default();
    match lower.as_str() {
        // Ordinary words elsewhere: `key chain NAME`, `crypto key generate`, an object called "key".
        "key" | "token" | "md5" | "keyid" => match vendor {
            Vendor::Fortios => first == "set" && at == 1,
            Vendor::PanOs => lower != "md5",
            _ => !matches!(words, ["crypto", "key", ..] | ["key", "chain", ..] | ["ip", "http", ..]),
        },
        "enc" => vendor == Vendor::Fortios && first == "set" && at == 2,
        "community" => !matches!(words, ["set", "community", ..] if vendor == Vendor::CiscoIos),
        _ => vendor != Vendor::Fortios || (first == "set" && at == 1),
    }
}

/// `authkey=…`, `password=…` inside a line.
fn assignments(line: &str, words: &[&str]) -> (String, bool) {
    let secret = |w: &&str| {
        w.split_once('=').is_some_and(|(key, value)| {
            let key = key.to_ascii_lowercase();
            !value.is_empty()
                && (PARTS.iter().any(|p| key.contains(p))
                    || matches!(key.as_str(), "authkey" | "md5key" | "key" | "wep"))
        })
    };
    if !words.iter().any(secret) {
        return (line.to_owned(), false);
    }
    let all: Vec<String> = words
        .iter()
        .map(|w| match w.split_once('=') {
            Some((key, _)) if secret(w) => format!("{key}={MASK}"),
            _ => (*w).to_owned(),
        })
        .collect();
    (format!("{}{}", indent(line), all.join(" ")), true)
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
