//! The ten numbers that describe a packet at one point of its way through the network.

use std::fmt;

/// One dimension of the header space, in diagram order (wide, selective dimensions first).
///
/// `Out`, `In` and `Tag` are not on the wire: they carry, inside one device, the chosen way out (an adjacency
/// number), the interface the packet came in on, and the translation rule that was applied. They are zero between
/// devices.
///
/// IPv4 addresses live at `::ffff:0:0/96`, so one 128-bit dimension holds both families; no real IPv6 packet uses
/// that block on a wire. For ICMP and ICMPv6, `Sport` is the type and `Dport` the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// Adjacency the packet will leave by (device-local number).
    Out,
    /// Interface the packet came in on (device-local number).
    In,
    /// Translation rule applied so far (device-local number, 0 = none).
    Tag,
    /// Destination address.
    Dst,
    /// Source address.
    Src,
    /// IP protocol number.
    Proto,
    /// TCP/UDP destination port, or ICMP code.
    Dport,
    /// TCP/UDP source port, or ICMP type.
    Sport,
    /// TCP flags FIN=1 SYN=2 RST=4 PSH=8 ACK=16 URG=32; 0 for anything but TCP.
    Flags,
    /// 0 = whole packet or first fragment, 1 = second or later fragment (no transport header).
    Frag,
}

impl Field {
    /// Number of dimensions.
    pub const COUNT: usize = 10;

    /// Every field in diagram order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Out,
        Self::In,
        Self::Tag,
        Self::Dst,
        Self::Src,
        Self::Proto,
        Self::Dport,
        Self::Sport,
        Self::Flags,
        Self::Frag,
    ];

    /// Greatest value of this dimension; the least is 0.
    #[must_use]
    pub const fn max(self) -> u128 {
        match self {
            Self::Dst | Self::Src => u128::MAX,
            Self::Proto => 255,
            Self::Flags => 63,
            Self::Frag => 1,
            Self::Out | Self::In | Self::Tag | Self::Dport | Self::Sport => 65_535,
        }
    }

    /// Position in diagram order.
    #[must_use]
    pub const fn level(self) -> usize {
        self as usize
    }

    /// Short stable name used in the normal form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Tag => "tag",
            Self::Dst => "dst",
            Self::Src => "src",
            Self::Proto => "proto",
            Self::Dport => "dport",
            Self::Sport => "sport",
            Self::Flags => "flags",
            Self::Frag => "frag",
        }
    }

    /// Whether values are addresses.
    #[must_use]
    pub const fn is_address(self) -> bool {
        matches!(self, Self::Dst | Self::Src)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
