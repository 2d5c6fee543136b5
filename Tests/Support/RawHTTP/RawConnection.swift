private import Glibc
package import HTTPMessages

package struct ClientFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A response as its bytes say it.
package struct RawResponse: Sendable {
    package let status: Int
    package let headers: HeaderFields
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// A blocking TCP connection that writes any bytes and reads responses, every wait within a limit.
package final class RawConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    package init(port: Int, receiveBufferBytes: Int32? = nil, timeoutSeconds: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, 4)
        }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // The descriptor is closed by `deinit`, which runs here too.
            throw ClientFailure("connect: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Writes all of it; false when the other side takes no more.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset instead of an orderly end.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// The next response on this connection; informational ones (1xx) are returned too.
    ///
    /// - Parameter hasBody: false for the answer to HEAD.
    package func response(hasBody: Bool = true) throws -> RawResponse {
        while headEnd == nil {
            guard try fill() else {
                throw ClientFailure("closed within a head: \(String(decoding: buffer, as: UTF8.self))")
            }
        }
        let end = headEnd ?? 0
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        buffer.removeFirst(end + 4)
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw ClientFailure("no status line: \(lines[0])")
        }
        var headers = HeaderFields()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw ClientFailure("no field: \(line)") }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        let count = hasBody ? headers["Content-Length"].flatMap(Int.init) ?? 0 : 0
        while buffer.count < count {
            guard try fill() else { throw ClientFailure("closed within a body of \(count) bytes") }
        }
        defer { buffer.removeFirst(count) }
        return RawResponse(status: status, headers: headers, body: Array(buffer.prefix(count)))
    }

    /// Whether the other side closes, or resets, without another byte.
    package func isClosed() -> Bool {
        guard buffer.isEmpty else { return false }
        do { return try !fill() && buffer.isEmpty } catch { return false }
    }

    /// Every final response from here to the end of the stream; a response that is cut off, or that is none, is an error.
    ///
    /// - Parameter haveBodies: false for answers to HEAD.
    package func remainingResponses(haveBodies: Bool = true) throws -> [RawResponse] {
        var responses: [RawResponse] = []
        while try !buffer.isEmpty || fill() {
            let response = try response(hasBody: haveBodies)
            if response.status >= 200 { responses.append(response) }
        }
        return responses
    }

    private var headEnd: Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...(buffer.count - 4)).first { Array(buffer[$0..<$0 + 4]) == [13, 10, 13, 10] }
    }

    /// False at the end of the stream.
    private func fill() throws -> Bool {
        var part = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &part, part.count, 0)
        if count > 0 {
            buffer += part.prefix(count)
            return true
        }
        if count == 0 || errno == ECONNRESET { return false }
        throw ClientFailure("recv: \(String(cString: strerror(errno)))")
    }
}
