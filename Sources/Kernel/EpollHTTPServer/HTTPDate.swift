private import Concurrency
private import Glibc

/// The `Date` field, written anew once a second (RFC 9110 section 5.6.7).
final class HTTPDate: Sendable {
    private struct State {
        var second = -1
        var line: [UInt8] = []
    }

    private let state = Lock(State())

    /// With its line end.
    var field: [UInt8] {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        return state.withLock { state in
            if now.tv_sec != state.second {
                state.second = now.tv_sec
                state.line = HTTPDate.line(now.tv_sec)
            }
            return state.line
        }
    }

    private static func line(_ second: Int) -> [UInt8] {
        var second = second
        var time = tm()
        gmtime_r(&second, &time)
        var text = [CChar](repeating: 0, count: 64)
        // The process keeps the C locale, in which the names are those of RFC 9110.
        let count = strftime(&text, text.count, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &time)
        return text.prefix(count).map { UInt8(bitPattern: $0) }
    }
}
