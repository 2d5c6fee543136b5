private import Concurrency

package struct NoThreadError: Error {}

/// Runs `body` once for each number below `count`, each on a thread of its own and all let go at once.
///
/// - Returns: what they gave, in the order of the numbers.
package func inParallel<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> T) throws -> [T] {
    let results = Lock<[T?]>(Array(repeating: nil, count: count))
    let gate = Gate()
    var threads: [Thread] = []
    for number in 0..<count {
        let thread = Thread.start {
            gate.pass()
            let result = body(number)
            results.withLock { $0[number] = result }
        }
        guard let thread else {
            gate.open()
            for thread in threads { thread.join() }
            throw NoThreadError()
        }
        threads.append(thread)
    }
    gate.open()
    for thread in threads { thread.join() }
    return results.withLock { $0.compactMap { $0 } }
}

/// Keeps threads back until one opens it.
package final class Gate: Sendable {
    private let isOpen = Lock(false)

    package init() {}

    package func open() {
        isOpen.withLock { $0 = true }
        isOpen.broadcast()
    }

    /// Waits until it is open; at most 30 s, so that a failing test ends.
    package func pass() {
        let deadline = Deadline.after(milliseconds: 30_000)
        _ = isOpen.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { $0 ? true : nil }
    }
}

/// Waits until `condition` holds, asking every 150 ms: the server renews what it tells of lock waits only for those who
/// ask no oftener than every 100 ms.
///
/// - Returns: whether it did within `milliseconds`.
package func eventually(within milliseconds: Int = 10_000, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline.after(milliseconds: milliseconds)
    while !deadline.hasPassed {
        if try condition() { return true }
        Thread.sleep(milliseconds: 150)
    }
    return try condition()
}
