import HTTPMessages
import JSON
import MySQL
import SeededRandom
import SystemTesting

/// R3: many copies of a request at once under one key, of every operation that takes one. Each key has one effect, and all its
/// successes are the same, byte for byte; another payload is refused; a key in other letters is another key.
struct Duplicates: Sendable {
    /// The figures' size; the tests of each change use less.
    var keyCount = 100
    var copyCount = 50
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        try withSystem { system in
            var random = SeededRandom(seed: seed)
            var tally = DuplicatesTally()
            let workshop = try DuplicatesWorkshop(system)
            for number in 0..<keyCount {
                // Upper and lower case, so that there is another key in other letters.
                let key = "Duplicate-\(number)-\(random.next())"
                for kind in DuplicatedRequest.Kind.allCases {
                    try judge(workshop.request(kind, key: key), of: system, &tally)
                }
            }
            for violation in try OrderAudit(system.database).violations(called: workshop.callerKeys) {
                tally.wrong("audit: \(violation)")
            }
            tally.printExamples()
            print(
                """
                duplicates: \(DuplicatedRequest.Kind.allCases.count) operations × \(keyCount) keys × \(copyCount) copies: \
                \(tally.otherEffects) keys with other than 1 effect, \(tally.equal) equal replies, \(tally.differing) \
                differing, \(tally.waiting) told to wait and answered alike, \(tally.payloadsAccepted) of \
                \(tally.payloads) other payloads accepted, \(tally.variantsMerged) of \(tally.variants) keys in other \
                letters taken for the same, \(tally.wrongCount) wrong; seed \(seed)
                """)
            return tally.isClean
        }
    }

    private func judge(
        _ request: DuplicatedRequest, of system: RunningSystem, _ tally: inout DuplicatesTally
    ) throws {
        let client = system.client(request.kind.service)
        var replies = try inParallel(copyCount) { _ in try request.send(by: client) }
        for index in replies.indices where replies[index].code == "idempotency-key-in-use" {
            guard replies[index].response.headers["Retry-After"] != nil else {
                tally.wrong("\(request.kind): in use, but no Retry-After")
                continue
            }
            tally.waiting += 1
            replies[index] = try request.send(by: client)
        }
        let successes = replies.filter { 200..<300 ~= $0.status }
        for reply in replies where !(200..<300 ~= reply.status) {
            tally.wrong("\(request.kind): \(reply.status) \(String(decoding: reply.response.body, as: UTF8.self))")
        }
        if successes.filter({ !$0.isReplay }).count > 1 { tally.wrong("\(request.kind): several first answers") }
        let first = successes.first.map(request.kept)
        let differing = successes.count { request.kept($0) != first }
        tally.differing += differing
        tally.equal += successes.count - differing
        if try request.effects.contains(where: { try system.count($0) != 1 }) { tally.otherEffects += 1 }

        if let other = try request.sendOtherPayload(by: client) {
            tally.payloads += 1
            if other.status != 422 || other.code != "idempotency-key-reused" { tally.payloadsAccepted += 1 }
        }
        if let undone = try request.undo(by: client) {
            let late = try request.send(by: client)
            let hasEffect = try request.effects.contains { try system.count($0) != 0 }
            if undone.status != 200 || !late.isReplay || request.kept(late) != first || hasEffect {
                tally.wrong("\(request.kind): a copy that comes late undoes what was changed since")
            }
        }
        let variant = try request.sendUnderKeyInOtherLetters(by: client)
        tally.variants += 1
        if variant.isReplay || variant.status != request.kind.variantStatus { tally.variantsMerged += 1 }
    }
}

/// What was counted.
struct DuplicatesTally {
    private static let examplesMax = 5

    var equal = 0
    var differing = 0
    var otherEffects = 0
    var waiting = 0
    var payloads = 0
    var payloadsAccepted = 0
    var variants = 0
    var variantsMerged = 0
    private(set) var wrongCount = 0
    private var examples: [String] = []

    var isClean: Bool { differing + otherEffects + payloadsAccepted + variantsMerged + wrongCount == 0 && equal > 0 }

    mutating func wrong(_ what: String) {
        wrongCount += 1
        if examples.count < DuplicatesTally.examplesMax { examples.append(what) }
    }

    func printExamples() { for example in examples { print("  \(example)") } }
}
