private import Glibc

/// A joinable operating-system thread.
///
/// The code below this layer blocks (libmysqlclient, libcurl), and Swift's cooperative pool has one thread per core and
/// must not be blocked: hence threads of our own.
package struct Thread: Sendable {
    private let handle: pthread_t

    /// Starts a thread that runs `body` to its end, or gives nil when the system has no thread left.
    ///
    /// - Parameters:
    ///   - stackBytes: 512 KiB by default: deep enough for a request, small enough for a hundred workers.
    ///   - takesSignals: whether signals to the process may be delivered to it.
    package static func start(
        stackBytes: Int = 512 * 1024, takesSignals: Bool = true, _ body: @escaping @Sendable () -> Void
    ) -> Thread? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        defer { pthread_attr_destroy(&attributes) }
        let start = Unmanaged.passRetained(ThreadStart(body))
        var handle = pthread_t()
        var mask = sigset_t()
        if !takesSignals {
            // Inherited from this thread, so that there is no moment at which the new one takes any.
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, &mask)
        }
        let result = pthread_create(&handle, &attributes, runThread, start.toOpaque())
        if !takesSignals { pthread_sigmask(SIG_SETMASK, &mask, nil) }
        guard result == 0 else {
            start.release()
            return nil
        }
        return Thread(handle: handle)
    }

    /// Waits for the thread's end. Call it once, and not after `detach`.
    package func join() { pthread_join(handle, nil) }

    /// Lets the thread end by itself, with nobody waiting. Call it once, and not after `join`.
    package func detach() { pthread_detach(handle) }

    /// Blocks the calling thread; a signal cannot shorten it.
    package static func sleep(milliseconds: Int) {
        var pause = timespec(tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000) * 1_000_000)
        var rest = timespec()
        while nanosleep(&pause, &rest) == -1 && errno == EINTR { pause = rest }
    }
}

private final class ThreadStart {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body()
    return nil
}
