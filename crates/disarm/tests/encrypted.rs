//! Locked documents, encrypted here: the built-in password of Office and of PDF opens them without a question, a
//! supplied one with it, and without one they are refused as locked.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use std::io::{Cursor, Write};

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{docx, everything};
use md5::Md5;
use sekisho_disarm::{Limits, Outcome, Refusal, Report, Ruleset, Secrets, disarm};
use sha1::Sha1;
use sha2::{Digest, Sha512};

fn open(bytes: &[u8], name: &str, passwords: &[&str]) -> Outcome {
    let secrets = Secrets::new(passwords.iter().map(|p| (*p).to_owned()));
    disarm(bytes, name, &Ruleset::default(), &Limits::default(), &secrets)
}

fn opened(bytes: &[u8], name: &str, passwords: &[&str]) -> (Vec<u8>, Report) {
    match open(bytes, name, passwords) {
        Outcome::Clean { rebuilt, report } => (rebuilt, report),
        other => panic!("{other:?}"),
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hash<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}

/// AES in blocks of 16 bytes, chained when there is a first vector.
fn encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], mut chain: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
    let cipher = C::new_from_slice(key).expect("key");
    let mut padded = data.to_vec();
    padded.resize(data.len().div_ceil(16) * 16, 0);
    let mut out = Vec::new();
    for chunk in padded.chunks(16) {
        let mut block = Array::try_from(chunk).expect("block");
        if let Some(chain) = &chain {
            block.iter_mut().zip(chain).for_each(|(b, c)| *b ^= c);
        }
        cipher.encrypt_block(&mut block);
        chain = chain.map(|_| block.to_vec());
        out.extend_from_slice(&block);
    }
    out
}

fn wrapper(info: &[u8], package: &[u8], size: usize) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("compound file");
    file.create_stream("/EncryptionInfo").expect("stream").write_all(info).expect("data");
    let whole = [&(size as u64).to_le_bytes(), package].concat();
    file.create_stream("/EncryptedPackage").expect("stream").write_all(&whole).expect("data");
    file.into_inner().into_inner()
}

/// MS-OFFCRYPTO 2.3.4.5 and following: SHA-1, AES-128 block by block.
fn standard(plain: &[u8], password: &str) -> Vec<u8> {
    let salt = [7_u8; 16];
    let first = hash::<Sha1>(&[&salt, &utf16(password)]);
    let spun = (0..50_000_u32).fold(first, |h, i| hash::<Sha1>(&[&i.to_le_bytes(), &h]));
    let last = hash::<Sha1>(&[&spun, &[0; 4]]);
    let mut block = [0x36_u8; 64];
    block.iter_mut().zip(&last).for_each(|(b, h)| *b ^= h);
    let key = &hash::<Sha1>(&[&block])[..16];
    let lock = |data: &[u8]| encrypt::<aes::Aes128>(key, None, data);
    let verifier = [9_u8; 16];
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let provider = utf16("Microsoft Enhanced RSA and AES Cryptographic Provider\0");
    let header = [words(&[0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0]), provider].concat();
    let info = [
        &[3, 0, 2, 0][..],
        &words(&[0x24, u32::try_from(header.len()).expect("length")]),
        &header,
        &words(&[16]),
        &salt,
        &lock(&verifier),
        &words(&[20]),
        &lock(&hash::<Sha1>(&[&verifier])),
    ]
    .concat();
    wrapper(&info, &lock(plain), plain.len())
}

