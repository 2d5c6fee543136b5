private import Concurrency
private import Glibc

/// One accepted connection of a `ScriptedServer`.
package final class ScriptedConnection: Sendable {
    private struct State {
        var isOpen = true
        var buffer: [UInt8] = []
    }

    private let descriptor: Int32
    private let state = Lock(State())

    init(descriptor: Int32) { self.descriptor = descriptor }

    package struct ReceivedRequest: Sendable {
        /// The request line.
        package let line: String
        /// Names in lower case.
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]
        /// What followed the chunks; names in lower case.
        package let trailers: [(name: String, value: String)]

        package func trailer(_ name: String) -> String? { trailers.first { $0.name == name.lowercased() }?.value }

        package func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }
    }

    /// The next request with a body by `Content-Length` or in chunks; nil when the client has closed.
    package func readRequest() -> ReceivedRequest? {
        guard let head = readHead() else { return nil }
        let lines = head.split(separator: "\r\n").map(String.init)
        let headers = ScriptedConnection.fields(lines.dropFirst())
        guard let line = lines.first else { return nil }
        if headers.contains(where: { $0.name == "transfer-encoding" }) {
            guard let (body, trailers) = readChunks() else { return nil }
            return ReceivedRequest(line: line, headers: headers, body: body, trailers: trailers)
        }
        let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        guard let body = readBytes(length) else { return nil }
        return ReceivedRequest(line: line, headers: headers, body: body, trailers: [])
    }

    @discardableResult
    package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Whether all of it was taken; false when the client is gone.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// A whole reply with `Content-Length`.
    @discardableResult
    package func reply(_ status: String, headers: [String] = [], body: String = "") -> Bool {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        return write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    /// Closes in order, as a server does that ends a kept-alive connection.
    package func close() {
        state.withLock { state in
            if state.isOpen { Glibc.close(descriptor) }
            state.isOpen = false
        }
    }

    /// Closes with a reset, as a system does for a process that died with unread bytes.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Blocks until the client has closed, or the server stops.
    package func waitForEnd() { while receive() {} }

    /// Wakes the thread that reads or writes here, whose task closing then is.
    func cut() {
        state.withLock { state in
            if state.isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Whether the client has closed; what it sent before may still be unread.
    package var isEnded: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }

    private static func fields(_ lines: some Sequence<String>) -> [(name: String, value: String)] {
        lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
    }

    /// The next line without its CR LF; nil when the client has closed.
    package func readLine() -> String? { readText(upTo: "\r\n") }

    private func readHead() -> String? { readText(upTo: "\r\n\r\n") }

    private func readChunks() -> (body: [UInt8], trailers: [(name: String, value: String)])? {
        var body: [UInt8] = []
        while true {
            guard let size = readText(upTo: "\r\n").flatMap({ Int($0, radix: 16) }) else { return nil }
            if size == 0 { break }
            guard let chunk = readBytes(size), readText(upTo: "\r\n")?.isEmpty == true else { return nil }
            body += chunk
        }
        var trailers: [String] = []
        while let line = readText(upTo: "\r\n") {
            if line.isEmpty { return (body, ScriptedConnection.fields(trailers)) }
            trailers.append(line)
        }
        return nil
    }

    /// What comes before `mark`, which is read too.
    private func readText(upTo mark: String) -> String? {
        while true {
            let text = state.withLock { state -> String? in
                guard let end = state.buffer.firstRange(of: Array(mark.utf8)) else { return nil }
                let text = String(decoding: state.buffer[..<end.lowerBound], as: UTF8.self)
                state.buffer.removeSubrange(..<end.upperBound)
                return text
            }
            if let text { return text }
            guard receive() else { return nil }
        }
    }

    private func readBytes(_ count: Int) -> [UInt8]? {
        while state.withLock({ $0.buffer.count }) < count {
            guard receive() else { return nil }
        }
        return state.withLock { state in
            let bytes = Array(state.buffer.prefix(count))
            state.buffer.removeFirst(count)
            return bytes
        }
    }

    private func receive() -> Bool {
        let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(recv(descriptor, buffer.baseAddress, buffer.count, 0), 0)
        }
        state.withLock { $0.buffer += chunk }
        return !chunk.isEmpty
    }
}
