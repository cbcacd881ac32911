use super::*;

/// Vendor, lines as the device prints them, credentials that must be gone, words that must stay.
const CASES: &[(Vendor, &str, &[&str], &[&str])] = &[
    (
        Vendor::Fortios,
        "config system admin\n    edit \"admin\"\n        set password ENC SH2yfjsOq1\n    next\nend\n\
         config vpn ipsec phase1-interface\n    edit \"to-branch\"\n        set psksecret ENC zPSK9\n        set ppk-secret 0xPPK9\n    next\nend\n\
         config system snmp community\n    edit 1\n        set name \"zCOMM9\"\n        config hosts\n            edit 1\n                set ip 10.0.0.1 255.255.255.255\n            next\n        end\n    next\nend\n\
         config system snmp user\n    edit \"op\"\n        set auth-pwd ENC zAUTH9\n        set priv-pwd ENC zPRIV9\n    next\nend\n\
         config user radius\n    edit \"r\"\n        set server \"10.0.0.9\"\n        set secret ENC zRAD9\n    next\nend\n\
         config user local\n    edit \"u\"\n        set passwd ENC zLOC9\n    next\nend\n\
         config router bgp\n    config neighbor\n        edit \"10.0.0.2\"\n            set password ENC zBGP9\n        next\n    end\nend\n\
         config system ha\n    set password ENC zHA9\n    set key ENC zKEY9\nend\n\
         config certificate local\n    edit \"c\"\n        set password ENC zCRT9\n        set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----\nzPEM9\n-----END ENCRYPTED PRIVATE KEY-----\"\n    next\nend\n\
         config firewall address\n    edit \"password\"\n        set subnet 10.1.1.1 255.255.255.255\n    next\nend\n\
         config firewall policy\n    edit 1\n        set srcaddr \"password\" \"secret\"\n    next\nend\n",
        &[
            "SH2yfjsOq1",
            "zPSK9",
            "0xPPK9",
            "zCOMM9",
            "zAUTH9",
            "zPRIV9",
            "zRAD9",
            "zLOC9",
            "zBGP9",
            "zHA9",
            "zKEY9",
            "zCRT9",
            "zPEM9",
        ],
        &[
            "\"password\" \"secret\"",
            "10.0.0.1 255.255.255.255",
            "edit \"to-branch\"",
            "set server \"10.0.0.9\"",
        ],
    ),
    (
        Vendor::YamahaRtx,
        "login password zA9\nadministrator password encrypted zB9\nlogin user kanri zC9\nlogin user kanri encrypted zD9\n\
         pp auth username branch zE9\npp auth myname city@example zF9\nipsec ike pre-shared-key 1 text zG9\n\
         snmp community read-only zH9\nsnmpv2c community read-only zI9\nsnmpv3 usm user 1 op sha zJ9 aes128-cfb zK9\n\
         auth user 1 taro zL9\nipsec ike xauth myname 1 taro zM9\nl2tp tunnel auth on rtx zN9\n\
         radius secret zO9\nip lan1 ospf area backbone authkey=zP9 md5key=1,zQ9\nmail server smtp 1 10.0.0.5 smtp-auth u zR9\n\
         ip filter 1 pass * * tcp * www\n",
        &[
            "zA9", "zB9", "zC9", "zD9", "zE9", "zF9", "zG9", "zH9", "zI9", "zJ9", "zK9", "zL9", "zM9", "zN9",
            "zO9", "zP9", "zQ9", "zR9",
        ],
        &["ip filter 1 pass * * tcp * www", "login user kanri", "auth user 1"],
    ),
    (
        Vendor::CiscoIos,
        "enable secret 5 $1$zA9\nenable password 7 zB9\nusername admin privilege 15 secret 9 zC9\nusername op password 0 zD9\n\
         snmp-server community zE9 RO 10\nsnmp-server host 10.0.0.5 version 2c zF9\nsnmp-server host 10.0.0.6 zG9\n\
         snmp-server user op grp v3 auth sha zH9 priv aes 128 zI9\ncrypto isakmp key zJ9 address 203.0.113.9\n\
         crypto ikev2 keyring K\n peer P\n  pre-shared-key local zK9\nradius server R\n key 7 zL9\ntacacs-server key 7 zM9\n\
         key chain EIGRP\n key 1\n  key-string 7 zN9\nrouter bgp 65001\n neighbor 10.0.0.2 password 7 zO9\n\
         interface Vlan10\n ip ospf message-digest-key 1 md5 7 zP9\n standby 1 authentication md5 key-string zQ9\n standby 2 authentication zR9\n\
         ntp authentication-key 1 md5 zS9 7\ncrypto pki certificate chain X\n certificate ca 01\n  30820241 308201AA\n  quit\n\
         line vty 0 4\n password 7 zT9\nip access-list extended password\n 10 permit tcp any any eq 443\n",
        &[
            "zA9", "zB9", "zC9", "zD9", "zE9", "zF9", "zG9", "zH9", "zI9", "zJ9", "zK9", "zL9", "zM9", "zN9",
            "zO9", "zP9", "zQ9", "zR9", "zS9", "zT9", "30820241",
        ],
        &["10 permit tcp any any eq 443", "key chain EIGRP", "ip access-list extended password"],
    ),
    (
        Vendor::CiscoAsa,
        "enable password zA9 encrypted\npasswd zB9 encrypted\nusername admin password zC9 encrypted privilege 15\n\
         tunnel-group 203.0.113.9 ipsec-attributes\n ikev1 pre-shared-key zD9\n ikev2 remote-authentication pre-shared-key zE9\n\
         aaa-server R (inside) host 10.0.0.5\n key zF9\n ldap-login-password zG9\nfailover key zH9\n\
         snmp-server host inside 10.0.0.6 community zI9 version 2c\nsnmp-server community zJ9\nntp authentication-key 1 md5 zK9\n\
         access-list key extended permit tcp any any eq 443\n",
        &["zA9", "zB9", "zC9", "zD9", "zE9", "zF9", "zG9", "zH9", "zI9", "zJ9", "zK9"],
        &["access-list key extended permit tcp any any eq 443"],
    ),
    (
        Vendor::Awplus,
        "service password-encryption\nusername manager privilege 15 password 8 zA9\nenable password 8 zB9\nsnmp-server community zC9 ro\n\
         snmp-server host 10.0.0.6 version 2c zD9\nradius-server host 10.0.0.5 key zE9\ntacacs-server key zF9\n\
         crypto isakmp key zG9 address 203.0.113.9\nppp password zH9\naccess-list 3000 permit ip any any\n",
        &["zA9", "zB9", "zC9", "zD9", "zE9", "zF9", "zG9", "zH9"],
        &["service password-encryption", "access-list 3000 permit ip any any"],
    ),
    (
        Vendor::AlaxalaAx,
        "username admin password zA9\nenable password input zB9\nsnmp-server community zC9 ro\nsnmp-server host 10.0.0.6 traps zD9\n\
         radius-server host 10.0.0.5 key zE9\nip access-list extended F\n 10 permit ip any any\n",
        &["zA9", "zB9", "zC9", "zD9", "zE9"],
        &["10 permit ip any any"],
    ),
    (
        Vendor::PanOs,
        "config {\n  mgt-config {\n    users {\n      admin {\n        phash zA9;\n        public-key zB9;\n      }\n    }\n  }\n\
         network { ike { gateway { g { authentication { pre-shared-key { key -AQ==zC9; } } } } } }\n\
         snmp-community-string zD9;\n      bind-password -AQ==zE9;\n      authpwd -AQ==zF9;\n}\nset mgt-config users op phash zG9\n\
         set shared server-profile radius R server S secret -AQ==zH9\n",
        &["zA9", "zB9", "zC9", "zD9", "zE9", "zF9", "zG9", "zH9"],
        &["users {", "set mgt-config users op phash"],
    ),
    (
        Vendor::NecIx,
        "username admin password hash zA9 administrator\nsnmp-agent ip community zB9\nike policy p peer 203.0.113.9 key zC9 prop\n",
        &["zA9", "zB9", "zC9"],
        &["username admin"],
    ),
];

