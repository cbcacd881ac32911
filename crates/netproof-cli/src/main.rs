//! `sekisho-network`.
fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for case in sekisho_netproof::vectors::parse(&text).unwrap_or_default() {
        let out = sekisho_netproof::vectors::run(&case);
        if out.got != out.expected {
            println!("{} {:?} {:?} {:?}", out.id, out.expected, out.got, out.reasons);
        } else {
            println!("{} ok", out.id)
        }
    }
}
