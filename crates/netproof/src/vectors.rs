//! One-packet expectations: a city keeps a YAML file of cases and learns whether the reader agrees.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::engine::interp::{self, Fate};
use crate::model::{Device, Doubt, LineClass, Network};
use crate::net;
use crate::space::{Cube, Field, Ranges};
use crate::vendor::{self, ReadOptions, Vendor};

/// Largest vector file, in bytes.
pub const LIMIT_VECTOR_BYTES: usize = 16 * 1024 * 1024;

/// A vector file that cannot be read.
#[derive(Debug, Error)]
pub enum VectorError {
    /// Not the expected YAML.
    #[error("the vector file is not readable: {0}")]
    Yaml(String),
    /// Too large.
    #[error("the vector file is larger than {LIMIT_VECTOR_BYTES} bytes")]
    TooLarge,
}

/// What a device does with one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Leaves the device towards the destination.
    Permit,
    /// Dropped or not forwarded.
    Deny,
    /// Must not be answered.
    Unknown,
}

/// One case of the file.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Identifier.
    pub id: String,
    /// Language.
    pub platform: String,
    /// Configuration.
    pub config: String,
    /// The packet.
    pub packet: PacketText,
    /// Expected answer.
    pub expect: Answer,
    /// Hardware model.
    #[serde(default)]
    pub model: Option<String>,
}

/// A packet as people write it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PacketText {
    /// Interface it arrives on.
    pub in_if: String,
    /// Source address.
    pub src: String,
    /// Destination address.
    pub dst: String,
    /// `tcp`, `udp`, `icmp`, `icmp6`, `esp`, … or a number.
    pub proto: ProtoText,
    /// Source port.
    #[serde(default)]
    pub sport: Option<u16>,
    /// Destination port.
    #[serde(default)]
    pub dport: Option<u16>,
    /// ICMP type.
    #[serde(default)]
    pub icmp_type: Option<u8>,
    /// ICMP code.
    #[serde(default)]
    pub icmp_code: Option<u8>,
    /// TCP flag names.
    #[serde(default)]
    pub tcp_flags: Option<Vec<String>>,
    /// `later` for second and later fragments.
    #[serde(default)]
    pub frag: Option<String>,
}

/// Protocol by name or number.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ProtoText {
    /// Number.
    Number(u8),
    /// Name.
    Name(String),
}

impl Default for ProtoText {
    fn default() -> Self {
        Self::Name("tcp".into())
    }
}

/// Why an answer is unknown: a doubt and the line it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Line of the configuration, 1-based; 0 when it rests on something that is not written.
    pub line: u32,
    /// Text of that line, credentials replaced.
    pub text: String,
    /// Kind of doubt.
    pub doubt: Option<Doubt>,
}

/// Result of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Case.
    pub id: String,
    /// Expected.
    pub expected: Answer,
    /// Computed.
    pub got: Answer,
    /// Reasons when unknown.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// A definite answer that contradicts a definite expectation, or a definite answer where none may be given.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.got != Answer::Unknown && self.got != self.expected
    }
}

/// Reads the cases of a file.
pub fn parse(text: &str) -> Result<Vec<Case>, VectorError> {
    if text.len() > LIMIT_VECTOR_BYTES {
        return Err(VectorError::TooLarge);
    }
    serde_yaml_ng::from_str(text).map_err(|e| VectorError::Yaml(e.to_string()))
}

/// Answers one case.
#[must_use]
pub fn run(case: &Case) -> Outcome {
    let options = ReadOptions { model: case.model.clone(), ..ReadOptions::default() };
    let device = vendor::read(Vendor::from_name(&case.platform), "device", &case.id, &case.config, &options);
    let (got, reasons) = match packet_cube(&case.packet) {
        Some(cube) => answer(&device, &case.packet.in_if, cube),
        None => (Answer::Unknown, Vec::new()),
    };
    Outcome { id: case.id.clone(), expected: case.expect, got, reasons }
}

