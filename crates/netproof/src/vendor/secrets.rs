//! Credentials are replaced before a configuration is kept, shown or hashed into a report.

use super::Vendor;

/// What stands where a credential stood.
pub const MASK: &str = "********";

/// Words after which the rest of the line is a credential, in any of the languages.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "community",
    "pre-shared-key",
    "psksecret",
    "psk",
    "key-string",
    "phash",
    "private-key",
    "public-key",
    "api-key",
    "auth-pwd",
    "priv-pwd",
    "auth-password",
    "priv-password",
    "md5-key",
    "authentication-key",
    "keyid",
    "enc",
    "encrypted",
    "wpa-psk",
    "sharedkey",
    "shared-key",
    "passwd2",
    "ppk-secret",
    "radius-secret",
    "tacacs-key",
    "bind-password",
    "snmp-community",
    "myname",
    "authkey",
    "key",
    "ca-key",
    "token",
    "auth-key",
    "privkey",
];

/// The configuration, one entry per line, with every credential replaced. Line numbers do not change.
#[must_use]
pub fn redact(vendor: Vendor, text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut in_quote = false;
    text.lines()
        .map(|line| {
            if in_block || in_quote {
                if line.contains("-----END") {
                    in_block = false;
                }
                if in_quote && line.matches('"').count() % 2 == 1 {
                    in_quote = false;
                }
                return MASK.to_owned();
            }
            if line.contains("-----BEGIN") {
                in_block = !line.contains("-----END");
            }
            let out = redact_line(vendor, line);
            if out.1 && line.matches('"').count() % 2 == 1 {
                in_quote = true;
            }
            if line.contains("-----BEGIN") && !out.1 {
                return MASK.to_owned();
            }
            out.0
        })
        .collect()
}

fn redact_line(vendor: Vendor, line: &str) -> (String, bool) {
    let indent = line.len() - line.trim_start().len();
    let words: Vec<&str> = line.split_whitespace().collect();
    let secret = words.iter().position(|w| is_secret_word(vendor, &words, w));
    match secret {
        Some(at) if at + 1 < words.len() => {
            let kept: Vec<&str> = words[..=at].to_vec();
            let tail = if line.trim_end().ends_with(';') { ";" } else { "" };
            (format!("{}{} {MASK}{tail}", &line[..indent], kept.join(" ")), true)
        }
        _ => (line.to_owned(), false),
    }
}

fn is_secret_word(vendor: Vendor, words: &[&str], word: &str) -> bool {
    let lower = word.trim_matches('"').to_ascii_lowercase();
    if !SECRET_WORDS.contains(&lower.as_str()) {
        return false;
    }
    match lower.as_str() {
        // Ordinary words in some places: `service password-encryption`, `key chain`, ASA `crypto key`, nft sets.
        "key" | "token" => {
            matches!(vendor, Vendor::CiscoIos | Vendor::CiscoAsa | Vendor::Awplus | Vendor::AlaxalaAx)
                && words.first().is_some_and(|w| !matches!(*w, "crypto" | "access-list" | "permit" | "deny"))
                || vendor == Vendor::Fortios && words.first() == Some(&"set")
        }
        "enc" => words.iter().any(|w| w.eq_ignore_ascii_case("set")),
        "public-key" | "private-key" | "phash" => true,
        "myname" => vendor == Vendor::YamahaRtx,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_loses_its_credentials() {
        let cases = [
            (Vendor::Fortios, "        set password ENC SH2yfjsO"),
            (Vendor::Fortios, "    set psksecret ENC abcdef"),
            (Vendor::Fortios, "    set key ENC abcdef"),
            (Vendor::Fortios, "    set auth-pwd ENC zzz"),
            (Vendor::YamahaRtx, "login password hunter2"),
            (Vendor::YamahaRtx, "ipsec ike pre-shared-key 1 text hunter2"),
            (Vendor::YamahaRtx, "pp auth myname user hunter2"),
            (Vendor::YamahaRtx, "snmp community read-only hunter2"),
            (Vendor::CiscoIos, "username admin privilege 15 password 0 hunter2"),
            (Vendor::CiscoIos, "enable secret 5 $1$hunter2"),
            (Vendor::CiscoIos, "snmp-server community hunter2 RO"),
            (Vendor::CiscoAsa, "passwd 2KFQnbNIdI.2KYOU encrypted"),
            (Vendor::CiscoAsa, " ikev1 pre-shared-key hunter2"),
            (Vendor::Awplus, "snmp-server community hunter2 ro"),
            (Vendor::AlaxalaAx, "snmp-server community hunter2 ro"),
            (Vendor::PanOs, "        phash fnRL/G5lXVMug;"),
        ];
        for (vendor, line) in cases {
            let out = redact(vendor, line).join("\n");
            assert!(out.contains(MASK), "{line}");
            for secret in ["hunter2", "SH2yfjsO", "abcdef", "zzz", "2KFQ", "fnRL"] {
                assert!(!out.contains(secret), "{out}");
            }
        }
    }

    #[test]
    fn key_blocks_go_and_line_numbers_stay() {
        let text = "a\n set private-key \"-----BEGIN KEY-----\nAAAA\n-----END KEY-----\"\nb";
        let out = redact(Vendor::Fortios, text);
        assert_eq!(out.len(), 5);
        assert!(!out.join("\n").contains("AAAA"));
        assert_eq!(out[4], "b");
    }
}
