package import Settings

extension EnvironmentReader {
    /// The base URL of another service; nil after a mistake.
    package mutating func origin(_ name: String, default fallback: String, _ purpose: String) -> Origin? {
        let origin = Origin(text(name, default: fallback, purpose))
        if origin == nil { reject(name, "must be a URL such as \(fallback)") }
        return origin
    }
}