/// MS-OFFCRYPTO 2.3.4.10 and following: SHA-512, AES-256 chained, segments of 4096 bytes.
fn agile(plain: &[u8], password: &str) -> Vec<u8> {
    let (salt, data_salt, key, spins) = ([3_u8; 16], [5_u8; 16], [11_u8; 32], 1000_u32);
    let first = hash::<Sha512>(&[&salt, &utf16(password)]);
    let spun = (0..spins).fold(first, |h, i| hash::<Sha512>(&[&i.to_le_bytes(), &h]));
    let lock = |block: [u8; 8], data: &[u8]| {
        let key = &hash::<Sha512>(&[&spun, &block])[..32];
        STANDARD.encode(encrypt::<aes::Aes256>(key, Some(salt.to_vec()), data))
    };
    let verifier = [13_u8; 16];
    let info = format!(
        "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"{}\"/><keyEncryptors><keyEncryptor uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><p:encryptedKey spinCount=\"{spins}\" saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"{}\" encryptedVerifierHashInput=\"{}\" encryptedVerifierHashValue=\"{}\" encryptedKeyValue=\"{}\"/></keyEncryptor></keyEncryptors></encryption>",
        STANDARD.encode(data_salt),
        STANDARD.encode(salt),
        lock([0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79], &verifier),
        lock([0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E], &hash::<Sha512>(&[&verifier])),
        lock([0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6], &key),
    );
    let mut package = Vec::new();
    for (i, segment) in (0_u32..).zip(plain.chunks(4096)) {
        let mut vector = hash::<Sha512>(&[&data_salt, &i.to_le_bytes()]);
        vector.truncate(16);
        package.extend(encrypt::<aes::Aes256>(&key, Some(vector), segment));
    }
    let info = [&[4, 0, 4, 0, 0x40, 0, 0, 0], info.as_bytes()].concat();
    wrapper(&info, &package, plain.len())
}

#[test]
fn o03_locked_office_documents() {
    let body = format!("<w:p><w:r><w:t>本文{}</w:t></w:r></w:p>", "長".repeat(5000));
    let plain = docx(&body).build();
    for (name, lock) in [("standard", standard as fn(&[u8], &str) -> Vec<u8>), ("agile", agile)] {
        let (rebuilt, report) = opened(&lock(&plain, "VelvetSweatshop"), "申請.docx", &[]);
        assert!(everything(&rebuilt).contains("本文長"), "{name}");
        assert!(report.items.iter().any(|i| i.threat.id() == "O03"), "{name}: {:?}", report.items);
        assert_eq!(report.output_extension.as_deref(), Some("docx"), "{name}");
        let locked = lock(&plain, "ひみつ1");
        for wrong in [&[][..], &["ひみつ2"]] {
            assert!(matches!(open(&locked, "a.docx", wrong), Outcome::NeedsPassword { .. }), "{name}");
        }
        let (rebuilt, _) = opened(&locked, "a.docx", &["ちがう", "ひみつ1"]);
        assert!(everything(&rebuilt).contains("本文長"), "{name}");
    }
}

#[test]
fn o03_what_no_password_opens_is_told_apart() {
    let file = wrapper(&[9, 0, 9, 0, 0, 0, 0, 0], b"x", 1);
    assert!(matches!(
        open(&file, "a.docx", &[]),
        Outcome::Blocked { reason: Refusal::Encryption { .. }, .. }
    ));
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    let pad = data.iter().map(|b| {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        b ^ state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    });
    pad.collect()
}

/// ISO 32000-1, 7.6.3, revision 2: RC4 with keys of 40 bits.
fn locked_pdf(password: &str) -> Vec<u8> {
    locked_pdf_with(password, None)
}

/// `behind`: content of a second object 4, which the table does not name.
fn locked_pdf_with(password: &str, behind: Option<&[u8]>) -> Vec<u8> {
    const PAD: &[u8; 32] = b"\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A";
    let padded = |password: &str| [password.as_bytes(), PAD].concat()[..32].to_vec();
    let owner = rc4(&hash::<Md5>(&[&padded("owner")])[..5], &padded(password));
    let (rights, id) = ((-4_i32).to_le_bytes(), [0x42_u8; 16]);
    let key = hash::<Md5>(&[&padded(password), &owner, &rights, &id])[..5].to_vec();
    let lock = |object: u8, data: &[u8]| rc4(&hash::<Md5>(&[&key, &[object, 0, 0, 0, 0]])[..10], data);
    let text = |bytes: &[u8]| format!("<{}>", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
    let content = lock(4, b"BT /F1 12 Tf 20 20 Td (Hello) Tj ET");
    let script = text(&lock(1, b"app.alert(1)"));
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, body) in (1..).zip([
        format!("<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS{script}>>>>").into_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>".to_vec(),
        [format!("<</Length {}>>stream\n", content.len()).as_bytes(), &content, b"\nendstream"].concat(),
        format!("<</Filter/Standard/V 1/R 2/P -4/O{}/U{}>>", text(&owner), text(&rc4(&key, PAD))).into_bytes(),
    ]) {
        offsets.push(out.len());
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(body);
        out.extend(b"\nendobj\n");
    }
    if let Some(content) = behind.map(|content| lock(4, content)) {
        out.extend(format!("4 0 obj\n<</Length {}>>stream\n", content.len()).bytes());
        out.extend(content);
        out.extend(b"\nendstream\nendobj\n");
    }
    let table = out.len();
    out.extend(b"xref\n0 6\n0000000000 65535 f \n");
    offsets.iter().for_each(|at| out.extend(format!("{at:010} 00000 n \n").bytes()));
    let id = text(&id);
    out.extend(
        format!("trailer\n<</Size 6/Root 1 0 R/Encrypt 5 0 R/ID[{id}{id}]>>\nstartxref\n{table}\n%%EOF\n")
            .bytes(),
    );
    out
}

