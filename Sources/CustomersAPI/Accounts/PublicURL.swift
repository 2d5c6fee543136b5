import HTTPMessages

/// Where people reach a service, perhaps below a path of a proxy's.
struct PublicURL {
    /// Without a slash at its end.
    let text: String

    /// - Parameter text: `http` or `https`, a host, perhaps a port and a path, in visible ASCII.
    /// - Returns: nil for anything else, a user, a query and a fragment included.
    init?(_ text: String) {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !text.utf8.contains(where: { "?#@\\\"<>".utf8.contains($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.utf8.count)
        guard let authority = Authority(rest.prefix { $0 != "/" }), !authority.host.isEmpty else { return nil }
        var end = text[...]
        while end.last == "/" { end.removeLast() }
        self.text = String(end)
    }
}
