private import Glibc

/// A value that only one thread reads or changes at a time.
///
/// Built on `pthread_mutex_t` instead of `Synchronization.Mutex`, which spins under contention on Linux and which the
/// thread sanitizer cannot see.
///
/// `@unchecked Sendable`: the state is reached only while the mutex is held.
package final class Lock<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    /// The mutex already keeps two accesses apart.
    @exclusivity(unchecked) private var state: State

    package init(_ initial: sending State) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        state = initial
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the lock held. Never take another lock inside, and do nothing there that may
    /// wait for long.
    package func withLock<T, Failure: Error>(_ body: (inout State) throws(Failure) -> T) throws(Failure) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits until `body` gives a value, trying again each time that another thread signals.
    ///
    /// - Parameter uptimeNanoseconds: the `CLOCK_MONOTONIC` time at which to give up; nil waits without limit, which
    ///   only a thread that is ended by a signal of its own owner may do.
    /// - Returns: what `body` gave, or nil when the time was up first.
    package func wait<T>(untilUptimeNanoseconds uptimeNanoseconds: UInt64?, for body: (inout State) -> T?) -> T? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value = body(&state) { return value }
            guard let uptimeNanoseconds else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var limit = timespec(
                tv_sec: Int(uptimeNanoseconds / 1_000_000_000), tv_nsec: Int(uptimeNanoseconds % 1_000_000_000))
            if pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT { return body(&state) }
        }
    }

    /// Wakes one waiting thread.
    package func signal() { pthread_cond_signal(condition) }

    /// Wakes every waiting thread.
    package func broadcast() { pthread_cond_broadcast(condition) }
}
