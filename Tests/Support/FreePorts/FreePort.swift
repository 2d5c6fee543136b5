private import Concurrency
private import Glibc

/// A hundred ports looked at were all in use.
package struct NoFreePort: Error {}

private let handedOut = Lock<Set<Int>>([])

/// A free port below 32768, where the system does not take ports for outgoing connections: so it is free again after a
/// stop.
///
/// Nobody else in this process is given it: whoever was may have stopped for a while, or not have started yet.
package func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 20_000..<32_768)
        if isFree(port), handedOut.withLock({ $0.insert(port).inserted }) { return port }
    }
    throw NoFreePort()
}

private func isFree(_ port: Int) -> Bool {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
