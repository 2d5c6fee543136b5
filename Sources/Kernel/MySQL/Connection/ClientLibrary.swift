private import CMySQL
private import Glibc

/// The C client's own set-up: once for the process, and once for each thread that uses it.
enum ClientLibrary {
    /// Oracle's library keeps memory for each thread, which `mysql_thread_end` gives back. The key's destructor calls
    /// it when a thread ends, so neither workers nor tests have to know. In MariaDB's connector both calls do nothing.
    private static let threadKey: pthread_key_t? = {
        guard cmysql_library_init() else { return nil }
        // With TLS it writes to sockets that the peer or the watchdog has shut by then in a way that raises it.
        signal(SIGPIPE, SIG_IGN)
        var key = pthread_key_t()
        return pthread_key_create(&key, { _ in mysql_thread_end() }) == 0 ? key : nil
    }()

    /// Call it before any other use of the library on this thread.
    ///
    /// - Returns: false when the library cannot be used, which only a lack of memory or of thread keys causes.
    static func attachThread() -> Bool {
        guard let threadKey else { return false }
        if pthread_getspecific(threadKey) != nil { return true }
        guard cmysql_thread_init() else { return false }
        return pthread_setspecific(threadKey, UnsafeRawPointer(bitPattern: 1)) == 0
    }
}
