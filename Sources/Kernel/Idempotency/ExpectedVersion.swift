/// Which versions of a resource a change is meant for.
package enum ExpectedVersion: Sendable, Equatable {
    case any
    case oneOf(Set<Int64>)

    package func permits(_ version: Int64) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let versions): versions.contains(version)
        }
    }
}
