/// How the statements of a connection take effect.
///
/// A connection stays as it was left, since changing costs a round trip: as much as the START TRANSACTION that every
/// transaction would need otherwise.
enum ConnectionMode {
    /// Each by itself, at once.
    case each
    /// Together, at COMMIT: the first statement after it begins the next transaction, and none takes effect outside of one.
    case transaction

    var statement: String {
        switch self {
        case .each: "SET autocommit = 1"
        case .transaction: "SET autocommit = 0"
        }
    }
}
