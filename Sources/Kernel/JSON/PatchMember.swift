/// A member of a merge patch (RFC 7396).
package enum PatchMember<Value> {
    case absent
    case removed
    case value(Value)

    /// The new value, or the present one where the patch does not touch it.
    package func value(or present: Value) -> Value {
        if case .value(let value) = self { value } else { present }
    }

    /// As `value(or:)`, for a member that can be removed.
    package func optionalValue(or present: Value?) -> Value? {
        switch self {
        case .absent: present
        case .removed: nil
        case .value(let value): value
        }
    }
}

extension PatchMember: Sendable where Value: Sendable {}
