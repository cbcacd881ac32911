//! Passwords (argon2id) and one-time codes (RFC 6238). Randomness and time are arguments.

use crate::limits;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use sekisho_domain::clock::{Entropy, Ms};
use sha2::{Digest, Sha256};

/// The work of one hash: 19 MiB, two passes, one lane (OWASP's first recommendation for argon2id).
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// The PHC string to store. `None` only when the password is longer than argon2 accepts (4 GiB).
pub fn hash_password(password: &str, entropy: &dyn Entropy) -> Option<String> {
    let mut salt = [0u8; 16];
    entropy.fill(&mut salt);
    let hash: PasswordHash = hasher().hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether the password fits the stored PHC string. A string that cannot be read fits nothing.
pub fn verify_password(password: &str, phc: &str) -> bool {
    password.chars().count() <= limits::PASSWORD_CHARS_MAX
        && PasswordHash::new(phc).is_ok_and(|h| hasher().verify_password(password.as_bytes(), &h).is_ok())
}

/// Why a new password is not accepted, as the sentence beside the field.
pub fn password_fault(password: &str, login: &str) -> Option<&'static str> {
    let length = password.chars().count();
    if length < limits::PASSWORD_CHARS_MIN {
        return Some("パスワードは12文字以上にしてください。覚えやすい文章でもかまいません。");
    }
    if length > limits::PASSWORD_CHARS_MAX {
        return Some("パスワードは128文字以内にしてください。");
    }
    if !login.is_empty() && password.to_lowercase().contains(&login.to_lowercase()) {
        return Some("パスワードにログイン名を含めないでください。");
    }
    let mut kinds: Vec<char> = password.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    (kinds.len() < 5).then_some("同じ文字の繰り返しは、推測されやすいため使えません。")
}

/// A first password to be handed over and changed at once: four groups of letters that cannot be confused,
/// 80 bits.
pub fn one_time_password(entropy: &dyn Entropy) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
    let mut random = [0u8; 16];
    entropy.fill(&mut random);
    let letters: Vec<char> = random.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The TOTP secret shown while an authenticator is registered: 160 bits (RFC 4226 §4) from the enrolment
/// session's own 256 random bits, so that it stays the same between showing and confirming without being stored.
pub fn enrolment_secret(token: &str) -> [u8; 20] {
    let digest = Sha256::new_with_prefix(b"sekisho totp enrolment\0").chain_update(token).finalize();
    let mut secret = [0u8; 20];
    secret.copy_from_slice(&digest[..20]);
    secret
}

/// The secret as people type it into an authenticator: base32 in groups of four.
pub fn totp_text(secret: &[u8]) -> String {
    let text: Vec<char> = base32(secret).chars().collect();
    text.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The `otpauth://` address that the QR code carries.
pub fn totp_url(secret: &[u8], city: &str, login: &str) -> String {
    let escape =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let issuer = escape(&format!("関所 {city}"));
    format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", escape(login), base32(secret))
}

/// Checks a six-digit code, one step (30 s) early or late. Returns the step it belongs to; the caller must
/// refuse a step that is not later than the last one used (RFC 6238 §5.2).
pub fn check_totp(secret: &[u8], code: &str, now: Ms) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let totp = totp_rs::Builder::new().with_secret(secret.to_vec()).build().ok()?;
    let step = totp.check(&digits, u64::try_from(now.0 / 1_000).ok()?)?;
    i64::try_from(step).ok()
}

/// Whether a code is the account's, now, and for the first time.
pub(crate) async fn totp_fits(
    app: &crate::App,
    account_id: &str,
    code: &str,
    now: Ms,
) -> Result<bool, crate::error::PortalError> {
    for row in app.store.db.credentials(account_id).await?.iter().filter(|r| r.kind == "totp") {
        let Ok(secret) = hex::decode(&row.secret) else { continue };
        if let Some(step) = check_totp(&secret, code, now) {
            return Ok(app.store.use_totp_step(&row.credential_id, step).await?);
        }
    }
    Ok(false)
}

/// How many recovery codes are given at once.
const RECOVERY_CODES: usize = 10;

/// Ten codes of 80 bits, in groups of letters that cannot be confused.
pub(crate) fn recovery_codes(entropy: &dyn Entropy) -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| one_time_password(entropy)).collect()
}

/// What is kept of a recovery code. Its 80 random bits need no slow hash.
pub(crate) fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    hex::encode(Sha256::new_with_prefix(b"sekisho recovery\0").chain_update(plain).finalize())
}

/// Uses up one of the account's recovery codes, if it is one.
pub(crate) async fn recovery_fits(
    app: &crate::App,
    account_id: &str,
    code: &str,
) -> Result<bool, crate::error::PortalError> {
    let hash = recovery_hash(code);
    for row in app.store.db.credentials(account_id).await?.iter().filter(|r| r.kind == "recovery") {
        let left: Vec<&str> = row.secret.split(' ').filter(|h| *h != hash).collect();
        let left = left.join(" ");
        if left != row.secret {
            return Ok(app.store.use_recovery(&row.credential_id, &row.secret, &left).await?);
        }
    }
    Ok(false)
}

/// A new session's secret (256 bits, base64url) and what the database keeps of it.
pub fn new_token(entropy: &dyn Entropy) -> (String, String) {
    use base64::Engine as _;
    let mut random = [0u8; 32];
    entropy.fill(&mut random);
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random);
    let hash = token_hash(&token);
    (token, hash)
}

/// SHA-256 hex of a session's secret: a stolen database opens no session.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(buffer >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(buffer << (5 - bits) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_domain::clock::SeededEntropy;

    #[test]
    fn a_password_fits_only_itself() {
        let phc = hash_password("正しい馬の電池の留め金", &SeededEntropy::new(1)).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify_password("正しい馬の電池の留め金", &phc));
        assert!(!verify_password("正しい馬の電池の留め具", &phc));
        assert!(!verify_password("x", "not a hash"));
    }

    #[test]
    fn weak_passwords_are_named() {
        assert!(password_fault("short", "sato").is_some());
        assert!(password_fault("aaaaaaaaaaaaaaaa", "sato").is_some());
        assert!(password_fault("xx-Sato-0123456789", "sato").is_some());
        assert_eq!(password_fault("雨の日も風の日も登庁する", "sato"), None);
    }

    /// RFC 6238 appendix B, SHA-1, first 6 of 8 digits from the right.
    #[test]
    fn codes_match_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(check_totp(secret, code, Ms(seconds * 1000)), Some(seconds / 30));
        }
        assert_eq!(check_totp(secret, "287082", Ms(150_000)), None);
        assert_eq!(check_totp(secret, "abc", Ms(59_000)), None);
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn the_address_names_city_and_login() {
        let url = totp_url(b"12345678901234567890", "さくら坂市", "sato");
        assert!(url.starts_with("otpauth://totp/%E9%96%A2"), "{url}");
        assert!(crate::part::Qr::of(&url, "QR").is_some());
    }
}