#[test]
fn every_vendor_loses_its_credentials_and_nothing_else() {
    for (vendor, text, gone, kept) in CASES {
        let out = redact(*vendor, text);
        assert_eq!(out.len(), text.lines().count(), "line numbers stay");
        let joined = out.join("\n");
        for secret in *gone {
            assert!(!joined.contains(secret), "{vendor:?} leaks {secret}:\n{joined}");
        }
        for word in *kept {
            assert!(joined.contains(word), "{vendor:?} lost {word}:\n{joined}");
        }
        assert_eq!(strip(*vendor, &strip(*vendor, text)), strip(*vendor, text), "{vendor:?}");
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

/// A pager's mark in front of a line hides neither its credential nor what it says; one that stays, stays.
#[test]
fn pagers_leave_lines_as_they_are_shown() {
    let shown = [
        ("--More--          \r         \r        set password ENC zPAGE9", "        set password ********"),
        ("---つづく---\rlogin password zPAGE9", "login password ********"),
        ("<--- More --->\r              \r nameif dmz", " nameif dmz"),
        (" --More-- \u{8}\u{8}\u{8}   \u{8}\u{8}\u{8} permit ip any any", " permit ip any any"),
        ("\u{1b}[7m--More--\u{1b}[m\r\u{1b}[K permit ip any any", " permit ip any any"),
        (" --More-- ", ""),
        ("--More-- set action deny", "--More-- set action deny"),
        ("    set comments \"a\r    set action deny", "    set comments \"a\r    set action deny"),
    ];
    for (line, expected) in shown {
        let vendor = if line.contains("login") { Vendor::YamahaRtx } else { Vendor::Fortios };
        assert_eq!(redact(vendor, line), [expected], "{line:?}");
    }
}
