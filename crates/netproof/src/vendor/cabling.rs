//! Which port leads to which, and which port is in which VLAN, as devices print it.

/// A neighbour that LLDP or CDP shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name, without the domain.
    pub system: String,
    /// Own port, as printed.
    pub port: Option<String>,
    /// The neighbour's port, as printed.
    pub remote: Option<String>,
    /// Line that names the neighbour, 1-based.
    pub line: u32,
}

/// What follows a label, however the label is printed: `Port id: Gi1/0/1`, `Port ID ......... port1.0.1`.
fn labelled<'a>(line: &'a str, labels: &[&str]) -> Option<&'a str> {
    let line = line.trim();
    let lower = line.to_ascii_lowercase();
    let label = labels.iter().find(|l| lower.starts_with(**l))?;
    let rest = &line[label.len()..];
    // `Port ID Subtype: ...` is another label.
    let value = rest.trim_start_matches([' ', '.', ':', '=']);
    (value.len() < rest.len() && !value.is_empty()).then_some(value)
}

fn first_word(text: &str) -> String {
    text.split([' ', ',', '\t']).next().unwrap_or_default().trim_matches(['"', ':']).to_owned()
}

/// Neighbours with the ports in between, from the detailed tables of LLDP and CDP.
#[must_use]
pub fn neighbours(text: &str) -> Vec<Neighbour> {
    let mut out: Vec<Neighbour> = Vec::new();
    let (mut port, mut remote) = (None, None);
    for (line, raw) in (1u32..).zip(text.lines()) {
        if let Some(name) = labelled(raw, &["system name", "sysname", "systemname", "device id"]) {
            let system = first_word(name).split('.').next().unwrap_or_default().to_owned();
            if system.is_empty() {
                continue;
            }
            // CDP names the neighbour before the ports.
            let cdp = raw.trim_start().starts_with("Device ID");
            let between = if cdp { (None, None) } else { (port.clone(), remote.take()) };
            out.push(Neighbour { system, port: between.0, remote: between.1, line });
        } else if let Some(own) = labelled(raw, &["local intf", "local interface", "local port", "interface"])
        {
            port = Some(first_word(own));
            remote = None;
            let far = raw.split_once("(outgoing port):").map(|(_, far)| first_word(far.trim()));
            if let (Some(far), Some(last)) = (far, out.last_mut()) {
                (last.port, last.remote) = (port.clone(), Some(far));
            }
        } else if let Some(own) = own_port(raw) {
            (port, remote) = (Some(own), None);
        } else if let Some(far) = labelled(raw, &["port id", "portid"]) {
            remote = Some(first_word(far));
        }
    }
    out
}

/// `Local port1.0.1:` of AlliedWare Plus, `Port 1/1` of Alaxala.
fn own_port(raw: &str) -> Option<String> {
    let text = raw.trim();
    if let Some(rest) = text.strip_prefix("Local ").filter(|r| r.starts_with("port")) {
        return Some(first_word(rest));
    }
    let number = text.strip_prefix("Port:").or_else(|| text.strip_prefix("Port "))?;
    let number = first_word(number.trim());
    number.contains('/').then_some(number)
}

/// One VLAN a device has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VlanLine {
    /// Number.
    pub vlan: u16,
    /// Untagged ports, as printed.
    pub ports: Vec<String>,
    /// Line, 1-based.
    pub line: u32,
}

/// Rows of `show vlan` and the like. Numbers every device brings along (1, 1002–1005) are left out.
#[must_use]
pub fn vlans(text: &str) -> Vec<VlanLine> {
    let mut out: Vec<VlanLine> = Vec::new();
    let mut open = false;
    for (line, raw) in (1u32..).zip(text.lines()) {
        let words: Vec<&str> = raw.split([' ', ',', '\t']).filter(|w| !w.is_empty()).collect();
        let number = row(raw, &words);
        if let Some(vlan) = number {
            open = !matches!(vlan, 1 | 1002..=1005);
            if open {
                out.push(VlanLine { vlan, ports: Vec::new(), line });
            }
        } else if !raw.starts_with([' ', '\t']) {
            open = false;
        }
        if let (true, Some(last)) = (open, out.last_mut()) {
            last.ports.extend(words.iter().filter_map(|w| untagged(w)));
        }
    }
    out
}

