import Foundation
import Threading

/// Passes bytes between a client and a server, until the client sends `trigger`: then it does `action` instead, and what
/// was to be sent is lost.
package final class KillingProxy: Sendable {
    package let port: Int
    private let listener: Int32

    package init(to serverPort: Int, before trigger: String, action: @escaping @Sendable () -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = KillingProxy.loopback(port: 0)
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(listener, 64) == 0
            }
        }
        guard isListening else { throw ServiceProcess.Failure(description: "The proxy cannot listen.") }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        Foundation.Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let server = KillingProxy.connect(port: serverPort)
                Foundation.Thread.detachNewThread {
                    KillingProxy.pump(from: client, to: server, trigger: Array(trigger.utf8), action: action)
                }
                Foundation.Thread.detachNewThread {
                    KillingProxy.pump(from: server, to: client, trigger: [], action: {})
                }
            }
        }
    }

    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func pump(from source: Int32, to target: Int32, trigger: [UInt8], action: () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if !trigger.isEmpty, Data(buffer[..<count]).range(of: Data(trigger)) != nil {
                action()
                break
            }
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }

    private static func connect(port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
