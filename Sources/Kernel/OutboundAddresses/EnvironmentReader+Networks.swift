package import Settings

extension EnvironmentReader {
    /// A comma-separated list of networks, such as `127.0.0.0/8,::1/128`.
    package mutating func networks(_ name: String, _ purpose: String) -> [IPNetwork] {
        list(name, purpose).compactMap { text in
            let network = IPNetwork(text)
            if network == nil { reject(name, "must list networks such as 127.0.0.0/8 or fd00::/8, not \"\(text)\"") }
            return network
        }
    }
}
