/// Where a database server listens.
package struct DatabaseHost: Sendable, Hashable, CustomStringConvertible {
    /// A name, or an address without brackets.
    package var name: String
    package var port: Int

    package init(_ name: String, port: Int) {
        self.name = name
        self.port = port
    }

    /// - Parameters:
    ///   - text: `name`, `name:port`, `address` or `[address]:port`.
    ///   - portDefault: where `text` has none.
    /// - Returns: nil for an empty name, or a port that is none.
    package init?(_ text: String, portDefault: Int) {
        var name = text[...]
        var portText: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            if !rest.isEmpty { portText = rest.dropFirst() }
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            // An address of IPv6 has more than one.
            name = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        let port = portText.map { Int($0) } ?? portDefault
        guard !name.isEmpty, !name.contains(where: \.isWhitespace), let port, 1...65535 ~= port else { return nil }
        self.init(String(name), port: port)
    }

    package var description: String { name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]:\(port)" : "\(name):\(port)" }
}