/// What a lone device does with the packets of `cube` arriving on `in_if`.
#[must_use]
pub fn answer(device: &Device, in_if: &str, cube: Cube) -> (Answer, Vec<Reason>) {
    let Some(interface) = device.interface(in_if) else {
        return (Answer::Unknown, whole_device(device));
    };
    let network = Network { nodes: device.nodes.clone() };
    let start = cube.with(Field::In, crate::site::topology::ingress_values(device, interface));
    let Ok(ways) = interp::explore(&network, device.entry, start) else {
        return (Answer::Unknown, Vec::new());
    };
    let mut answers: Vec<Answer> = ways
        .iter()
        .map(|w| match w.fate {
            Fate::Rests(Device::EGRESS) => Answer::Permit,
            // A case asks what is forwarded; who may talk to the device itself is a question of `mgmt`.
            Fate::Dropped(node) if device.service_stages.contains(&node) => Answer::Unknown,
            Fate::Dropped(_) => Answer::Deny,
            Fate::Rests(_) | Fate::Stays(_) | Fate::Loops(_) => Answer::Unknown,
        })
        .collect();
    answers.dedup();
    let unanimous = answers.first().copied().filter(|a| answers.iter().all(|b| a == b));
    match unanimous {
        Some(a) if a != Answer::Unknown => (a, Vec::new()),
        _ => {
            let mut reasons: Vec<Reason> = interp::doubts(&network, &ways)
                .into_iter()
                .map(|(node, rule, doubt)| reason(device, network.nodes[node].rules[rule].line, Some(doubt)))
                .collect();
            if reasons.iter().all(|r| r.line == 0) {
                // For the device itself, a choice the device makes, or a doubt that no line causes: name the last
                // lines that had a say.
                let lines = ways.iter().filter_map(|w| {
                    let line = |h: &interp::Hop| h.rule.map_or(0, |r| network.nodes[h.node].rules[r].line);
                    w.hops.iter().rev().map(line).find(|l| *l > 0)
                });
                reasons.extend(lines.map(|l| reason(device, l, None)));
            }
            if reasons.iter().all(|r| r.line == 0) {
                reasons.push(reason(device, device.interfaces[interface].line, None));
            }
            reasons.sort_by_key(|r| r.line == 0);
            reasons.dedup();
            (Answer::Unknown, reasons)
        }
    }
}

fn whole_device(device: &Device) -> Vec<Reason> {
    (1u32..)
        .zip(&device.lines)
        .filter(|(_, c)| matches!(c, LineClass::Unknown { .. }))
        .map(|(line, _)| reason(device, line, Some(Doubt::UnknownLine)))
        .collect()
}

fn reason(device: &Device, line: u32, doubt: Option<Doubt>) -> Reason {
    let text = (line as usize).checked_sub(1).and_then(|i| device.text.get(i));
    Reason { line, text: text.map_or(String::new(), |t| t.trim().to_owned()), doubt }
}

/// The cube of a written packet. Later fragments have no transport header, so their ports are left open.
#[must_use]
pub fn packet_cube(packet: &PacketText) -> Option<Cube> {
    let proto = match &packet.proto {
        ProtoText::Number(n) => u128::from(*n),
        ProtoText::Name(name) => protocol_number(name)?,
    };
    let later = packet.frag.as_deref() == Some("later");
    let mut cube = Cube::any()
        .with(Field::Src, Ranges::one(net::parse_ip(&packet.src)?))
        .with(Field::Dst, Ranges::one(net::parse_ip(&packet.dst)?))
        .with(Field::Proto, Ranges::one(proto))
        .with(Field::Frag, Ranges::one(u128::from(later)))
        .with(Field::Out, Ranges::one(0))
        .with(Field::Tag, Ranges::one(0));
    if later {
        return Some(cube);
    }
    let icmp = proto == net::ICMP || proto == net::ICMP6;
    let one = |v: Option<u16>| v.map(|v| Ranges::one(u128::from(v)));
    let sport = if icmp { packet.icmp_type.map(|v| Ranges::one(v.into())) } else { one(packet.sport) };
    let dport = if icmp { packet.icmp_code.map(|v| Ranges::one(v.into())) } else { one(packet.dport) };
    if let Some(r) = sport {
        cube.narrow(Field::Sport, &r);
    }
    if let Some(r) = dport {
        cube.narrow(Field::Dport, &r);
    }
    let flags = match (&packet.tcp_flags, proto == net::TCP) {
        (_, false) => 0,
        (None, true) => 2,
        (Some(names), true) => names.iter().try_fold(0, |acc, n| flag(n).map(|f| acc | f))?,
    };
    cube.narrow(Field::Flags, &Ranges::one(flags));
    Some(cube)
}

fn flag(name: &str) -> Option<u128> {
    net::FLAG_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|f| f.1)
}

/// Protocol number of a name or decimal text.
#[must_use]
pub fn protocol_number(name: &str) -> Option<u128> {
    Some(match name.to_ascii_lowercase().as_str() {
        "icmp" => net::ICMP,
        "igmp" => 2,
        "tcp" => net::TCP,
        "udp" => net::UDP,
        "ipv6" => 41,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmp6" | "icmpv6" => net::ICMP6,
        "ospf" => 89,
        "sctp" => 132,
        other => return other.parse::<u8>().ok().map(u128::from),
    })
}
