import Digests
import Telemetry
import WebApplication

/// The key of one step of an orchestration.
///
/// It is made from the caller, the caller's key and the step's name alone, so that a repetition, even by another process, uses the same
/// one and resumes where the first stopped. Being a digest it always fits, and meets no key that a caller sends to the
/// Orders API directly.
struct StepKey {
    enum Step: String {
        case create, confirm, cancel
    }

    let text: String

    init(_ step: Step, of key: IdempotencyKey, caller: Caller) {
        // The default caller adds nothing, so that keys from before there were callers stay what they are.
        let named = caller == .default ? "" : "\u{0}\(caller.name)"
        let digest = SHA256.digest(
            Array("create-and-confirm-order\u{0}\(step.rawValue)\u{0}\(key.text)\(named)".utf8))
        text = "orchestrator-\(step.rawValue)-\(Base64URL.encode(digest))"
    }
}