#[test]
fn p12_locked_pdfs() {
    let (rebuilt, report) = opened(&locked_pdf(""), "通知.pdf", &[]);
    for id in ["P12", "P01"] {
        assert!(report.items.iter().any(|i| i.threat.id() == id), "{id}: {:?}", report.items);
    }
    assert!(!rebuilt.windows(8).any(|w| w == b"/Encrypt"));
    let locked = locked_pdf("ticket");
    for wrong in [&[][..], &["tocket"]] {
        assert!(matches!(open(&locked, "a.pdf", wrong), Outcome::NeedsPassword { .. }));
    }
    let (with, _) = opened(&locked, "a.pdf", &["wrong", "ticket"]);
    assert!(with == rebuilt, "the same file, whatever it was locked with");
}

/// Behind the lock, too, a reader that follows the table and one that looks for objects must see the same words.
#[test]
fn p11_a_locked_file_that_means_two_things_is_refused() {
    let same = locked_pdf_with("ticket", Some(b"BT /F1 12 Tf 20 20 Td (Hello) Tj ET"));
    assert!(matches!(open(&same, "a.pdf", &["ticket"]), Outcome::Clean { .. }));
    let other = locked_pdf_with("ticket", Some(b"BT /F1 12 Tf 20 20 Td (Bye) Tj ET"));
    let outcome = open(&other, "a.pdf", &["ticket"]);
    let Outcome::Blocked { reason: Refusal::Ambiguous { location, .. }, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(location, "1ページ");
}

/// Each way of locking that qpdf knows, the pages in object streams: opened by both readers, or it would be refused.
#[test]
fn p12_every_lock_of_qpdf() {
    let folder = tempfile::tempdir().expect("folder");
    let (plain, locked) = (folder.path().join("plain.pdf"), folder.path().join("locked.pdf"));
    let content = b"BT /F1 12 Tf 20 20 Td (Hello) Tj ET";
    std::fs::write(&plain, opened(&locked_pdf_with("", Some(content)), "a.pdf", &[]).0).expect("plain");
    let expected = opened(&std::fs::read(&plain).expect("plain"), "a.pdf", &[]).0;
    for way in [
        "40",
        "128 --use-aes=n",
        "128 --use-aes=n --force-V4",
        "128 --use-aes=y",
        "128 --use-aes=y --cleartext-metadata",
        "256 --force-R5",
        "256",
        "256 --cleartext-metadata",
    ] {
        let word = if way.starts_with("256") { "印鑑 ticket" } else { "ticket" };
        for (password, given) in [("", &[][..]), (word, &["wrong", word])] {
            let mut qpdf = std::process::Command::new("qpdf");
            qpdf.args(["--allow-weak-crypto", "--object-streams=generate"]).arg(&plain).arg("--encrypt");
            qpdf.args([password, "owner"]).args(way.split(' ')).arg("--").arg(&locked);
            let Ok(done) = qpdf.output() else { return eprintln!("NOT RUN: qpdf is not installed") };
            assert!(done.status.success(), "{way}: {}", String::from_utf8_lossy(&done.stderr));
            let (rebuilt, _) = opened(&std::fs::read(&locked).expect("locked"), "a.pdf", given);
            assert!(rebuilt == expected, "{way} {password:?}");
        }
    }
}
