//! Real peers for tests, each on a port of its own and gone with the test: slapd (Debian) with the attributes of
//! Active Directory, and an OpenID provider (PyPI `oidc-provider-mock`).

#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test uses some of it"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sekisho_identity::DirectoryConfig;
use tempfile::TempDir;

/// A process that ends with the test.
pub struct Running(Child);

impl Running {
    pub fn new(child: Child) -> Running {
        Running(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Slapd {
    pub plain: u16,
    pub tls: u16,
    pub dir: TempDir,
    process: Option<Running>,
}

/// What the service account may do and knows.
pub const SERVICE: (&str, &str) = ("cn=service,dc=city,dc=test", "service-password");
/// Entries a search gets at once without paging, as in Active Directory.
const SIZE_LIMIT: u32 = 1_000;

const SCHEMA: &str = "
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY
  MAY ( objectGUID $ userAccountControl $ sAMAccountName ) )
";

/// A person of the directory: log-in name, password, 職員番号, userAccountControl.
pub type Person<'a> = (&'a str, &'a str, &'a str, u32);

impl Slapd {
    /// `None` when slapd is not installed; the caller says NOT RUN.
    pub fn start(people: &[Person<'_>]) -> Option<Slapd> {
        let program =
            ["/usr/sbin/slapd", "/usr/lib/openldap/slapd"].into_iter().find(|p| Path::new(p).exists())?;
        let dir = tempfile::tempdir().unwrap();
        certificates(dir.path());
        let d = dir.path().display();
        std::fs::create_dir(dir.path().join("db")).unwrap();
        std::fs::write(dir.path().join("ad.schema"), SCHEMA).unwrap();
        let conf = format!(
            "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\ninclude {d}/ad.schema\n\
             moduleload back_mdb\npidfile {d}/pid\nsizelimit {SIZE_LIMIT}\n\
             TLSCACertificateFile {d}/ca.pem\nTLSCertificateFile {d}/server.pem\nTLSCertificateKeyFile {d}/server.key\n\
             database mdb\nsuffix dc=city,dc=test\nrootdn cn=root,dc=city,dc=test\ndirectory {d}/db\nmaxsize 67108864\n\
             limits dn.exact=\"{}\" size={SIZE_LIMIT} size.prtotal=unlimited\n\
             access to attrs=userPassword by anonymous auth\naccess to * by dn.exact=\"{}\" read by * none\n",
            SERVICE.0, SERVICE.0
        );
        let conf_path = dir.path().join("slapd.conf");
        std::fs::write(&conf_path, conf).unwrap();
        std::fs::write(dir.path().join("data.ldif"), ldif(people)).unwrap();
        let loaded = Command::new(program)
            .args(["-T", "add", "-f"])
            .arg(&conf_path)
            .arg("-l")
            .arg(dir.path().join("data.ldif"))
            .output()
            .unwrap();
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        let (plain, tls) = (free_port(), free_port());
        let mut slapd = Slapd { plain, tls, dir, process: None };
        slapd.run(program);
        Some(slapd)
    }

    fn run(&mut self, program: &str) {
        let urls = format!("ldap://127.0.0.1:{} ldaps://127.0.0.1:{}", self.plain, self.tls);
        let child = Command::new(program)
            .args(["-d", "0", "-h", &urls, "-f"])
            .arg(self.dir.path().join("slapd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(Running(child));
        until_open(self.plain);
        until_open(self.tls);
    }

    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Settings for it over TLS; secrets and certificates lie in its directory.
    pub fn config(&self) -> DirectoryConfig {
        std::fs::write(self.dir.path().join("service"), SERVICE.1).unwrap();
        DirectoryConfig {
            urls: vec![format!("ldaps://localhost:{}", self.tls)],
            start_tls: false,
            ca_file: Some(PathBuf::from("ca.pem")),
            bind_dn: SERVICE.0.into(),
            bind_password_file: PathBuf::from("service"),
            base_dn: "dc=city,dc=test".into(),
            filter: "(objectClass=user)".into(),
            login_attribute: "sAMAccountName".into(),
            number_attribute: "employeeNumber".into(),
            id_attribute: "objectGUID".into(),
            sync_minutes: 60,
        }
    }
}

fn ldif(people: &[Person<'_>]) -> String {
    use std::fmt::Write as _;
    let mut out = format!(
        "dn: dc=city,dc=test\nobjectClass: dcObject\nobjectClass: organization\no: city\ndc: city\n\n\
         dn: {}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: service\nuserPassword: {}\n\n",
        SERVICE.0, SERVICE.1
    );
    for (n, (login, password, number, control)) in people.iter().enumerate() {
        // Sixteen bytes that are no text, in base64 as LDIF wants them.
        let guid = base64(&[&[0xff, 0xfe, 0x00][..], &(n as u32).to_be_bytes(), &[0x80; 9]].concat());
        let _ = write!(
            out,
            "dn: cn=p{n},dc=city,dc=test\nobjectClass: inetOrgPerson\nobjectClass: user\ncn: p{n}\nsn: x\n\
             sAMAccountName: {login}\nuserAccountControl: {control}\nobjectGUID:: {guid}\n"
        );
        if !number.is_empty() {
            let _ = writeln!(out, "employeeNumber: {number}");
        }
        let _ = writeln!(out, "userPassword: {password}\n");
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = LETTERS[(n >> (18 - 6 * i) & 63) as usize];
            out.push(if i > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

/// An authority of the city's own, and a server certificate for localhost signed by it.
fn certificates(dir: &Path) {
    let openssl = |args: &[&str]| {
        let done = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
        assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let ca = ["req", "-x509", "-days", "2", "-subj", "/CN=City CA", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(&[&ca[..], &key].concat());
    let other =
        ["req", "-x509", "-days", "2", "-subj", "/CN=Other CA", "-keyout", "x.key", "-out", "other.pem"];
    openssl(&[&other[..], &key].concat());
    let request = ["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
    openssl(&[&request[..], &key].concat());
    std::fs::write(dir.join("ext"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "ext",
        "-out",
        "server.pem",
    ]);
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something listens; a peer that never does fails the test.
pub fn until_open(port: u16) {
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing listens on port {port}");
}

/// The provider on a port, with one user; `None` when it is not installed.
pub fn provider(claims: &str) -> Option<(u16, Running)> {
    let home = std::env::var_os("HOME").map(PathBuf::from)?;
    let program = home.join(".cache/sekisho/python/bin/oidc-provider-mock");
    if !program.exists() {
        return None;
    }
    let port = free_port();
    let child = Command::new(program)
        .args(["-p", &port.to_string(), "-n", "true", "--user-claims", claims])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    until_open(port);
    Some((port, running))
}

/// Where a browser is sent after it chose the user on the provider's page.
pub fn choose_user(url: &str, sub: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let body = format!("sub={sub}");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let location =
        answer.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case("location")));
    location.unwrap_or_else(|| panic!("no redirect: {answer}")).1.trim().to_owned()
}