/// `10 JU active …`, `10 JU STATIC ACTIVE …`, `VLAN ID:10 …`.
fn row(raw: &str, words: &[&str]) -> Option<u16> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| (1..=4094).contains(n));
    if let Some(rest) = raw.trim_start().strip_prefix("VLAN ID:") {
        return number(first_word(rest.trim()).as_str());
    }
    let live = words.iter().any(|w| {
        let word = w.to_ascii_lowercase();
        matches!(word.as_str(), "active" | "up") || word.starts_with("act/")
    });
    (!raw.starts_with([' ', '\t']) && live).then(|| number(words.first()?)).flatten()
}

/// A port of a row: `Gi1/0/1`, `port1.0.1(u)`; tagged ports carry the VLAN without being in it.
fn untagged(word: &str) -> Option<String> {
    let (name, kind) = word.split_once('(').map_or((word, ""), |(n, k)| (n, k.trim_end_matches(')')));
    let shaped = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().any(|c| c.is_ascii_digit())
        && (name.contains('/') || name.starts_with("port"));
    (shaped && kind != "t").then(|| name.to_owned())
}

/// Whether two names mean one port: case, blanks and abbreviations aside (`Gi1/0/1`, `GigabitEthernet1/0/1`).
#[must_use]
pub fn same_port(a: &str, b: &str) -> bool {
    let parts = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        (text[..at].to_owned(), text[at..].to_owned())
    };
    let ((a, m), (b, n)) = (parts(a), parts(b));
    m == n && (a.starts_with(&b) || b.starts_with(&a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let word = |w: Option<String>| w.unwrap_or_else(|| "?".to_owned());
        neighbours(text)
            .into_iter()
            .map(|n| format!("{} {} {}", word(n.port), n.system, word(n.remote)))
            .collect()
    }

    #[test]
    fn neighbours_of_each_table_are_read() {
        let ios = "------------------------------------------------\nLocal Intf: Gi1/0/24\nChassis id: 0011.2233.4455\nPort id: Gi0/1\nPort Description: GigabitEthernet0/1\nSystem Name: sw2.city.example\n\nLocal Intf: Gi1/0/23\nPort id: port1.0.9\nSystem Name: nw-ju1\n";
        assert_eq!(shown(ios), ["Gi1/0/24 sw2 Gi0/1", "Gi1/0/23 nw-ju1 port1.0.9"]);
        let cdp = "Device ID: core\nEntry address(es): \nInterface: GigabitEthernet0/1,  Port ID (outgoing port): GigabitEthernet1/0/2\n";
        assert_eq!(shown(cdp), ["GigabitEthernet0/1 core GigabitEthernet1/0/2"]);
        let awplus = "Local port1.0.1:\n  Neighbors table last updated 0 hrs 0 mins 43 secs ago\n  Chassis ID Type .................. MAC address\n  Chassis ID ....................... 0004.cd28.8754\n  Port ID Type ..................... Interface name\n  Port ID .......................... port1.0.6\n  System Name ...................... nw-lg1\n";
        assert_eq!(shown(awplus), ["port1.0.1 nw-lg1 port1.0.6"]);
        assert_eq!(shown("System Name: sw-floor2.city.example\n"), ["? sw-floor2 ?"]);
    }

    #[test]
    fn vlans_of_each_table_are_read() {
        let read = |text: &str| {
            vlans(text)
                .into_iter()
                .map(|v| format!("{} {} {}", v.vlan, v.line, v.ports.join(",")))
                .collect::<Vec<_>>()
        };
        let ios = "VLAN Name                             Status    Ports\n---- ---- ---- ----\n1    default                          active    Gi1/0/9\n10   JU                               active    Gi1/0/1, Gi1/0/2\n                                                Gi1/0/3\n1002 fddi-default                     act/unsup \n";
        assert_eq!(read(ios), ["10 4 Gi1/0/1,Gi1/0/2,Gi1/0/3"]);
        let awplus = "VLAN ID  Name             Type     State   Member ports\n                                           (u)-Untagged, (t)-Tagged\n======= ================ ======= ======= ====================\n1       default          STATIC  ACTIVE  port1.0.9(u)\n20      LG               STATIC  ACTIVE  port1.0.1(u) port1.0.2(t)\n";
        assert_eq!(read(awplus), ["20 5 port1.0.1"]);
        assert_eq!(read("VLAN ID:30 Type:Port based Status:Up\n"), ["30 1 "]);
    }

    #[test]
    fn abbreviated_ports_are_the_same() {
        assert!(same_port("Gi1/0/1", "GigabitEthernet1/0/1"));
        assert!(same_port("GigabitEthernet 1/0/1", "gi1/0/1"));
        assert!(!same_port("Gi1/0/1", "Gi1/0/11"));
        assert!(!same_port("Te1/0/1", "Gi1/0/1"));
    }
}
