import Concurrency
import HTTPMessages
import HostileInput
import JSON
import MySQL
import SeededRandom
import SystemTesting

/// R5: walks through every list, with every filter, while rows come, change and go. A row that is there and shown throughout
/// is met exactly once; no row is met twice; a cursor that was altered, or made for another list, is refused.
struct CursorWalk: Sendable {
    /// The figures' size; the tests of each change use less.
    var walksPerFilter = 8
    var rowCount = 400
    /// Each how manieth way to alter a cursor is tried.
    var alterationStride = 1
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        try withSystem { system in
            var random = SeededRandom(seed: seed)
            var tally = CursorWalkTally()
            for list in WalkedRows.all {
                try list.fill(rowCount, system.database)
                for filter in list.filters {
                    for _ in 0..<walksPerFilter { try walk(list, filter, &random, system, &tally) }
                }
            }
            try tryAlteredCursors(system, &tally)
            try tryForeignCursors(system, &tally)
            for example in tally.examples { print("  \(example)") }
            print(
                """
                cursors: \(tally.walkCount) walks of \(tally.pageCount) pages through \(WalkedRows.all.count) lists under \
                \(tally.changeCount) inserts, updates and deletes: \(tally.skipped) rows skipped, \(tally.repeated) \
                repeated, \(tally.strange) not of the filter; \(tally.altered) altered cursors: \(tally.alteredAccepted) \
                accepted; \(tally.foreign) of other lists and filters: \(tally.foreignAccepted) accepted; seed \(seed)
                """)
            return tally.isClean
        }
    }

    private func walk(
        _ list: WalkedRows, _ filter: WalkedRows.Filter, _ random: inout SeededRandom, _ system: RunningSystem,
        _ tally: inout CursorWalkTally
    ) throws {
        let isDone = Lock(false)
        let seeds = [random.next(), random.next(), random.next()]
        let client = system.client(list.service)
        let results = try inParallel(seeds.count) { number -> (seen: [Int64], pages: Int, changes: Int) in
            var random = SeededRandom(seed: seeds[number])
            guard number == 0 else {
                var changes = 0
                while !isDone.withLock({ $0 }) {
                    try list.change(rowCount, &random, system.database)
                    changes += 1
                }
                return ([], 0, changes)
            }
            defer { isDone.withLock { $0 = true } }
            var seen: [Int64] = []
            var pages = 0
            var cursor: String?
            repeat {
                let limit = Int.random(in: 5...40, using: &random)
                let page = try client.send(
                    .get, "\(list.path)?limit=\(limit)\(filter.query)\(cursor.map { "&cursor=\($0)" } ?? "")")
                guard page.status == 200 else {
                    throw ServiceProcess.Failure(description: "\(list.path)\(filter.query): \(page.status)")
                }
                seen += (page.data.array ?? []).compactMap { $0["id"]?.integer }
                pages += 1
                cursor = page.json["meta"]?["next_cursor"]?.string
            } while cursor != nil && pages < rowCount
            return (seen, pages, 0)
        }
        tally.walkCount += 1
        tally.pageCount += results[0].pages
        tally.changeCount += results[1].changes + results[2].changes
        let seen = results[0].seen
        // Rows beyond the first ones, and a third of those, come and go as they like.
        let lasting = Set((1...Int64(rowCount)).filter(WalkedRows.isLasting))
        let shown = lasting.filter(filter.shows)
        tally.add(
            skipped: shown.subtracting(seen).count, repeated: seen.count - Set(seen).count,
            strange: lasting.subtracting(shown).intersection(seen).count, "\(list.path)\(filter.query)")
    }

    private func tryAlteredCursors(_ system: RunningSystem, _ tally: inout CursorWalkTally) throws {
        for list in WalkedRows.all {
            let client = system.client(list.service)
            guard let cursor = try cursor(list, list.filters[0], client) else {
                throw ServiceProcess.Failure(description: "\(list.path) has no second page.")
            }
            let altered = CursorAlterations.all(of: cursor).sorted().enumerated()
                .filter { $0.offset.isMultiple(of: alterationStride) }.map(\.element)
            let clientCount = 8
            let answers = try inParallel(clientCount) { number in
                try stride(from: number, to: altered.count, by: clientCount).map { index in
                    try client.send(.get, "\(list.path)?limit=5&cursor=\(altered[index])")
                }.filter { $0.status != 400 || $0.code != "invalid-cursor" }.count
            }
            tally.altered += altered.count
            tally.alteredAccepted += answers.reduce(0, +)
        }
    }

    private func tryForeignCursors(_ system: RunningSystem, _ tally: inout CursorWalkTally) throws {
        let targets = WalkedRows.all.flatMap { list in list.filters.map { (list: list, filter: $0) } }
        for owner in targets {
            guard let cursor = try cursor(owner.list, owner.filter, system.client(owner.list.service)) else { continue }
            for target in targets where target.list.path != owner.list.path || target.filter.query != owner.filter.query
            {
                let reply = try system.client(target.list.service).send(
                    .get, "\(target.list.path)?limit=5\(target.filter.query)&cursor=\(cursor)")
                tally.foreign += 1
                if reply.status != 400 || reply.code != "invalid-cursor" { tally.foreignAccepted += 1 }
            }
        }
    }

    private func cursor(
        _ list: WalkedRows, _ filter: WalkedRows.Filter, _ client: ServiceClient
    ) throws -> String? {
        try client.send(.get, "\(list.path)?limit=5\(filter.query)").json["meta"]?["next_cursor"]?.string
    }
}

/// What was counted.
struct CursorWalkTally {
    var walkCount = 0
    var pageCount = 0
    var changeCount = 0
    private(set) var skipped = 0
    private(set) var repeated = 0
    /// Rows that the filter must not show.
    private(set) var strange = 0
    var altered = 0
    var alteredAccepted = 0
    var foreign = 0
    var foreignAccepted = 0
    private(set) var examples: [String] = []

    var isClean: Bool {
        skipped + repeated + strange + alteredAccepted + foreignAccepted == 0 && changeCount > 0 && altered > 0
            && foreign > 0
    }

    mutating func add(skipped: Int, repeated: Int, strange: Int, _ walk: String) {
        self.skipped += skipped
        self.repeated += repeated
        self.strange += strange
        guard skipped + repeated + strange > 0, examples.count < 5 else { return }
        examples.append("\(walk): \(skipped) skipped, \(repeated) repeated, \(strange) not of the filter")
    }
}
