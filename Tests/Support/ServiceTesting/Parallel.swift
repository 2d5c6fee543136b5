private import Concurrency
private import ConcurrencyTesting

package struct NoThreadError: Error {}

/// Runs `body` once for each number below `count`, each on a thread of its own and all let go at once.
///
/// - Returns: what they gave, in the order of the numbers.
package func inParallel<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> T) throws -> [T] {
    let results = Lock<[T?]>(Array(repeating: nil, count: count))
    let isOpen = Observed(false)
    var threads: [Thread] = []
    for number in 0..<count {
        let thread = Thread.start {
            isOpen.wait { $0 }
            let result = body(number)
            results.withLock { $0[number] = result }
        }
        guard let thread else {
            isOpen.change { $0 = true }
            for thread in threads { thread.join() }
            throw NoThreadError()
        }
        threads.append(thread)
    }
    isOpen.change { $0 = true }
    for thread in threads { thread.join() }
    return results.withLock { $0.compactMap { $0 } }
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
