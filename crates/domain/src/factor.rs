//! What a person showed to prove who they are, and whether that is enough. Guideline 用語: 多要素認証 is two or more
//! of 知識, 所持 and 存在; two of the same kind (two passwords) are not.

use std::collections::BTreeSet;

/// The three kinds of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 知識
    Knowledge,
    /// 所持
    Possession,
    /// 存在, or the PIN that a device asked for in its place.
    Inherence,
}

/// One thing that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A password kept here.
    Password,
    /// A password that the directory (AD/LDAP) accepted.
    Directory,
    /// The word of the city's OpenID provider.
    Oidc,
    /// The same, when the provider says that it asked for several factors.
    OidcMulti,
    /// A code of an authenticator app.
    Totp,
    /// A passkey that asked for PIN, finger or face.
    Passkey,
    /// A certificate (職員証, IC card).
    Certificate,
    /// The same, of a kind whose card demands its PIN.
    CertificatePin,
    /// A recovery code.
    Recovery,
}

impl Method {
    pub const ALL: [Method; 9] = [
        Method::Password,
        Method::Directory,
        Method::Oidc,
        Method::OidcMulti,
        Method::Totp,
        Method::Passkey,
        Method::Certificate,
        Method::CertificatePin,
        Method::Recovery,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Directory => "directory",
            Method::Oidc => "oidc",
            Method::OidcMulti => "oidc_multi",
            Method::Totp => "totp",
            Method::Passkey => "passkey",
            Method::Certificate => "certificate",
            Method::CertificatePin => "certificate_pin",
            Method::Recovery => "recovery",
        }
    }

    pub fn from_code(code: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.code() == code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Method::Password => "パスワード",
            Method::Directory => "庁内アカウント",
            Method::Oidc | Method::OidcMulti => "庁内の認証サーバ",
            Method::Totp => "認証アプリ",
            Method::Passkey => "パスキー",
            Method::Certificate | Method::CertificatePin => "職員カード",
            Method::Recovery => "回復コード",
        }
    }

    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Method::Password | Method::Directory | Method::Oidc => &[Kind::Knowledge],
            Method::OidcMulti => &[Kind::Knowledge, Kind::Possession],
            Method::Totp | Method::Certificate | Method::Recovery => &[Kind::Possession],
            Method::Passkey => &[Kind::Possession, Kind::Inherence],
            Method::CertificatePin => &[Kind::Possession, Kind::Knowledge],
        }
    }
}

/// What an account has to show. The stricter of the city's rule and the account's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// One proof is enough.
    One,
    /// Two kinds.
    Two,
    /// Two kinds, and no recovery code among them: 住民情報系 has no way round its second factor but a new
    /// registration that two people agree to.
    TwoStrict,
}

/// Whether what was shown is enough.
pub fn enough(shown: &[Method], demand: Demand) -> bool {
    let counted = shown.iter().filter(|m| demand != Demand::TwoStrict || **m != Method::Recovery);
    let kinds: BTreeSet<Kind> = counted.flat_map(|m| m.kinds()).copied().collect();
    kinds.len() >= if demand == Demand::One { 1 } else { 2 }
}

/// Reads the list kept with a session; unknown words prove nothing.
pub fn methods(text: &str) -> Vec<Method> {
    text.split(' ').filter_map(Method::from_code).collect()
}

/// The list as it is kept: without doubles, in one order.
pub fn text(methods: &[Method]) -> String {
    let sorted: BTreeSet<Method> = methods.iter().copied().collect();
    sorted.into_iter().map(Method::code).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_kind_are_one_factor() {
        use Method::{
            Certificate, CertificatePin, Directory, Oidc, OidcMulti, Passkey, Password, Recovery, Totp,
        };
        for one in [&[Password][..], &[Directory], &[Oidc, Password], &[Totp], &[Totp, Certificate], &[]] {
            assert!(!enough(one, Demand::Two), "{one:?}");
        }
        for two in [&[Password, Totp][..], &[Directory, Passkey], &[Passkey], &[OidcMulti], &[CertificatePin]]
        {
            assert!(enough(two, Demand::Two) && enough(two, Demand::TwoStrict), "{two:?}");
        }
        assert!(enough(&[Password, Recovery], Demand::Two));
        assert!(!enough(&[Password, Recovery], Demand::TwoStrict));
        assert!(enough(&[Oidc], Demand::One) && !enough(&[], Demand::One));
    }

    #[test]
    fn the_list_survives_the_session() {
        let shown = [Method::Totp, Method::Password, Method::Totp];
        assert_eq!(text(&shown), "password totp");
        assert_eq!(methods(&text(&shown)), [Method::Password, Method::Totp]);
        assert_eq!(methods("password sudo"), [Method::Password]);
        for method in Method::ALL {
            assert_eq!(Method::from_code(method.code()), Some(method));
        }
    }
}
