private import Glibc
private import Threading

/// Where log lines go: a file descriptor, or a test's own collector.
package struct LogSink: Sendable {
    package let write: @Sendable ([UInt8]) -> Void

    package init(write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

    /// Whole lines to standard output, one at a time. A line that cannot be written is dropped: a full disk or a closed
    /// pipe must not stop the service that reports it.
    package static let standardOutput = LogSink(descriptor: STDOUT_FILENO)

    package init(descriptor: Int32) {
        let descriptor = Lock(descriptor)
        write = { line in
            descriptor.withLock { descriptor in
                var rest = line[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                    if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
                }
            }
        }
    }
}
