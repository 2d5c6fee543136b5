private import Concurrency

/// The token by which other services know this one. It can be exchanged while calls are made: each takes the one that holds then.
package final class ServiceToken: Sendable {
    private let state: Lock<String>

    package init(_ token: String) { state = Lock(token) }

    package var current: String { state.withLock { $0 } }

    /// Has the calls from now on carry this one.
    package func replace(_ token: String) { state.withLock { $0 = token } }
}
