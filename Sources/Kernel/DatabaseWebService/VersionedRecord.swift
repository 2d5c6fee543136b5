package import JSON
package import Telemetry

/// A record whose changes are counted.
package protocol VersionedRecord: JSONEncodable {
    var updatedAt: Timestamp { get set }
    /// Counts the changes of what can be edited, from 1.
    var version: Int64 { get set }
}

extension VersionedRecord {
    /// This record as the successor of `old`. One that reads the same has the old one's time and version.
    package func following(_ old: Self, at now: Timestamp) -> Self {
        // By their bytes: two ways to write a letter are equal to Swift, and yet a change.
        guard JSONWriter.bytes(of: self) != JSONWriter.bytes(of: old) else { return old }
        var changed = self
        changed.updatedAt = now
        changed.version = old.version + 1
        return changed
    }
}
