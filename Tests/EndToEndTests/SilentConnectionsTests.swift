import Concurrency
import Glibc
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// Connections that never say a word, as many as somebody cares to open.
    struct SilentConnectionsTests {
        /// Limits of open files from the least that a service is run with to the most that this machine grants.
        static let limits = [200, 1024, filesMax]

        @Test(arguments: limits)
        func `a burst of silent connections stops nobody, and the service still ends`(filesMax: Int) throws {
            // The rest of this process needs descriptors, too.
            let mostAtOnce = SilentConnectionsTests.filesMax - 2000
            for count in Set([100, filesMax, 3 * filesMax].map { min($0, mostAtOnce) }).sorted() {
                let service = try ServiceProcess("Orchestrator", environment: ["PORT": "0"], filesMax: filesMax)
                defer { service.end() }
                let port = try service.waitForPort()
                let established = try RawConnection(port: port)
                try expectAnswer(established)
                let silent = (0..<count).map { _ in SilentConnection(port: port) }
                let during = Result { try expectAnswer(established) }
                for connection in silent { connection.close() }
                Thread.sleep(milliseconds: 1000)
                let after = Result { try expectAnswer(RawConnection(port: port)) }
                service.signal(SIGTERM)
                let end = Result { try service.waitForExit(seconds: 15) }
                print(
                    "R14 | ulimit -n \(filesMax) | \(count) silent connections | during: \(word(during))",
                    "| 1 s after: \(word(after)) | SIGTERM: \(end.map { "exit \($0)" }.valueOr("hangs"))")
                try during.get()
                try after.get()
                #expect(try end.get() == 0)
            }
        }

        private func expectAnswer(_ connection: RawConnection) throws {
            connection.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try connection.response().status == 200)
        }

        private func word(_ result: Result<Void, any Error>) -> String {
            result.map { "answered" }.valueOr("not answered")
        }

        /// The limit of this process, raised as far as it may.
        private static let filesMax: Int = {
            var limit = rlimit()
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            getrlimit(files, &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(files, &limit)
            return Int(min(limit.rlim_max, 20_000))
        }()
    }
}

extension Result {
    fileprivate func valueOr(_ fallback: Success) -> Success { (try? get()) ?? fallback }
}

/// A connection that is asked for, and left alone; where the listener's queue is full it may never come about.
private struct SilentConnection {
    private let descriptor: Int32

    init(port: Int) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
