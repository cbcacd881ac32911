//! Witnesses: what they sign, what they refuse, and that they never forget.
use sekisho_ledger::*;
use std::sync::Arc;

const ORIGIN: &str = "city.example/log";

fn log_with(count: u64, salt: &str) -> Log {
    let key = SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap();
    let signer = Signer::create(key, Box::new(MemoryStorage::new())).unwrap();
    let mut log = Log::open(Box::new(MemoryStorage::new()), signer).unwrap();
    grow(&mut log, count, salt);
    log
}

fn grow(log: &mut Log, count: u64, salt: &str) {
    log.append(&(0..count).map(|i| format!("{salt}{i}")).collect::<Vec<_>>()).unwrap();
    log.publish().unwrap();
}

fn request(log: &Log, old_size: u64) -> String {
    WitnessRequest::new(&log.tiles(), old_size, log.published().clone()).unwrap().to_string()
}

fn witness(log: &Log, state: &Arc<MemoryStorage>) -> Witness {
    let key = SigningKey::generate("audit.example/w1", KeyKind::Witness, &[8; 32]).unwrap();
    Witness::new(key, log.public_keys(), Box::new(state.clone())).unwrap()
}

#[test]
fn a_growing_log_is_cosigned_again_and_again() {
    let state = Arc::default();
    let mut log = log_with(300, "a");
    let mut seen = 0;
    for step in 0..5 {
        let text = request(&log, seen);
        // A new process each time: the state alone carries the memory.
        let witness = witness(&log, &state);
        let line = witness.answer(text.as_bytes(), 1000 + step).unwrap();
        let asked = WitnessRequest::parse(text.as_bytes()).unwrap();
        assert_eq!(asked.to_string(), text);
        let cosigned = asked.accept(&format!("{line}\n"), &[witness.public().clone()]).unwrap();
        let policy = Policy::k_of_n(log.public_keys(), 1, vec![witness.public().clone()]).unwrap();
        let (by, enough) = policy.cosigned(&cosigned).unwrap();
        assert_eq!((by[0].at_s, enough), (1000 + step, true));
        log.keep_cosigned(cosigned.clone()).unwrap();
        log.reload().unwrap();
        assert_eq!(log.published(), &cosigned, "survives reopening");
        seen = witness.last(ORIGIN).unwrap().unwrap().checkpoint.size;
        assert_eq!(seen, log.size());
        grow(&mut log, step * 130, "a");
        assert_eq!(log.cosigned().unwrap().unwrap().checkpoint.size, seen);
    }
}

#[test]
fn a_witness_refuses_everything_but_growth() {
    let state = Arc::default();
    let mut log = log_with(10, "a");
    let witness = witness(&log, &state);
    let refuse = |text: &str| {
        let before = state.files().clone();
        let refusal = witness.answer(text.as_bytes(), 1).unwrap_err();
        assert!(*state.files() == before, "a refusal records nothing");
        (refusal.http_status(), refusal.is_evidence())
    };
    assert_eq!(refuse("rubbish"), (400, false));
    assert_eq!(refuse(&request(&log, 0).replace(ORIGIN, "x")), (404, false));
    assert_eq!(refuse(&request(&log, 0).replace("\n10\n", "\n11\n")), (403, false));
    assert_eq!(refuse(&request(&log, 0).replace("old 0", "old 11")), (400, false));
    assert_eq!(refuse(&request(&log, 5)), (409, false));

    witness.answer(request(&log, 0).as_bytes(), 1).unwrap();
    let other = log_with(10, "b");
    assert_eq!(refuse(&request(&other, 10)), (409, true), "same size, other tree");
    assert_eq!(refuse(&request(&log_with(7, "a"), 0)), (409, false), "an older tree");
    assert_eq!(refuse(&request(&log_with(20, "b"), 10)), (422, true), "a forked tree");
    grow(&mut log, 3, "a");
    assert_eq!(refuse(&request(&log, 10).replacen("\n\n", "\nAAAA\n\n", 1)), (400, false));
    witness.answer(request(&log, 10).as_bytes(), 1).unwrap();
    assert_eq!(refuse(&request(&log, 10)), (409, false));
}

#[test]
fn a_witness_does_not_believe_a_state_it_did_not_write() {
    let state: Arc<MemoryStorage> = Arc::default();
    let log = log_with(10, "a");
    let witness = witness(&log, &state);
    witness.answer(request(&log, 0).as_bytes(), 1).unwrap();
    for bytes in state.files().values_mut() {
        *bytes = log_with(5, "a").published().to_string().into_bytes();
    }
    assert_eq!(witness.answer(request(&log, 5).as_bytes(), 1).unwrap_err().http_status(), 500);
}

#[test]
fn an_answer_of_a_stranger_or_a_damaged_one_is_not_accepted() {
    let log = log_with(10, "a");
    let witness = witness(&log, &Arc::default());
    let text = request(&log, 0);
    let line = witness.answer(text.as_bytes(), 1).unwrap().to_string();
    let asked = WitnessRequest::parse(text.as_bytes()).unwrap();
    let known = [witness.public().clone()];
    assert!(matches!(asked.accept("", &known), Err(Error::UnknownSigner)));
    assert!(matches!(asked.accept(&line, &[]), Err(Error::UnknownSigner)));
    assert!(matches!(asked.accept("rubbish", &known), Err(Error::BadNote(_))));
    let mut damaged = NoteSignature::parse(&line).unwrap();
    damaged.bytes[20] ^= 1;
    assert!(matches!(asked.accept(&damaged.to_string(), &known), Err(Error::BadSignature(_))));
}
