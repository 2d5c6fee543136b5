private import Concurrency
private import Digests

/// Random bytes for ids, of which every request needs some: fetched from the system many at a time, each given out once.
package enum RandomReserve {
    private struct State {
        var bytes: [UInt8] = []
        var given = 0
    }

    private static let state = Lock(State())
    /// 4 KiB: ids of some 170 requests.
    private static let byteCount = 4096

    /// So many random bytes, which nobody else gets.
    package static func take(_ count: Int) -> [UInt8] {
        state.withLock { state in
            if state.given + count > state.bytes.count {
                state.bytes = randomBytes(count: max(byteCount, count))
                state.given = 0
            }
            defer { state.given += count }
            return Array(state.bytes[state.given..<state.given + count])
        }
    }
}
